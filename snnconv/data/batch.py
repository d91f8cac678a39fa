"""What every set of images gives: batches of images with labels and identities."""

import hashlib
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Array = np.ndarray[Any, Any]
DataType = Literal["uint8", "float32"]
ImageShape = tuple[int, int, int]


class Batch(NamedTuple):
    """Some consecutive images of a set.

    Attributes
    ----------
    images : ndarray
        (n, H, W, C) uint8 or float32, C-contiguous, not yet scaled.
    labels : ndarray or None
        (n,) int64, or None where the set has no labels.
    ids : ndarray
        (n,) uint64: what `image_id` says of each image.
    """

    images: Array
    labels: npt.NDArray[np.int64] | None
    ids: npt.NDArray[np.uint64]


class ImageSet(Protocol):
    """Images in a fixed order, read batch by batch.

    The order is file order for arrays. For folders and zips it is a fixed permutation, balanced over the
    labels, so that the first N images are a fair sample for every N.
    """

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        ...

    @property
    def count(self) -> int:
        """The number of images, at least 1."""
        ...

    @property
    def dtype(self) -> DataType:
        """The type of the images in the batches."""
        ...

    @property
    def labels(self) -> npt.NDArray[np.int64] | None:
        """(count,) int64 in the set's order, or None."""
        ...

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The names of the labels 0, 1, …, or None where nothing names them."""
        ...

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        """Give the images from `start` up to, not including, `stop`, `size` at a time.

        Memory grows with `size`, not with the number of images. An ``.npz`` is read from its beginning at
        each call, so ask once for all the batches that are needed.

        Raises
        ------
        DataError
            If an image cannot be used.
        """
        ...


def spans(count: int, size: int, start: int, stop: int | None) -> Iterator[tuple[int, int]]:
    """Give (first, last + 1) of each batch; `stop` beyond `count` means `count`.

    Raises
    ------
    ValueError
        If `size` is below 1, or `start` or `stop` is negative.
    """
    if size < 1 or start < 0 or (stop is not None and stop < 0):
        raise ValueError(f"batches need size >= 1 and start, stop >= 0; found {size}, {start}, {stop}")
    end = count if stop is None else min(stop, count)
    for low in range(start, end, size):
        yield low, min(low + size, end)


def image_id(pixels: bytes | memoryview, name: str = "") -> int:
    """Identify an image, so that two samples can be checked for overlap.

    Parameters
    ----------
    pixels : bytes or memoryview
        The decoded image, before resizing and before its channels are reordered.
    name : str
        ``class/file.jpg`` for image files, empty for arrays.

    Returns
    -------
    int
        An 8-byte BLAKE2b digest as an unsigned number.
    """
    digest = hashlib.blake2b(pixels, digest_size=8)
    # a file name need not be valid UTF-8
    digest.update(name.encode("utf-8", "surrogateescape"))
    return int.from_bytes(digest.digest(), "little")
