"""Labels and class names from files."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snnconv.data.array_sources import ArraySource, NpyFile, read_all
from snnconv.data.batch import Array
from snnconv.data.text_lines import read_lines
from snnconv.errors import DataError

Labels = npt.NDArray[np.int64]

_MAX_CLASSES = 2**20
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
    lines, found = read_lines(path, count)
    for number, line in enumerate(lines, start=1):
        if not _INTEGER.fullmatch(line):
            raise DataError(
                f"{path}: line {number} is {line[:40]!r}, expected an integer; write one number of a class per line, "
                "in the model's order from 0"
            )
    if found != count:
        raise DataError(f"{path} has {found} labels for {count} images; give one label per image")
    return check_labels(np.array([int(line) for line in lines], dtype=np.int64), class_count, str(path))


def labels_from(source: ArraySource, count: int, class_count: int | None) -> Labels:
    """Read labels of shape (count,) or (count, 1) from an array: integers, or floats that are whole.

    See `read_labels`.
    """
    shape, dtype, what = source.header.shape, source.header.dtype, source.what
    if len(shape) == 2 and shape[0] == count and shape[1] > 1:
        raise DataError(
            f"{what} has labels of shape {shape}, expected ({count},); if each row has its largest number at the class "
            "(one-hot, scores), save y.argmax(axis=1)"
        )
    if dtype.kind not in "iuf":
        raise DataError(f"{what} has labels of type {dtype}, expected integers; {_to_integers(dtype.kind)}")
    if shape not in ((count,), (count, 1)):
        raise DataError(f"{what} has labels of shape {shape}, expected ({count},); give one label per image")
    labels = read_all(source).reshape(count)
    if dtype.kind == "f":
        labels = _whole(labels, what)
    return check_labels(labels, class_count, what)


def _to_integers(kind: str) -> str:
    """Say how labels of another type become integers."""
    if kind == "b":
        return "save y.astype(int), 1 for True"
    return "save the number of each class, in the model's order from 0: np.array([names.index(label) for label in y])"


def _whole(labels: Array, what: str) -> Labels:
    """Give labels that are floats as integers; none is rounded."""
    # longer floats may become an infinity, which is refused just below
    with np.errstate(over="ignore"):
        labels = labels.astype(np.float64)
    # beyond 2^53 not every integer is a float
    bad = ~(np.abs(labels) < 2**53) | (labels != np.floor(labels))
    if bad.any():
        index = int(bad.argmax())
        raise DataError(
            f"{what}: label {labels[index]} at index {index} is not a whole number; give numbers of classes"
        )
    return labels.astype(np.int64)


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
        from_one = class_count is not None and result.min() >= 1 and result.max() == class_count
        remedy = "they seem to count from 1: subtract 1" if from_one else "correct the labels"
        raise DataError(
            f"{what}: label {labels[index]} at index {index} is no class of the model, allowed: {allowed}; {remedy}"
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
    names, found = read_lines(path, _MAX_CLASSES)
    if found > _MAX_CLASSES:
        raise DataError(f"{path} has {found} class names, at most {_MAX_CLASSES} are read; give one per class")
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
