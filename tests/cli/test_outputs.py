"""A file that is the user's own is not replaced, whatever option names it."""

from pathlib import Path

import pytest

from tests.reporting.conftest import write_run

PLAIN = ("--compensation", "none", "--no-verify", "--steps", 4)


@pytest.fixture
def lines(samples, made, tmp_path) -> dict[str, tuple[list[object], str]]:
    """Command lines that end with the option that names a file, and what that is no file of."""
    model, data, calibration = samples / "digits_resnet.onnx", samples / "digits_test.npz", made / "digits.calib"
    few = ["--data", data, "--samples", 4]
    return {
        "calibrate": (["calibrate", model, *few, "-o"], "calibration"),
        "merge": (["calibrate", "--merge", calibration, calibration, "-o"], "calibration"),
        "convert": (["convert", model, "--calibration", calibration, *PLAIN, "-o"], "spiking network"),
        "diagnose": (
            ["diagnose", made / "digits.snn", "--reference", model, *few, "--steps", 4, "-o"],
            "diagnosis",
        ),
        "report": (["report", write_run(tmp_path / "run"), "--html"], "HTML page"),
        "log": (["inspect", calibration, "--log-file"], "log of snnconv"),
    }


@pytest.mark.parametrize("command", ["calibrate", "merge", "convert", "diagnose", "report", "log"])
def test_a_file_of_the_users_own_stays(command, snnconv, lines, made, samples, tmp_path) -> None:
    words, kind = lines[command]
    mine = tmp_path / "my notes.txt"
    for content in (
        b"my notes\n",
        (samples / "digits_resnet.onnx").read_bytes(),
        (samples / "digits_test.npz").read_bytes(),
    ):
        mine.write_bytes(content)
        found = snnconv(*words, mine)
        said = f"snnconv: cannot write {mine}: the file there is no {kind}; name another file, or remove it first\n"
        assert (found.code, found.out, found.err) == (3, "", said)
        assert mine.read_bytes() == content


@pytest.mark.parametrize("command", ["calibrate", "convert", "diagnose", "report", "log"])
def test_what_it_wrote_itself_is_replaced(command, snnconv, lines, tmp_path) -> None:
    words, _ = lines[command]
    out = tmp_path / "out"
    out.touch()
    for _ in range(2):
        found = snnconv(*words, out)
        assert found.code == 0, found.err
    assert out.stat().st_size


def test_one_file_of_ours_is_not_another(snnconv, lines, made, tmp_path) -> None:
    network = Path(tmp_path / "n.snn")
    network.write_bytes((made / "digits.snn").read_bytes())
    assert snnconv(*lines["calibrate"][0], network).code == 3
    assert network.read_bytes() == (made / "digits.snn").read_bytes()
