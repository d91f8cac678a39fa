import json
import re
from pathlib import Path

import numpy as np
import pytest

from snnconv.data import ChannelOrder, Geometry, Preprocessing, Size, make_preprocessing
from snnconv.data.preprocessing import PreprocessingManifest
from snnconv.errors import DataError, FileMissingError, UsageError

SHAPE = (3, 2, 2)


def test_the_values_are_those_computed_by_hand() -> None:
    # (51 / 255 − 0.5) / 0.25 = −1.2; (255 / 255 − 0.25) / 0.5 = 1.5; (0 / 255 − 0.125) / 2 = −0.0625
    pre = make_preprocessing("uint8", (3, 1, 1), mean="0.5,0.25,0.125", std="0.25,0.5,2")
    result = pre.apply(np.array([[[[51, 255, 0]]]], dtype=np.uint8))
    assert result.shape == (1, 3, 1, 1)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    # 0.2 is no float32: two roundings of at most 6e-8, times 1 / 0.25
    np.testing.assert_allclose(result[0, :, 0, 0], [-1.2, 1.5, -0.0625], rtol=0, atol=5e-7)
    assert result[0, 1:, 0, 0].tolist() == [1.5, -0.0625]


def test_it_computes_in_float32_in_the_order_of_the_contract() -> None:
    x = np.random.default_rng(0).integers(0, 256, (5, 2, 2, 3), dtype=np.uint8)
    pre = make_preprocessing("uint8", SHAPE, mean="0.4914,0.4822,0.4465", std="0.2470,0.2435,0.2616")
    mean, std = (np.array(v, np.float32) for v in ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]))
    expected = (x.astype(np.float32) / np.float32(255) - mean) / std
    np.testing.assert_array_equal(pre.apply(x), expected.transpose(0, 3, 1, 2))


def test_floats_are_left_alone_by_default() -> None:
    x = np.random.default_rng(0).normal(size=(5, 2, 2, 3)).astype(np.float32)
    np.testing.assert_array_equal(make_preprocessing("float32", SHAPE).apply(x), x.transpose(0, 3, 1, 2))


def test_defaults() -> None:
    pre = make_preprocessing("uint8", SHAPE)
    assert (pre.scale, pre.geometry) == (255.0, Geometry())
    assert pre.mean.tolist() == np.zeros((3, 1, 1)).tolist()
    assert pre.std.tolist() == np.ones((3, 1, 1)).tolist()
    assert pre.mean.dtype == pre.std.dtype == np.float64


def test_one_number_is_for_all_channels() -> None:
    assert make_preprocessing("uint8", SHAPE, mean=" -1.5 ").mean.tolist() == np.full((3, 1, 1), -1.5).tolist()


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0)])
def test_a_file_gives_one_number_per_pixel(tmp_path: Path, axes: tuple[int, int, int]) -> None:
    mean = np.arange(30, dtype=np.float32).reshape(3, 5, 2)
    np.save(tmp_path / "mean.npy", np.ascontiguousarray(mean.transpose(axes)))
    pre = make_preprocessing("float32", (3, 5, 2), mean=str(tmp_path / "mean.npy"))
    assert pre.mean.dtype == np.float64
    np.testing.assert_array_equal(pre.mean, mean)
    result = pre.apply(np.zeros((1, 5, 2, 3), np.float32))
    np.testing.assert_array_equal(result[0], -mean)


@pytest.mark.parametrize("shape", [(3,), (3, 1, 1)])
def test_a_file_gives_one_number_per_channel(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "std.npy", np.array([1, 2, 4]).reshape(shape))
    pre = make_preprocessing("float32", SHAPE, std=str(tmp_path / "std.npy"))
    assert pre.std.tolist() == [[[1]], [[2]], [[4]]]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2)), "has the shape (2, 2), expected (3,), (3, 1, 1), (3, 2, 2) or (2, 2, 3)"),
        (np.zeros(3, complex), "has the type complex128, expected numbers; save an array of float64"),
        (np.array([0.0, np.nan, 0.0]), "--mean must be finite in float32; correct it"),
        (np.array([0.0, 1e60, 0.0]), "--mean must be finite in float32; correct it"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "mean.npy", array)
    with pytest.raises(DataError, match=re.escape(message)):
        make_preprocessing("uint8", SHAPE, mean=str(tmp_path / "mean.npy"))


