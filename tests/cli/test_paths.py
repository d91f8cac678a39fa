"""Paths that cannot be used: one line, no waiting, no traceback, and said before any work is done."""

import os

import numpy as np
import pytest

LONG = "n" * 300


def one_line(found, *texts: str, code: int = 3) -> None:
    assert found.code == code, found
    assert found.out == ""
    assert found.err.startswith("snnconv: ")
    assert found.err.count("\n") == 1
    for text in texts:
        assert text in found.err


@pytest.fixture
def calibrate(snnconv, samples, tmp_path):
    def run(model=None, data=None, out=None, *options):
        return snnconv(
            *("calibrate", model or samples / "digits_resnet.onnx"),
            *("--data", data or samples / "digits_test.npz", "--samples", 8),
            *("-o", out or tmp_path / "x.calib", *options),
        )

    return run


@pytest.fixture
def convert(snnconv, samples, made, tmp_path):
    def run(model=None, calibration=None, out=None, *options):
        return snnconv(
            *("convert", model or samples / "digits_resnet.onnx"),
            *("--calibration", calibration or made / "digits.calib", "-o", out or tmp_path / "n.snn"),
            *("--compensation", "none", *options),
        )

    return run


def test_names_that_are_too_long(calibrate, convert, tmp_path) -> None:
    long = tmp_path / LONG
    for found in (
        calibrate(model=long.with_suffix(".onnx")),
        calibrate(data=long),
        calibrate(data=long.with_suffix(".npz")),
        calibrate(out=long),
        calibrate(None, None, None, "--labels", long),
        calibrate(None, None, None, "--classes", long),
        calibrate(None, None, None, "--mean", long.with_suffix(".npy")),
        convert(model=long),
        convert(calibration=long),
        convert(out=long),
        convert(None, None, None, "--data", long),
    ):
        one_line(found, "File name too long")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["npy", "npz", "zip", "onnx", "calib", "txt"])
def test_a_pipe_is_refused_and_not_waited_for(kind, calibrate, convert, tmp_path) -> None:
    pipe = tmp_path / f"pipe.{kind}"
    os.mkfifo(pipe)
    given = {
        "npy": [calibrate(data=pipe), calibrate(None, None, None, "--mean", pipe)],
        "npz": [calibrate(data=pipe)],
        "zip": [calibrate(data=pipe), convert(None, None, None, "--data", pipe)],
        "onnx": [calibrate(model=pipe), convert(model=pipe)],
        "calib": [convert(calibration=pipe), calibrate(out=pipe)],
        "txt": [calibrate(None, None, None, option, pipe) for option in ("--labels", "--classes")],
    }
    for found in given[kind]:
        one_line(found, f"pipe.{kind}: it is a pipe or a device; name a plain file")
    assert [path.name for path in tmp_path.iterdir()] == [f"pipe.{kind}"]


def test_a_device_is_neither_read_nor_replaced(calibrate, convert) -> None:
    for found in (calibrate(data="/dev/zero"), calibrate(out="/dev/null"), convert(calibration="/dev/zero")):
        one_line(found, "it is a pipe or a device; name a plain file")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_files(calibrate, convert, tmp_path) -> None:
    (tmp_path / "closed").mkdir()
    for name in ("a.npz", "a.onnx", "a.calib"):
        (tmp_path / "closed" / name).touch()
    (tmp_path / "closed").chmod(0)
    one_line(calibrate(data=tmp_path / "closed" / "a.npz"), "Permission denied")
    one_line(calibrate(model=tmp_path / "closed" / "a.onnx"), "Permission denied")
    one_line(convert(calibration=tmp_path / "closed" / "a.calib"), "Permission denied")
    (tmp_path / "closed").chmod(0o700)


def test_a_path_that_the_system_does_not_let_us_look_at(calibrate, monkeypatch) -> None:
    """As a file in a folder without permission, for the superuser too."""

    def refuse(path, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.is_dir", refuse)
        patched.setattr("pathlib.Path.exists", refuse)
        found = calibrate()
    one_line(found, "x.calib: Permission denied")


def test_that_a_path_cannot_be_read_is_not_said_as_wrong_usage(snnconv, made, samples, monkeypatch) -> None:
    """Typer would ask the system, and exit with 2; what reads the file says it, and the exit code is 3."""
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert snnconv("inspect", made / "digits.calib").code == 0
    one_line(snnconv("report", samples))
    one_line(snnconv("simulate", made / "digits.snn", "--data", made / "digits.calib", "-o", samples), "not read")


def test_the_place_is_checked_before_anything_is_read(calibrate, convert, tmp_path, monkeypatch) -> None:
    out = tmp_path / "none" / "x"
    one_line(calibrate(model="no.onnx", out=out), f"the folder {out.parent} does not exist; make it first")
    one_line(convert(model="no.onnx", out=out), f"the folder {out.parent} does not exist; make it first")
    one_line(convert(model="no.onnx", out=tmp_path), "it is a folder; name a file")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    one_line(calibrate(model="no.onnx"), f"the folder {tmp_path} is not writable; name another one")
    one_line(convert(model="no.onnx"), f"the folder {tmp_path} is not writable; name another one")


def test_a_run_folder_lies_in_a_folder_that_is_there(snnconv, made, samples, tmp_path) -> None:
    run = tmp_path / "none" / "run"
    for network in (made / "digits.snn", "no.snn"):
        found = snnconv("simulate", network, "--data", samples / "digits_test.npz", "--limit", 1, "-o", run)
        one_line(found, f"cannot write {run}: the folder {run.parent} does not exist; make it first\n")
    assert not list(tmp_path.iterdir())


def test_a_merge_checks_the_place_first(snnconv, tmp_path) -> None:
    found = snnconv("calibrate", "--merge", "a.calib", "b.calib", "-o", tmp_path / "none" / "c.calib")
    one_line(found, "does not exist; make it first")


def test_an_onnx_model_where_another_file_is_due(convert, snnconv, samples, tmp_path) -> None:
    model = samples / "digits_resnet.onnx"
    one_line(convert(calibration=model), f"{model} is a .onnx file, a .calib file is expected; calibrate it first\n")
    found = snnconv("simulate", model, "--data", samples / "digits_test.npz", "-o", tmp_path / "run")
    one_line(found, f"{model} is a .onnx file, a .snn file is expected; calibrate and convert it first\n")
    found = snnconv("inspect", model)
    one_line(found, f"{model} is a .onnx file, a .snn, a .calib or a run folder is expected; `check` shows models\n")
    (tmp_path / "text.calib").write_text("no calibration")
    one_line(convert(calibration=tmp_path / "text.calib"), "is damaged or no snnconv file")


def test_images_that_are_all_zero_do_not_calibrate(calibrate, convert, tmp_path) -> None:
    np.savez(tmp_path / "zero.npz", x=np.zeros((8, 8, 8), np.uint8))
    assert calibrate(data=tmp_path / "zero.npz").code == 0
    one_line(
        convert(calibration=tmp_path / "x.calib"),
        "all preprocessed images of the calibration are zero",
        "check --scale and --mean",
    )
    assert not (tmp_path / "n.snn").exists()


def test_how_many_numbers_a_mean_has(calibrate) -> None:
    one_line(calibrate(None, None, None, "--mean", "1,2,3"), "--mean has 3 numbers, expected 1\n", code=2)
