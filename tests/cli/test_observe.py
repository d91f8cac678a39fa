"""``snnconv simulate --observe``."""

import json


def test_how_many_images_are_observed(snnconv, made, samples, tmp_path) -> None:
    run = tmp_path / "run"
    command = ["simulate", made / "digits.snn", "--data", samples / "digits_test.npz", "--steps", 3, "--limit", 4]
    assert snnconv(*command, "--observe", 2, "-o", run).code == 0
    assert len(json.loads((run / "observation.json").read_text())["images"]) == 2
    # 16 by default, here all
    done = snnconv(*command, "-o", run)
    assert (done.code, "nothing is simulated again" in done.err) == (0, True)
    assert len(json.loads((run / "observation.json").read_text())["images"]) == 4
    assert snnconv(*command, "--observe", -1, "-o", run).code == 2


def test_none(snnconv, made, samples, tmp_path) -> None:
    run = tmp_path / "run"
    command = ["simulate", made / "digits.snn", "--data", samples / "digits_test.npz", "--steps", 3, "--limit", 4]
    assert snnconv(*command, "--observe", 0, "-o", run).code == 0
    assert (run / "summary.json").exists()
    assert not (run / "observation.json").exists()
