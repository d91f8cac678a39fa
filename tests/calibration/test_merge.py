"""Merging two calibrations gives the calibration of both samples."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from snnconv.calibration import file
from snnconv.calibration.calibration import Calibration, merge
from snnconv.calibration.statistics import ValueKind
from snnconv.errors import CalibrationError


def check_same(found: Calibration, expected: Calibration) -> None:
    np.testing.assert_array_equal(found.images, expected.images)
    np.testing.assert_array_equal(found.input_low, expected.input_low)
    np.testing.assert_array_equal(found.input_high, expected.input_high)
    assert (found.model_name, found.model_sha256) == (expected.model_name, expected.model_sha256)
    for a, b in zip(found.values, expected.values, strict=True):
        assert (a.name, a.kind, a.count) == (b.name, b.kind, b.count)
        for name in ("offsets", "codes", "counts", "largest"):
            first, second = getattr(a, name), getattr(b, name)
            assert first.dtype == second.dtype
            np.testing.assert_array_equal(first, second, err_msg=f"{a.name} {name}")
        # float64 from one map on; relative to the size of the numbers
        size = np.sqrt(b.mean**2 + b.variance)
        assert (np.abs(a.mean - b.mean) <= 1e-9 * size).all()
        assert (np.abs(a.variance - b.variance) <= 1e-9 * size**2).all()


@pytest.mark.parametrize("cut", [1, 10, 20, 39])
def test_two_parts_are_the_whole(measure, tiny_images, cut: int) -> None:
    # batches of one image, so that onnxruntime computes the same bits in the parts and in the whole
    parts = [measure(piece, batch_size=1) for piece in (tiny_images[:cut], tiny_images[cut:])]
    whole = measure(tiny_images, batch_size=1)
    check_same(merge(*parts), whole)
    assert [source.images for source in merge(*parts).sources] == [cut, 40 - cut]


def test_three_parts_are_the_whole_through_files(measure, tiny_images, tmp_path: Path) -> None:
    merged = measure(tiny_images[:10], batch_size=1)
    for start in (10, 25):
        part = measure(tiny_images[start : start + 15], batch_size=1)
        file.save(merge(merged, part), tmp_path / "merged.calib")
        merged = file.load(tmp_path / "merged.calib")
    check_same(merged, measure(tiny_images, batch_size=1))
    assert len(merged.sources) == 3


def test_the_parts_are_not_changed(measure, tiny_images, tmp_path: Path) -> None:
    first, second = measure(tiny_images[:20]), measure(tiny_images[20:])
    file.save(first, tmp_path / "before.calib")
    merge(first, second)
    file.save(first, tmp_path / "after.calib")
    assert (tmp_path / "before.calib").read_bytes() == (tmp_path / "after.calib").read_bytes()


def test_common_images_are_refused(measure, tiny_images) -> None:
    with pytest.raises(CalibrationError) as caught:
        merge(measure(tiny_images[:20]), measure(tiny_images[17:]))
    assert str(caught.value) == ("the calibrations share 3 images, so these would count twice; merge disjoint samples")


def test_another_model_is_refused(measure, tiny_images, new_residual_network, tmp_path: Path) -> None:
    other = new_residual_network(seed=1).save(tmp_path / "other.onnx")
    with pytest.raises(
        CalibrationError,
        match=r"^the calibrations are of different models: tiny\.onnx \(\w{12}…\) and other\.onnx \(\w{12}…\); merge",
    ):
        merge(measure(tiny_images[:20]), measure(tiny_images[20:], model=other))


def test_another_preprocessing_is_refused_by_name(measure, tiny_images) -> None:
    with pytest.raises(CalibrationError) as caught:
        merge(measure(tiny_images[:20]), measure(tiny_images[20:], std="0.5"))
    assert str(caught.value) == ("the calibrations differ in preprocessing (std); calibrate both with the same options")


def test_other_values_are_refused(measure, tiny_images) -> None:
    first, second = measure(tiny_images[:20]), measure(tiny_images[20:])
    with pytest.raises(CalibrationError, match="measured different values; make both with this version"):
        merge(first, replace(second, values=second.values[1:]))
    renamed = (replace(second.values[0], name="other"), *second.values[1:])
    with pytest.raises(CalibrationError, match=r"^the calibrations measured different values: relu1 and other$"):
        merge(first, replace(second, values=renamed))
    changed = (replace(second.values[0], kind=ValueKind.POOL), *second.values[1:])
    with pytest.raises(CalibrationError, match=r"^the calibrations measured different values: relu1 and relu1$"):
        merge(first, replace(second, values=changed))


def test_class_names_are_kept_and_must_be_the_same(measure, tiny_images) -> None:
    names = ("a", "b", "c", "d", "e")
    unnamed, other = measure(tiny_images[:20]), measure(tiny_images[20:])
    first, second = measure(tiny_images[:20], classes=names), measure(tiny_images[20:], classes=names)
    assert merge(first, second).classes == names
    # one list is good for both: the model is the same
    assert merge(unnamed, second).classes == names
    assert merge(first, other).classes == names
    assert merge(unnamed, other).classes is None
    message = (
        r"^the calibrations differ in their class names \(class 3 is 'd' and 'e'\); "
        "calibrate both with the same --classes$"
    )
    with pytest.raises(CalibrationError, match=message):
        merge(first, replace(second, classes=("a", "b", "c", "e", "d")))
    with pytest.raises(CalibrationError, match=r"class names \(5 and 4\); calibrate"):
        merge(first, replace(second, classes=names[:4]))
