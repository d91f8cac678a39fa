"""Labels and class names from files."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snnconv.data.array_sources import ArraySource, NpyFile, read_all
from snnconv.data.batch import Array
from snnconv.data.reading import reading
from snnconv.errors import DataError
from snnconv.files.paths import check_file

Labels = npt.NDArray[np.int64]

_MAX_TEXT_BYTES = 2**28
# 18 digits always fit into int64
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def read_labels(path: Path, count: int, class_count: int | None) -> Labels:
    """Read labels from an ``.npy``, or from a text with one integer per line.

    Parameters
    ----------
    path : Path
        The file.
    count : int
        The number of images.
    class_count : int or None
        The number of classes of the model, where it is known.

    Returns
    -------
    ndarray
        (count,) int64.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If there are more or fewer labels than images, or one is no class.
    """
    if path.suffix.lower() == ".npy":
        return labels_from(NpyFile(path), count, class_count)
    lines = _lines(path)
    for number, line in enumerate(lines, start=1):
        if not _INTEGER.fullmatch(line):
            raise DataError(f"{path}: line {number} is {line[:40]!r}, expected an integer; give one label per line")
    if len(lines) != count:
        raise DataError(f"{path} has {len(lines)} labels for {count} images; give one label per image")
    return check_labels(np.array([int(line) for line in lines], dtype=np.int64), class_count, str(path))


def labels_from(source: ArraySource, count: int, class_count: int | None) -> Labels:
    """Read labels of shape (count,) or (count, 1) from an array; see `read_labels`."""
    shape, dtype = source.header.shape, source.header.dtype
    if dtype.kind not in "iu":
        raise DataError(f"{source.what} has labels of type {dtype}, expected integers; save y.astype(int)")
    if shape not in ((count,), (count, 1)):
        raise DataError(f"{source.what} has labels of shape {shape}, expected ({count},); give one label per image")
    return check_labels(read_all(source).reshape(count), class_count, source.what)


def check_labels(labels: Array, class_count: int | None, what: str) -> Labels:
    """Give the labels as int64 if each is a class.

    Raises
    ------
    DataError
        At the first label below 0, or not below `class_count` where that is known.
    """
    result = labels.astype(np.int64)
    # a label beyond int64 is negative by now
    bad = result < 0 if class_count is None else (result < 0) | (result >= class_count)
    if bad.any():
        index = int(bad.argmax())
        allowed = "0 or more" if class_count is None else f"0 to {class_count - 1}"
        raise DataError(
            f"{what}: label {labels[index]} at index {index} is no class of the model, allowed: {allowed}; "
            "correct the labels"
        )
    return result


def read_classes(path: Path) -> tuple[str, ...]:
    """Read class names, one per line, in the model's order.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it holds no name, an empty line, or a name twice.
    """
    names = _lines(path)
    if not names:
        raise DataError(f"{path} holds no class name; give one per line, in the model's order")
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        if not name:
            raise DataError(f"{path}: line {number} is empty, expected a class name; give one per line")
        if name in seen:
            raise DataError(f"{path}: line {number} names the class {name!r} again; give each name once")
        seen.add(name)
    return tuple(names)


def _lines(path: Path) -> list[str]:
    """Give the lines of a text file, stripped, without the empty ones at its end."""
    with reading(str(path)):
        check_file(path)
        size = path.stat().st_size
        if size > _MAX_TEXT_BYTES:
            raise DataError(f"{path} has {size} bytes, at most {_MAX_TEXT_BYTES} are read; give a text file")
        data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}; save it as text") from error
    return [line.strip() for line in text.rstrip().split("\n")] if text.strip() else []
