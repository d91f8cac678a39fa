import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnconv.data import ChannelOrder, Geometry, ImageSet, Layout, open_images
from snnconv.errors import DataError, FileMissingError

SHAPE = (3, 5, 4)
Save = Callable[[Path, np.ndarray], Path]


def _npy(path: Path, x: np.ndarray) -> Path:
    np.save(path / "set.npy", x)
    return path / "set.npy"


def _npz(path: Path, x: np.ndarray) -> Path:
    np.savez(path / "set.npz", x=x)
    return path / "set.npz"


def _compressed(path: Path, x: np.ndarray) -> Path:
    np.savez_compressed(path / "small.npz", x=x)
    return path / "small.npz"


ways = pytest.mark.parametrize("save", [_npy, _npz, _compressed])


def _pixels(count: int = 11) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (count, 5, 4, 3), dtype=np.uint8)


def _images(images: ImageSet, size: int, start: int = 0, stop: int | None = None) -> np.ndarray:
    return np.concatenate([batch.images for batch in images.batches(size, start, stop)])


@ways
@pytest.mark.parametrize("size", [1, 3, 11, 100])
@pytest.mark.parametrize(("start", "stop"), [(0, None), (4, None), (2, 9)])
def test_batches_are_the_array(tmp_path: Path, save: Save, size: int, start: int, stop: int | None) -> None:
    x = _pixels()
    images = open_images(save(tmp_path, x), input_shape=SHAPE)
    assert (images.count, images.dtype, images.labels, images.class_names) == (11, "uint8", None, None)
    found = _images(images, size, start, stop)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, x[start:stop])


@ways
def test_identities_do_not_depend_on_batches_or_axes(tmp_path: Path, save: Save) -> None:
    x = _pixels()
    one = open_images(save(tmp_path, x), input_shape=SHAPE)
    ids = np.concatenate([batch.ids for batch in one.batches(4)])
    assert ids.dtype == np.uint64
    assert len(set(ids.tolist())) == 11
    np.testing.assert_array_equal(np.concatenate([batch.ids for batch in one.batches(3, 5)]), ids[5:])
    other = open_images(save(tmp_path, np.ascontiguousarray(x.transpose(0, 3, 1, 2))), input_shape=SHAPE)
    np.testing.assert_array_equal(np.concatenate([batch.ids for batch in other.batches(11)]), ids)


@ways
@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4", ">f8"])
def test_floats_come_out_as_float32(tmp_path: Path, save: Save, dtype: str) -> None:
    x = np.random.default_rng(4).normal(size=(6, 3, 5, 4)).astype(dtype)
    images = open_images(save(tmp_path, x), input_shape=SHAPE)
    assert images.dtype == "float32"
    (batch,) = images.batches(6)
    assert batch.images.dtype == np.float32
    assert batch.images.dtype.isnative
    assert batch.images.flags.c_contiguous
    np.testing.assert_array_equal(batch.images, x.astype(np.float32).transpose(0, 2, 3, 1))


def test_grey_images_need_no_channel_axis(tmp_path: Path) -> None:
    x = _pixels()[..., 0]
    (batch,) = open_images(_npy(tmp_path, x), input_shape=(1, 5, 4)).batches(20)
    np.testing.assert_array_equal(batch.images, x[..., np.newaxis])


def test_layout_decides_where_both_readings_fit(tmp_path: Path) -> None:
    x = np.arange(2 * 27, dtype=np.uint8).reshape(2, 3, 3, 3)
    path = _npy(tmp_path, x)
    with pytest.raises(DataError, match="give --layout nhwc or nchw"):
        open_images(path, input_shape=(3, 3, 3))
    np.testing.assert_array_equal(_images(open_images(path, input_shape=(3, 3, 3), layout=Layout.NHWC), 2), x)
    found = _images(open_images(path, input_shape=(3, 3, 3), layout=Layout.NCHW), 2)
    np.testing.assert_array_equal(found, x.transpose(0, 2, 3, 1))


def test_bgr_turns_the_channels_and_keeps_the_identities(tmp_path: Path) -> None:
    x = _pixels()
    path = _npy(tmp_path, x)
    (turned,) = open_images(path, input_shape=SHAPE, geometry=Geometry(channels=ChannelOrder.BGR)).batches(20)
    (plain,) = open_images(path, input_shape=SHAPE).batches(20)
    assert turned.images.flags.c_contiguous
    np.testing.assert_array_equal(turned.images, x[..., ::-1])
    np.testing.assert_array_equal(turned.ids, plain.ids)


