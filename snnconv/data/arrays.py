"""Images in an ``.npz`` or ``.npy`` file, streamed."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnconv.choices import ChannelOrder, Layout
from snnconv.data.array_sources import ArraySource, NpyFile, NpzMember, npz_keys
from snnconv.data.batch import Array, Batch, DataType, ImageShape, image_id, spans
from snnconv.data.classes import decides
from snnconv.data.geometry import Geometry
from snnconv.data.labels import labels_from, read_labels
from snnconv.data.layout import find_layout, to_nhwc
from snnconv.data.npy import fill
from snnconv.data.reading import reading
from snnconv.errors import DataError

_log = logging.getLogger(__name__)

_FLOATS = (np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True, eq=False)
class ArraySet:
    """Images of one array, in file order; an `ImageSet`."""

    name: str
    count: int
    dtype: DataType
    labels: npt.NDArray[np.int64] | None
    class_names: tuple[str, ...] | None
    _source: ArraySource = field(repr=False)
    _layout: Layout = field(repr=False)
    _channels: ChannelOrder = field(repr=False)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        """Give the images from `start` up to, not including, `stop`, `size` at a time; see `ImageSet`."""
        header = self._source.header
        row_bytes = header.dtype.itemsize * int(np.prod(header.shape[1:], dtype=np.int64))
        pieces = list(spans(self.count, size, start, stop))
        if not pieces:
            return
        with reading(self._source.what), self._source.opened(start * row_bytes) as stream:
            for low, high in pieces:
                block = np.empty((high - low, *header.shape[1:]), header.dtype)
                fill(stream, block, self._source.what)
                yield self._batch(block, low)

    def _batch(self, block: Array, low: int) -> Batch:
        if self.dtype == "float32":
            block = self._finite(block, low)
        images = to_nhwc(block, self._layout)
        ids = np.array([image_id(image.data) for image in images], dtype=np.uint64)
        if self._channels is ChannelOrder.BGR:
            images = np.ascontiguousarray(images[..., ::-1])
        labels = None if self.labels is None else self.labels[low : low + len(images)]
        return Batch(images, labels, ids)

    def _finite(self, block: Array, low: int) -> Array:
        # a float64 beyond float32's range becomes an infinity, which is refused just below
        with np.errstate(over="ignore"):
            block = block.astype(np.float32, copy=False)
        good = np.isfinite(block).reshape(len(block), -1).all(axis=1)
        if not good.all():
            index = low + int(good.argmin())
            raise DataError(
                f"{self._source.what}: image {index} holds NaN, infinity or a value beyond float32; mend it"
            )
        return block


@dataclass(frozen=True)
class ArrayOptions:
    """What the user says about an array of images; `open_images` explains each."""

    input_shape: ImageShape
    layout: Layout
    geometry: Geometry
    labels: Path | None
    classes: tuple[str, ...] | None
    class_count: int | None


def open_npz(path: Path, options: ArrayOptions) -> ArraySet:
    """Open the images ``x`` and, where they are, the labels ``y`` of an ``.npz`` file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it has no usable ``x``, or its ``y`` does not fit.
    """
    keys = npz_keys(path)
    if "x" not in keys:
        raise DataError(
            f"{path} has no array 'x', found {_shown(keys)}; save one array of images as x, and its labels as y: "
            "np.savez(FILE, x=images, y=labels)"
        )
    _say_what_is_left_out(path, keys, options)
    read = options.class_count is None or decides(options.class_count)
    labels = NpzMember(path, "y") if read and "y" in keys and options.labels is None else None
    return _array_set(path, NpzMember(path, "x"), labels, options)


def _say_what_is_left_out(path: Path, keys: list[str], options: ArrayOptions) -> None:
    left_out = [key for key in keys if key not in ("x", "y")]
    if left_out:
        no_labels = ", and there are no labels" if options.labels is None and "y" not in keys else ""
        _log.warning("%s: the arrays %s are left out%s; images are x, labels y", path, _shown(left_out), no_labels)


def _shown(keys: list[str]) -> str:
    return ", ".join(repr(key) for key in sorted(keys)[:20]) or "none"


def open_npy(path: Path, options: ArrayOptions) -> ArraySet:
    """Open the images of an ``.npy`` file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it holds no usable images.
    """
    return _array_set(path, NpyFile(path), None, options)


def _to_pixels(dtype: np.dtype[Any]) -> str:
    """Say how an array of another type becomes one that is read, without values that wrap around."""
    if dtype.kind == "b":
        return "save x.astype(np.float32), 1 for True"
    if dtype.kind == "i" and dtype.itemsize == 1:
        return "save (x.astype(int) + 128).astype(np.uint8) for pixels of -128 to 127"
    if dtype.kind in "iu":
        return "save x.astype(np.uint8) for pixels of 0 to 255, (x // 257).astype(np.uint8) for those of 0 to 65535"
    if dtype.kind == "f":
        return "save x.astype(np.float32)"
    return "save an array of numbers, one for each channel of each pixel"


def _array_set(path: Path, images: ArraySource, labels: ArraySource | None, options: ArrayOptions) -> ArraySet:
    shape, dtype = images.header.shape, images.header.dtype
    geometry, channels = options.geometry, options.input_shape[0]
    if geometry.resize is not None or geometry.crop is not None:
        raise DataError(
            f"{images.what} is an array, --resize and --crop, now or at calibration, apply to image files; give image "
            "files, or calibrate without them"
        )
    if geometry.channels is ChannelOrder.BGR and channels != 3:
        raise DataError(f"{images.what}: --channels bgr needs 3 channels, the model takes {channels}; leave it out")
    layout = find_layout(shape, options.input_shape, options.layout, images.what)
    # byte order does not matter here, hence the comparison in native order
    if dtype != np.dtype(np.uint8) and dtype.newbyteorder("=") not in _FLOATS:
        raise DataError(
            f"{images.what} has the type {dtype}, expected uint8, float16, float32 or float64; {_to_pixels(dtype)}"
        )
    count = shape[0]
    if count == 0:
        raise DataError(f"{images.what} holds no images, expected at least 1; give a file with images")
    found = None
    if options.labels is not None:
        found = read_labels(options.labels, count, options.class_count)
    elif labels is not None:
        found = labels_from(labels, count, options.class_count)
    return ArraySet(
        name=path.resolve().name,
        count=count,
        dtype="uint8" if dtype == np.dtype(np.uint8) else "float32",
        labels=found,
        class_names=options.classes,
        _source=images,
        _layout=layout,
        _channels=geometry.channels,
    )