def test_a_file_that_reads_in_two_ways_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "mean.npy", np.zeros((3, 3, 3)))
    with pytest.raises(DataError, match="which reads in two ways; give one number per channel"):
        make_preprocessing("uint8", (3, 3, 3), mean=str(tmp_path / "mean.npy"))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileMissingError, match=re.escape("no-such-mean.npy does not exist")):
        make_preprocessing("uint8", SHAPE, mean="no-such-mean.npy")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"mean": "0.5,x,0.5"},
            "--mean is '0.5,x,0.5', expected numbers with commas between them or the path",
        ),
        ({"mean": ""}, "--mean is '', expected numbers"),
        ({"mean": "0.5,0.5"}, "--mean has 2 numbers, expected 1 or 3, one per channel"),
        ({"mean": "inf"}, "--mean must be finite in float32; correct it"),
        ({"std": "1,0,1"}, "--std must be finite and greater than 0 in float32, found 0; correct it"),
        ({"std": "-2"}, "--std must be finite and greater than 0 in float32, found -2"),
        ({"std": "nan"}, "--std must be finite and greater than 0 in float32, found nan"),
        ({"std": "1e-60"}, "--std must be finite and greater than 0 in float32, found 1e-60"),
        ({"scale": 0.0}, "--scale must be finite and greater than 0 in float32, found 0"),
        ({"scale": -255.0}, "--scale must be finite and greater than 0 in float32, found -255"),
        ({"scale": float("inf")}, "--scale must be finite and greater than 0 in float32, found inf"),
    ],
)
def test_bad_values_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        make_preprocessing("uint8", SHAPE, **options)


def test_a_bad_array_is_bad_input(tmp_path: Path) -> None:
    np.save(tmp_path / "std.npy", np.zeros(3))
    with pytest.raises(DataError, match="--std must be finite and greater than 0"):
        make_preprocessing("uint8", SHAPE, std=str(tmp_path / "std.npy"))


def test_another_type_than_recorded_is_refused() -> None:
    message = (
        "the data is float32, the calibration was made with uint8; give pixels of 0 to 255, "
        "np.round(x * 255).astype(np.uint8) for floats of 0 to 1, or calibrate with this data"
    )
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    with pytest.raises(DataError, match=re.escape(message)):
        make_preprocessing("uint8", SHAPE).apply(pixels.astype(np.float32) / 255)
    # what is advised gives the pixels back
    np.testing.assert_array_equal(np.round(pixels.astype(np.float32) / 255 * 255).astype(np.uint8), pixels)
    message = (
        "the data is uint8, the calibration was made with float32; give arrays of floats in the range of those, or "
        "calibrate with this data"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        make_preprocessing("float32", SHAPE).apply(pixels)


def test_another_shape_than_recorded_is_refused() -> None:
    with pytest.raises(DataError, match=re.escape("have the shape (1, 2, 3, 3), expected (N, 2, 2, 3)")):
        make_preprocessing("uint8", SHAPE).apply(np.zeros((1, 2, 3, 3), np.uint8))


def test_results_beyond_float32_are_refused() -> None:
    pre = make_preprocessing("float32", SHAPE, std="1e-30")
    with pytest.raises(DataError, match="the preprocessed images are beyond float32; check --scale, --mean and --s"):
        pre.apply(np.full((1, 2, 2, 3), 1e30, np.float32))


@pytest.mark.parametrize(("resize", "crop"), [(40, 32), ((40, 24), None), (36, (32, 36)), ((7, 7), (1, 1))])
def test_written_and_read_it_is_the_same(resize: Size, crop: Size | None) -> None:
    geometry = Geometry(resize=resize, crop=crop, channels=ChannelOrder.BGR)
    pre = make_preprocessing("uint8", SHAPE, scale=128, mean="0.1,0.2,0.3", std="3", geometry=geometry)
    manifest = json.loads(json.dumps(pre.to_manifest()))

    def listed(size: Size | None) -> int | list[int] | None:
        return list(size) if isinstance(size, tuple) else size

    assert manifest == {
        "geometry": {"resize": listed(resize), "crop": listed(crop), "interpolation": "bilinear", "channels": "bgr"},
        "dtype": "uint8",
        "scale": 128.0,
        "input_shape": [3, 2, 2],
    }
    assert sorted(pre.tensors()) == ["preprocessing.mean", "preprocessing.std"]
    other = Preprocessing.from_manifest(manifest, pre.tensors() | {"weights": np.zeros(1)})
    assert pre.same_as(other) == []
    assert other.to_manifest() == pre.to_manifest()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"dtype": "int8"},
            "the recorded preprocessing is not valid: dtype: Input should be 'uint8' or 'float32'",
        ),
        ({"scale": 0}, "the recorded preprocessing is not valid: scale: Input should be greater than 0"),
        ({"input_shape": [3, 2]}, "the recorded preprocessing is not valid: input_shape.2: Field required"),
        (
            {"colour": "red"},
            "the recorded preprocessing is not valid: colour: Extra inputs are not permitted",
        ),
        (
            {"geometry": {"crop": -1}},
            "is not valid: geometry.crop.constrained-int: Input should be greater than or equal to 1",
        ),
    ],
)
def test_a_bad_manifest_is_refused(change: dict[str, object], message: str) -> None:
    pre = make_preprocessing("uint8", SHAPE)
    with pytest.raises(DataError, match=re.escape(message)):
        Preprocessing.from_manifest(pre.to_manifest() | change, pre.tensors())


