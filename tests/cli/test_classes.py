"""Class names are given once, at calibrate, and travel in the files."""

import numpy as np
import pytest
from PIL import Image

from snnconv.calibration import file as calib_file
from snnconv.ir import file as snn_file

# class 0 has the last name, so that numbering by name gives every class the number of another
NAMES = tuple("jihgfedcba")


@pytest.fixture
def digits(samples, tmp_path):
    """Three images of each class as files, each in the folder of its class."""
    with np.load(samples / "digits_test.npz") as held:
        x, y = held["x"], held["y"]
    for label, name in enumerate(NAMES):
        folder = tmp_path / "digits" / name
        folder.mkdir(parents=True)
        for number, image in enumerate(x[y == label][:3].reshape(-1, 8, 8)):
            Image.fromarray(image).save(folder / f"{number}.png")
    return tmp_path / "digits"


@pytest.fixture
def calibrate(snnconv, samples, tmp_path, digits):
    def run(*options):
        model, out = samples / "digits_resnet.onnx", tmp_path / "x.calib"
        given = ("--scale", 16, "--mean", 0.5, "--std", 0.5, "--json", "-o", out)
        return snnconv("calibrate", model, "--data", digits, *given, *options)

    return run


def test_names_given_at_calibrate_number_the_folders_of_simulate(calibrate, snnconv, samples, tmp_path, digits) -> None:
    (tmp_path / "classes.txt").write_text("\n".join(NAMES))
    found = calibrate("--classes", tmp_path / "classes.txt")
    assert found.code == 0, found
    assert "numbered by folder name" not in found.err
    assert calib_file.load(tmp_path / "x.calib").classes == NAMES
    # the model is right on nearly all: numbered by name, it would be right on none
    assert found.json["accuracy"] > 0.9
    made = ("--calibration", tmp_path / "x.calib", "--readout", "current", "--compensation", "none")
    assert snnconv("convert", samples / "digits_resnet.onnx", *made, "-o", tmp_path / "n.snn").code == 0
    assert snn_file.load(tmp_path / "n.snn").classes == NAMES
    # a part of the classes: found by name
    for name in NAMES[3:]:
        for path in (digits / name).iterdir():
            path.unlink()
    done = snnconv("simulate", tmp_path / "n.snn", "--data", digits, "--steps", 32, "--json", "-o", tmp_path / "run")
    assert done.code == 0, done
    assert done.json["images"] == 9
    assert done.json["accuracy"]["32"] > 0.8


def test_without_names_as_many_folders_as_classes_are_numbered_and_it_is_said(calibrate, tmp_path) -> None:
    found = calibrate()
    assert found.code == 0, found
    assert "classes are numbered by folder name: 0 a, 1 b" in found.err
    assert calib_file.load(tmp_path / "x.calib").classes is None


def test_without_names_a_part_of_the_classes_is_refused(calibrate, tmp_path, digits) -> None:
    for path in (digits / "c").iterdir():
        path.unlink()
    found = calibrate()
    assert found.code == 3
    assert found.err.endswith(
        "digits has 9 class folders ('c' without an image), the model has 10 classes; give --classes, the names in the "
        "model's order\n"
    )
    assert not (tmp_path / "x.calib").exists()


def test_folders_with_numbers_in_another_order_are_said(calibrate, digits) -> None:
    for number, name in enumerate(NAMES):
        (digits / name).rename(digits / f"{number + 1}")
    found = calibrate()
    assert found.code == 0, found
    assert (
        "classes are numbered by folder name: 0 1, 1 10, 2 2, 3 3, 4 4, 5 5, 6 6, 7 7, 8 8, 9 9; by text, not by "
        "number: if the model counts the folders by number, give --classes with one per line" in found.err
    )