def test_labels_of_an_npz_come_along(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, x=_pixels(), y=(np.arange(11, dtype=np.uint8) % 3).reshape(11, 1))
    images = open_images(path, input_shape=SHAPE, class_count=3, classes=("a", "b", "c"))
    assert images.labels is not None
    assert images.labels.dtype == np.int64
    assert images.labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]
    assert images.class_names == ("a", "b", "c")
    assert images.name == "set.npz"
    labels = [batch.labels.tolist() for batch in images.batches(4, 2) if batch.labels is not None]
    assert labels == [[2, 0, 1, 2], [0, 1, 2, 0], [1]]


def test_a_labels_file_goes_before_y(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, x=_pixels(2), y=np.array([0, 0]))
    (tmp_path / "labels.txt").write_text("1\n2\n")
    images = open_images(path, input_shape=SHAPE, labels=tmp_path / "labels.txt")
    assert images.labels is not None
    assert images.labels.tolist() == [1, 2]


@ways
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_the_first_bad_image_is_named(tmp_path: Path, save: Save, value: float) -> None:
    x = np.zeros((9, 5, 4, 3))
    x[5, 0, 0, 0] = x[7, 4, 3, 2] = value
    images = open_images(save(tmp_path, x), input_shape=SHAPE)
    assert _images(images, 2, 0, 4).shape == (4, 5, 4, 3)
    with pytest.raises(DataError, match="image 5 holds NaN, infinity or a value beyond float32"):
        _images(images, 2)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "int64", "bool", "complex64"])
def test_other_types_are_refused(tmp_path: Path, dtype: str) -> None:
    path = _npz(tmp_path, np.zeros((2, 5, 4, 3), dtype))
    message = f"{path}: x has the type {dtype}, expected uint8, float16, float32 or float64"
    with pytest.raises(DataError, match=re.escape(message)):
        open_images(path, input_shape=SHAPE)


@pytest.mark.parametrize("geometry", [Geometry(resize=4), Geometry(crop=4)])
def test_resizing_is_for_image_files(tmp_path: Path, geometry: Geometry) -> None:
    with pytest.raises(DataError, match="is an array, --resize and --crop, now or at calibration, apply to im"):
        open_images(_npy(tmp_path, _pixels()), input_shape=SHAPE, geometry=geometry)


def test_bgr_needs_three_channels(tmp_path: Path) -> None:
    bgr = Geometry(channels=ChannelOrder.BGR)
    with pytest.raises(DataError, match="--channels bgr needs 3 channels, the model takes 1"):
        open_images(_npy(tmp_path, _pixels()[..., 0]), input_shape=(1, 5, 4), geometry=bgr)


def test_an_empty_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images, expected at least 1"):
        open_images(_npy(tmp_path, _pixels(0)), input_shape=SHAPE)


def test_an_npz_without_x_says_what_it_has(tmp_path: Path) -> None:
    np.savez(tmp_path / "mnist.npz", x_train=np.zeros(1), y_train=np.zeros(1))
    with pytest.raises(DataError, match=re.escape("has no array 'x', found 'x_train', 'y_train'; save one array")):
        open_images(tmp_path / "mnist.npz", input_shape=SHAPE)


def test_a_missing_file_and_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=re.escape("no.npz does not exist; check the path of the data")):
        open_images(tmp_path / "no.npz", input_shape=SHAPE)
    arrays = (
        "give an .npz, an .npy, a folder of class folders of images, or a .zip of them; arrays of other files are "
        "saved with np.savez('data.npz', x=images, y=labels)"
    )
    unpack = "unpack it, and give the folder of class folders of images or the arrays that are in it"
    for name, advice in (
        *((name, arrays) for name in ("set.h5", "set.mat", "set.pkl", "data_batch_1", "set.parquet", "set.tfrecord")),
        *((name, unpack) for name in ("set.tar.gz", "set.TGZ", "train-images-idx3-ubyte.gz")),
        ("one.PNG", "give the folder in which the images lie"),
    ):
        (tmp_path / name).touch()
        with pytest.raises(DataError) as caught:
            open_images(tmp_path / name, input_shape=SHAPE)
        assert str(caught.value) == f"{tmp_path / name} is of a kind that is not read; {advice}"


def test_as_many_names_as_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--classes names 2 classes, the model has 3; give one name per class"):
        open_images(_npy(tmp_path, _pixels()), input_shape=SHAPE, classes=("a", "b"), class_count=3)


def test_upper_case_suffixes_are_read(tmp_path: Path) -> None:
    path = _npy(tmp_path, _pixels()).rename(tmp_path / "SET.NPY")
    assert open_images(path, input_shape=SHAPE).count == 11


