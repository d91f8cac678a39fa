"""``--log-file``: every command says in one line what it did, whatever it prints."""

import logging
from pathlib import Path

import pytest

from tests.reporting.conftest import write_run


@pytest.fixture
def logged(snnconv, tmp_path):
    """Give a function that runs a command line and gives its exit code, and the log without the times."""

    def run(*arguments: object) -> tuple[int, list[str]]:
        path = tmp_path / "log"
        path.unlink(missing_ok=True)
        code = snnconv(*arguments, "--log-file", path).code
        return code, [line.split(" ", 2)[2] for line in path.read_text(encoding="utf-8").splitlines()]

    return run


@pytest.fixture
def lines(samples, made, tmp_path) -> dict[str, tuple[list[object], str]]:
    """Command lines, and what each logs."""
    model, data, network = samples / "digits_resnet.onnx", samples / "digits_test.npz", made / "digits.snn"
    run, x = write_run(tmp_path / "hand made"), tmp_path
    plain = ["--compensation", "none", "--steps", 9, "--no-verify"]
    few = ["--steps", 4, "--data", data]
    return {
        "check": ([model], f"check: {model}, 52 nodes, 0 not supported"),
        "calibrate": (
            [model, "--data", data, "--samples", 8, "-o", x / "x.calib"],
            f"calibrate: wrote {x / 'x.calib'}, 15 values over 8 images",
        ),
        "convert": (
            [model, "--calibration", made / "digits.calib", *plain, "-o", x / "n.snn"],
            f"convert: wrote {x / 'n.snn'}, 4138 neurons, T = 9",
        ),
        "simulate": (
            [network, *few, "--limit", 2, "--observe", 0, "-o", x / "run"],
            f"simulate: wrote {x / 'run'}, 2 images, T = 4",
        ),
        "report": ([run, "--html", x / "p.html"], f"report: read {run}, wrote {x / 'p.html'}"),
        "diagnose": (
            [network, "--reference", model, *few, "--samples", 2, "-o", x / "d.json"],
            f"diagnose: {network} on 2 images, findings: ",
        ),
        "inspect": ([network], f"inspect: read {network}"),
    }


@pytest.mark.parametrize("how", [[], ["--json"], ["-q"]], ids=str)
@pytest.mark.parametrize("command", ["check", "calibrate", "convert", "simulate", "report", "diagnose", "inspect"])
def test_one_line_says_what_was_done(command, how, logged, lines, tmp_path) -> None:
    given, expected = lines[command]
    code, found = logged(command, *given, *how)
    assert code == 0
    assert [line for line in found if line.startswith(f"INFO {command}: ")] == [found[-1]]
    assert found[-1].startswith(f"INFO {expected}")
    if command == "diagnose":
        assert found[-1].endswith(f", wrote {tmp_path / 'd.json'}")


def test_a_model_that_does_not_convert(logged, new_model, tmp_path: Path) -> None:
    b = new_model()
    b.classifier(b.node("Sigmoid", ["input"], "odd"), 2)
    path = b.save(tmp_path / "odd.onnx")
    code, found = logged("check", path)
    assert (code, found[0]) == (3, f"INFO check: {path}, 1 nodes, 1 not supported")
    assert found[1].startswith(f"ERROR {path} cannot be converted: 1 of 1 nodes are not supported (Sigmoid)")


def test_a_loss_beyond_the_limit(logged, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    code, found = logged("report", run, "--max-drop", 12.4)
    assert (code, found) == (
        4,
        [f"INFO report: read {run}", f"INFO report: {run}: the loss, 12.5 points, is above 12.4"],
    )


def test_a_name_cannot_forge_a_line(logged, tmp_path: Path) -> None:
    run = write_run(tmp_path / "a\nb")
    assert logged("inspect", run) == (0, [f"INFO inspect: read {tmp_path}/a\\nb"])


def test_a_log_is_added_to(snnconv, tmp_path: Path) -> None:
    run, log = write_run(tmp_path / "run"), tmp_path / "log"
    for count in (1, 2):
        assert snnconv("inspect", run, "--log-file", log).code == 0
        assert len(log.read_text(encoding="utf-8").splitlines()) == count


def test_what_the_library_says_later_is_not_logged(logged, tmp_path: Path) -> None:
    """Other uses of the library in the same process do not open the file again."""
    assert logged("inspect", write_run(tmp_path / "run"))[0] == 0
    before = (tmp_path / "log").read_bytes()
    logging.getLogger("snnconv.data").warning("later")
    assert (tmp_path / "log").read_bytes() == before
