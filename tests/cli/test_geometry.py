"""--resize and --crop with height and width, from calibrate to inspect and simulate."""

import numpy as np
import pytest
from PIL import Image

from snnconv.calibration import file as calib_file
from snnconv.ir import file as snn_file


@pytest.fixture
def pictures(tmp_path, samples):
    """Give 40 digits as pictures of other shapes, and an array of them squeezed to 8 × 8, in the order of the set."""
    x = np.load(samples / "digits_calibration.npz")["x"][:40].reshape(-1, 8, 8) * 15
    (tmp_path / "pictures").mkdir()
    squeezed = []
    for number, digit in enumerate(x):
        image = Image.fromarray(digit).resize((10 + number % 7, 14), Image.Resampling.BILINEAR)
        image.save(tmp_path / "pictures" / f"{number:02}.png")
        squeezed.append(np.asarray(image.resize((8, 8), Image.Resampling.BILINEAR)))
    np.savez(tmp_path / "squeezed.npz", x=np.stack(squeezed))
    return tmp_path


def test_squeezed_pictures_are_what_training_saw(snnconv, samples, pictures) -> None:
    model, given = samples / "digits_resnet.onnx", ("--scale", 240, "--mean", 0.5, "--std", 0.5)
    found = {}
    for name, data, options in (
        ("files", "pictures", ("--resize", "8,8")),
        ("array", "squeezed.npz", ()),
    ):
        calib, net = pictures / f"{name}.calib", pictures / f"{name}.snn"
        done = snnconv("calibrate", model, "--data", pictures / data, *given, *options, "-o", calib)
        assert done.code == 0, done
        made = ("--calibration", calib, "--readout", "current", "--compensation", "none")
        assert snnconv("convert", model, *made, "-o", net).code == 0
        run = ("--steps", 8, "--observe", 0, "--reference", model, "--json", "-o", pictures / name)
        found[name] = snnconv("simulate", net, "--data", pictures / data, *run).json
    files, array = (calib_file.load(pictures / f"{name}.calib") for name in ("files", "array"))
    for mine, other in zip(files.values, array.values, strict=True):
        np.testing.assert_array_equal(mine.counts, other.counts)
    assert files.preprocessing.geometry.resize == (8, 8)
    assert snn_file.load(pictures / "files.snn").preprocessing.geometry.resize == (8, 8)
    assert found["files"]["agreement"] == found["array"]["agreement"]
    assert "resize 8,8 (bilinear)" in " ".join(snnconv("inspect", pictures / "files.snn").out.split())


def test_pictures_of_another_size_are_refused_with_what_works(snnconv, samples, pictures) -> None:
    given = ("calibrate", samples / "digits_resnet.onnx", "--data", pictures / "pictures", "-o", pictures / "x.calib")
    found = snnconv(*given)
    assert found.code == 3
    assert found.err.endswith(
        "the model takes 8 × 8; calibrate as the training did: with --resize 8,8 (squeezed) or --resize N --crop 8,8 "
        "(the centre)\n"
    )
    for options in (("--resize", "8,8"), ("--resize", "9", "--crop", "8,8"), ("--resize", "9,12", "--crop", "8")):
        assert snnconv(*given, *options).code == 0


def test_what_is_no_size_is_wrong_usage(snnconv, samples, pictures) -> None:
    given = ("calibrate", samples / "digits_resnet.onnx", "--data", pictures / "pictures", "-o", pictures / "x.calib")
    for option in ("--resize", "--crop"):
        found = snnconv(*given, option, "8x8")
        assert found.code == 2
        assert found.err == (
            f"snnconv: {option} is '8x8', expected N or H,W: one number of pixels, or height and width with a comma "
            "between them\n"
        )