@pytest.mark.parametrize(
    ("given", "advised", "pixels"),
    [
        (np.array([0, 128, 255]), "x.astype(np.uint8)", [0, 128, 255]),
        (np.array([0, 128 * 257, 65535], np.uint16), "(x // 257).astype(np.uint8)", [0, 128, 255]),
        (np.array([-128, 0, 127], np.int8), "(x.astype(int) + 128).astype(np.uint8)", [0, 128, 255]),
        (np.array([False, True, True]), "x.astype(np.float32)", [0, 1, 1]),
        (np.array([0, 0.5, 1], np.longdouble), "x.astype(np.float32)", [0, 0.5, 1]),
    ],
)
@ways
def test_advised_pixels_are_the_same_picture(
    tmp_path: Path, save: Save, given: np.ndarray, advised: str, pixels: list[float]
) -> None:
    x = np.resize(given, (2, 5, 4, 3))
    with pytest.raises(DataError) as caught:
        open_images(save(tmp_path, x), input_shape=SHAPE)
    assert f"has the type {x.dtype}, expected uint8, float16, float32 or float64; save " in str(caught.value)
    assert advised in str(caught.value)
    found = _images(open_images(save(tmp_path, eval(advised, {"np": np, "x": x})), input_shape=SHAPE), 2)
    np.testing.assert_array_equal(found, np.resize(np.array(pixels), (2, 5, 4, 3)))


@pytest.mark.parametrize("given", [np.zeros((2, 5, 4, 3), complex), np.full((2, 5, 4, 3), "a")])
def test_what_is_no_picture_is_not_made_one(tmp_path: Path, given: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"; save an array of numbers, one for each channel of each pixel$"):
        open_images(_npy(tmp_path, given), input_shape=SHAPE)


def test_objects_become_an_array_as_advised(tmp_path: Path) -> None:
    x = np.empty(2, dtype=object)
    x[:] = list(_pixels(2))
    np.save(tmp_path / "set.npy", x, allow_pickle=True)
    with pytest.raises(DataError, match=re.escape("never loaded; save numbers, such as np.stack(x)")):
        open_images(tmp_path / "set.npy", input_shape=SHAPE)
    np.testing.assert_array_equal(_images(open_images(_npy(tmp_path, np.stack(x)), input_shape=SHAPE), 2), _pixels(2))
    y = np.array([1, 2], dtype=object)
    np.save(tmp_path / "labels.npy", np.stack(y))
    images = open_images(tmp_path / "set.npy", input_shape=SHAPE, labels=tmp_path / "labels.npy")
    assert images.labels is not None
    assert images.labels.tolist() == [1, 2]


def test_a_dictionary_is_saved_as_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "set.npy", {"x": _pixels(2)}, allow_pickle=True)  # type: ignore[arg-type]
    message = "holds Python objects, which are never loaded; save its arrays with np.savez(FILE, x=images, y=labels)"
    with pytest.raises(DataError, match=re.escape(message)):
        open_images(tmp_path / "set.npy", input_shape=SHAPE)


def test_labels_given_as_images_are_not_advised_to_become_pixels(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"has the shape \(40,\), the model takes .*; save images of the model's size, or"
    ):
        open_images(_npy(tmp_path, np.arange(40)), input_shape=SHAPE)


def test_arrays_of_other_names_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "set.npz"
    for extra, text in (
        ({"labels": np.arange(2)}, "the arrays 'labels' are left out, and there are no labels; images are x, labels y"),
        ({"y": np.arange(2), "weight": np.arange(2)}, "the arrays 'weight' are left out; images are x, labels y"),
    ):
        caplog.clear()
        np.savez(path, x=_pixels(2), **extra)
        open_images(path, input_shape=SHAPE)
        assert caplog.messages == [f"{path}: {text}"]


@pytest.mark.parametrize("names", [("images", "labels"), ("X", "y"), ("x_test", "y_test"), ("arr_0", "arr_1")])
def test_arrays_without_x_are_saved_as_advised(tmp_path: Path, names: tuple[str, str]) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, **{names[0]: _pixels(2), names[1]: np.array([1, 0])})
    with pytest.raises(DataError) as caught:
        open_images(path, input_shape=SHAPE)
    shown = ", ".join(repr(name) for name in sorted(names))
    assert str(caught.value) == (
        f"{path} has no array 'x', found {shown}; save one array of images as x, and its labels as y: "
        "np.savez(FILE, x=images, y=labels)"
    )
    with np.load(path) as found:
        np.savez(tmp_path / "new.npz", x=found[names[0]], y=found[names[1]])
    images = open_images(tmp_path / "new.npz", input_shape=SHAPE)
    assert images.labels is not None
    assert images.labels.tolist() == [1, 0]
