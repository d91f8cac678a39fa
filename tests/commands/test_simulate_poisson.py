"""Simulation on Poisson input as a function: the seed, going on, and what is told of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.choices import BackendName, Compensation, Encoding
from snnconv.cli.simulate import _note
from snnconv.errors import NotRunnableError, RunError
from snnconv.ir import file
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.summary import RunSummary


@pytest.fixture
def converted(tiny_resnet, tiny_images, tmp_path) -> Path:
    """Give a folder with the tiny network, n.snn, and images some of whose pixels it was not calibrated for, x.npy."""
    np.save(tmp_path / "calibration.npy", tiny_images)
    snnconv.calibrate(tiny_resnet, tmp_path / "calibration.npy", tmp_path / "x.calib")
    options = snnconv.ConversionOptions(compensation=Compensation.NONE)
    snnconv.convert(tiny_resnet, tmp_path / "x.calib", tmp_path / "n.snn", options, verify=False)
    np.save(tmp_path / "x.npy", 1.2 * tiny_images)
    return tmp_path


def run(folder: Path, name: str = "run", progress: Any = lambda done, total: None, **options: Any) -> RunSummary:
    chosen = snnconv.SimulateOptions(**({"steps": 9, "encoding": Encoding.POISSON, "threads": 1} | options))
    return snnconv.simulate(folder / "n.snn", folder / "x.npy", folder / name, chosen, progress=progress)


def columns(folder: Path) -> dict[str, np.ndarray]:
    """Give the columns of all parts of a run, parts joined."""
    parts = [np.load(path) for path in sorted((folder / "parts").iterdir())]
    # (rows, T) summed over the images, and rows for each image
    sums = {name: sum(part[name] for part in parts) for name in ("spikes", "synops")}
    return sums | {
        name: np.concatenate([part[name] for part in parts]) for name in parts[0].files if name not in (*sums, "digest")
    }


def test_a_run_that_goes_on_is_the_run_in_one_go(converted) -> None:
    """With other batches, threads and the other backend."""

    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    whole = run(converted, "whole", seed=5)
    with pytest.raises(KeyboardInterrupt):
        run(converted, "parts", interrupt, seed=5)
    before = json.loads((converted / "parts" / "summary.json").read_text())
    assert (before["complete"], before["images"], before["seed"]) == (False, 16, 5)
    assert 0 < before["beyond_amplitude"] < whole.beyond_amplitude
    found = run(converted, "parts", seed=5, batch_size=3, threads=2, backend=BackendName.NUMPY)
    assert found.complete
    here, there = columns(converted / "parts"), columns(converted / "whole")
    assert set(here) == set(there)
    for name, column in there.items():
        np.testing.assert_array_equal(here[name], column, err_msg=name)
    timing = {"seconds", "images_per_second", "backend", "threads"}
    assert found.model_dump(exclude=timing) == whole.model_dump(exclude=timing)


def test_the_summary_has_the_seed_and_the_pixels_beyond(converted, tiny_images) -> None:
    found = run(converted, seed=3, limit=20)
    amplitude = file.load(converted / "n.snn").input.amplitude
    assert found.beyond_amplitude == np.count_nonzero(np.abs(1.2 * tiny_images[:20]) > amplitude) > 0
    assert (found.encoding, found.seed) == ("poisson", 3)
    # a finished run, looked at again, says the same
    assert run(converted, seed=3, limit=20) == found
    # spikes enter the first layer, so it makes operations in place of MACs
    assert found.operations.constant_macs == 0
    assert all(layer.synops_per_image > 0 for layer in found.layers)


def test_another_seed_is_another_run(converted) -> None:
    run(converted, "a", seed=1, limit=16)
    run(converted, "b", seed=2, limit=16)
    assert (columns(converted / "a")["spikes"] != columns(converted / "b")["spikes"]).any()
    with pytest.raises(RunError, match=r"holds a run with other seed \(1, now 2\)"):
        run(converted, "a", seed=2, limit=16)


def test_a_constant_run_knows_no_seed(converted) -> None:
    """So one begun by an older version, or with another seed, goes on."""
    found = run(converted, encoding=Encoding.CONSTANT, seed=1, limit=16)
    assert (found.seed, found.beyond_amplitude) == (None, None)
    assert "seed" not in json.loads((converted / "run" / "run.json").read_text())["request"]
    assert "beyond_amplitude" not in columns(converted / "run")
    assert run(converted, encoding=None, seed=2, limit=16) == found
    folder = RunFolder(converted / "run")
    content = folder.read_summary()
    del content["seed"], content["beyond_amplitude"]
    folder.write_summary(content)
    assert run(converted, encoding=Encoding.CONSTANT, limit=16) == found


def test_more_steps_make_decisions_of_the_constant_run(converted) -> None:
    """The image in the mean is the same, so classes agree more often than a guess: 4 classes, 1 in 4."""
    constant = run(converted, "constant", encoding=Encoding.CONSTANT, steps=256)
    poisson = run(converted, "poisson", steps=256)
    here, there = (columns(converted / name)["predictions"][:, -1] for name in ("poisson", "constant"))
    assert (here == there).mean() > 0.7
    assert poisson.spikes_per_image["256"] == pytest.approx(constant.spikes_per_image["256"], rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": Encoding.EVENTS}, "the encoding events, which the runtime does not run yet"),
        ({"seed": 2**64}, "the seed is 18446744073709551616, expected 0 to 18446744073709551615 with Poisson input"),
    ],
)
def test_refusals_leave_no_folder(options, message, converted) -> None:
    with pytest.raises(NotRunnableError, match=message):
        run(converted, **options)
    assert not (converted / "run").exists()


def test_the_table_says_what_was_drawn(converted) -> None:
    found = run(converted, seed=3, limit=16)
    assert f"; poisson input of seed 3, {found.beyond_amplitude} pixels beyond its amplitude" in _note(found)
    assert _note(found.model_copy(update={"beyond_amplitude": 0})).endswith("; poisson input of seed 3")
    constant = run(converted, "constant", encoding=Encoding.CONSTANT, limit=16)
    assert "input" not in _note(constant)