def test_bad_tensors_are_refused() -> None:
    pre = make_preprocessing("uint8", SHAPE)
    with pytest.raises(DataError, match=re.escape("has no tensor preprocessing.mean and no tensor preprocessing.std")):
        Preprocessing.from_manifest(pre.to_manifest(), {})
    for bad in (np.zeros(3), np.zeros((3, 1, 1), np.float32)):
        message = f"--mean is {bad.dtype} of shape {bad.shape}, expected float64 of shape (3, 1, 1) or (3, 2, 2)"
        with pytest.raises(DataError, match=re.escape(message)):
            Preprocessing.from_manifest(pre.to_manifest(), pre.tensors() | {"preprocessing.mean": bad})


def test_the_fields_that_differ_are_named() -> None:
    pre = make_preprocessing("uint8", SHAPE, mean="0.5")
    assert pre.same_as(make_preprocessing("uint8", SHAPE, mean="0.5,0.5,0.5")) == []
    assert pre.same_as(make_preprocessing("uint8", SHAPE, mean="0.25")) == ["mean"]
    assert pre.same_as(make_preprocessing("uint8", SHAPE, mean="0.5", geometry=Geometry(crop=2))) == ["geometry"]
    others = make_preprocessing("float32", (1, 2, 2), std="2")
    assert pre.same_as(others) == ["dtype", "scale", "input_shape", "mean", "std"]


def test_one_number_per_channel_is_the_same_at_each_pixel(tmp_path: Path) -> None:
    np.save(tmp_path / "mean.npy", np.full((3, 2, 2), 0.5))
    by_pixel = make_preprocessing("uint8", SHAPE, mean=str(tmp_path / "mean.npy"))
    assert by_pixel.same_as(make_preprocessing("uint8", SHAPE, mean="0.5")) == []


def test_its_arrays_cannot_be_changed() -> None:
    mean = np.zeros((3, 1, 1))
    pre = Preprocessing(Geometry(), "uint8", 255.0, SHAPE, mean, np.ones((3, 1, 1)))
    mean[:] = 7
    assert pre.mean.tolist() == np.zeros((3, 1, 1)).tolist()
    with pytest.raises(ValueError, match="read-only"):
        pre.std[0] = 2


def test_a_schema_can_be_made_of_the_manifest() -> None:
    schema = PreprocessingManifest.model_json_schema()
    assert schema["additionalProperties"] is False
    assert sorted(schema["required"]) == ["dtype", "geometry", "input_shape", "scale"]
