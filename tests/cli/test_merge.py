"""``snnconv calibrate --merge``: the files behind it, or the option once for each."""

import pytest

from snnconv.calibration import file as calib_file


@pytest.fixture
def parts(snnconv, samples, tmp_path):
    """Two calibrations over different images, and one that has images of both."""
    given = ("--scale", 16, "--samples")
    made = []
    for name, data, count in (("a", "digits_test", 20), ("b", "digits_calibration", 30)):
        made.append(tmp_path / f"{name}.calib")
        done = snnconv(
            *("calibrate", samples / "digits_resnet.onnx", "--data", samples / f"{data}.npz", *given, count),
            *("-o", made[-1]),
        )
        assert done.code == 0, done
    return made


def test_both_ways_give_the_same_bytes(parts, snnconv, tmp_path) -> None:
    a, b = parts
    first, second = tmp_path / "first.calib", tmp_path / "second.calib"
    assert snnconv("calibrate", "--merge", a, b, "-o", first).code == 0
    assert snnconv("calibrate", "--merge", a, "--merge", b, "-o", second).code == 0
    assert first.read_bytes() == second.read_bytes()
    assert [source.images for source in calib_file.load(first).sources] == [20, 30]


def test_every_further_file_is_joined(parts, snnconv, tmp_path) -> None:
    a, b = parts
    found = snnconv("calibrate", "--merge", a, b, a, "-o", tmp_path / "c.calib")
    assert found.code == 3
    assert "the calibrations share 20 images" in found.err


def test_wrong_usage(parts, snnconv, tmp_path) -> None:
    a, b = parts
    out = tmp_path / "c.calib"
    for arguments, text in (
        (
            (a, b, "--data", "d.npz"),
            "one MODEL.onnx is calibrated at a time, found 2; to join calibrations add --merge",
        ),
        (("--merge", a), "--merge needs two or more .calib files, found 1"),
        (
            ("--merge", a, "m.onnx"),
            "--merge joins .calib files; leave out MODEL.onnx and what is said of images and outputs",
        ),
        (("--merge", a, b, "--data", "d.npz"), "--merge joins .calib files; leave out MODEL.onnx and what"),
        (("--merge", a, b, "--mean", "0.5"), "--merge joins .calib files; leave out MODEL.onnx and what"),
    ):
        found = snnconv("calibrate", *arguments, "-o", out)
        assert found.code == 2, found
        assert text in found.err
        assert not out.exists()
