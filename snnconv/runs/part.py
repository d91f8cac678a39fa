"""The results of some consecutive images, and their file in a run folder."""

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.data.npy import fill, read_header
from snnconv.data.zip_entries import check_entry
from snnconv.errors import RunError
from snnconv.files import canonical
from snnconv.files.hashing import sha256_of_array
from snnconv.files.paths import check_file

Array = np.ndarray[Any, Any]

_DAMAGE = (
    *(OSError, ValueError, KeyError, EOFError, RuntimeError, OverflowError),
    # RuntimeError has NotImplementedError in it: a method of compression that nobody knows
    *(zipfile.BadZipFile, zlib.error, MemoryError),
)


@dataclass(frozen=True)
class Part:
    """The results of some consecutive images.

    Attributes
    ----------
    first : int
        The position of the first image.
    predictions : ndarray (n, T) uint16
        The class decided on after each step.
    in_top5 : ndarray (n, T) bool
        Whether the label is among the first five; empty (n, 0) without labels or with five classes or fewer.
    labels : ndarray (n,) int64
        −1 where there is none.
    reference : ndarray (n,) int64
        The ONNX model's class; −1 where it was not run.
    spikes : ndarray (layers, T) int64
        Sums over the images.
    synops : ndarray (weighted nodes, T) int64
        Sums over the images.
    spikes_by_image : ndarray (n, layers) int64
        Sums over the steps.
    synops_by_image : ndarray (n, weighted nodes) int64
        Sums over the steps.
    beyond_amplitude : ndarray (n,) int64 or None
        Pixels with |x| > λ_x, with Poisson input; else the file has no such column.
    """

    first: int
    predictions: Array
    in_top5: Array
    labels: Array
    reference: Array
    spikes: Array
    synops: Array
    spikes_by_image: Array
    synops_by_image: Array
    beyond_amplitude: Array | None = None


@dataclass(frozen=True)
class Extent:
    """What the parts of a run must fit.

    Attributes
    ----------
    steps : int
        T.
    classes : int
    layers : int or None
        Layers of neurons; None where it is not known.
    weighted : int or None
        Weighted nodes; None where it is not known.
    """

    steps: int
    classes: int
    layers: int | None = None
    weighted: int | None = None


_COLUMNS = {field.name: np.dtype(np.int64) for field in fields(Part) if field.name != "first"} | {
    "predictions": np.dtype(np.uint16),
    "in_top5": np.dtype(np.bool_),
}
_OPTIONAL = "beyond_amplitude"


_DIGEST = "digest"
_TYPES = _COLUMNS | {_DIGEST: np.dtype(np.uint8)}


def to_bytes(part: Part, run: str) -> bytes:
    """Give the bytes of a part's ``.npz``.

    Parameters
    ----------
    part : Part
    run : str
        The digest of what its run was asked for.
    """
    buffer = io.BytesIO()
    columns = {name: getattr(part, name) for name in _COLUMNS}
    given = {name: column for name, column in columns.items() if column is not None}
    np.savez_compressed(buffer, digest=_digest(given, part.first, run), **given)
    return buffer.getvalue()


def read(path: Path, first: int, extent: Extent, run: str) -> Part:
    """Read a part and check all that can be known of it.

    Parameters
    ----------
    path : Path
        The ``.npz``.
    first : int
        The position of its first image.
    extent : Extent
        Of the run.
    run : str
        The digest of what the run was asked for.

    Raises
    ------
    RunError
        If it is damaged, or does not fit the run.
    """
    try:
        check_file(path)
        columns = _columns(path.read_bytes())
        digest = columns.pop(_DIGEST)
        part = Part(first=first, **columns)
        _check(part, extent)
        if not np.array_equal(digest, _digest(columns, first, run)):
            raise RunError("it is of another run or place, or was changed: its digest does not fit")
    except _DAMAGE as error:
        # what other readers advise, to save it anew, does not fit a part
        reason = " ".join(str(error).split()).split(";")[0] or type(error).__name__
        remedy = "delete it and repeat the same simulate command, which computes it again"
        raise RunError(f"{path} is damaged: {reason}; {remedy}") from error
    return part


def _columns(data: bytes) -> dict[str, Array]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = archive.namelist()
        expected = [name for name in _TYPES if name != _OPTIONAL or f"{name}.npy" in found]
        if sorted(found) != sorted(f"{name}.npy" for name in expected):
            raise RunError(f"it holds {len(found)} arrays, expected {', '.join(expected)}")
        return {name: _column(archive, name, len(data)) for name in expected}


def _column(archive: zipfile.ZipFile, name: str, available: int) -> Array:
    info = archive.getinfo(f"{name}.npy")
    check_entry(info, available, name)
    with archive.open(info) as stream:
        header = read_header(stream, info.file_size, name)
    if header.dtype != _TYPES[name]:
        raise RunError(f"{name} has the type {header.dtype}, expected {_TYPES[name]}")
    # the size that the header asks for is that of the entry, so what is allocated here is there to be read
    array = np.empty(header.shape, dtype=header.dtype)
    with archive.open(info) as stream:
        stream.read(header.offset)
        fill(stream, array, name)
        # only a read beyond the end compares the checksum
        stream.read(1)
    return array


def _digest(columns: dict[str, Array], first: int, run: str) -> Array:
    """Give the SHA-256 of a part, (32,) uint8: of its columns, where it stands, and the run that it belongs to."""
    described = {
        name: [column.dtype.name, list(column.shape), sha256_of_array(column)] for name, column in columns.items()
    }
    said = canonical.dumps({"run": run, "first": first, "columns": described})
    return np.frombuffer(hashlib.sha256(said.encode()).digest(), dtype=np.uint8)


def _check(part: Part, extent: Extent) -> None:
    """Compare shapes and values with the run and with each other."""
    images = _rows(part.labels)
    layers = _rows(part.spikes) if extent.layers is None else extent.layers
    weighted = _rows(part.synops) if extent.weighted is None else extent.weighted
    shapes = {
        "labels": (images,),
        "reference": (images,),
        "predictions": (images, extent.steps),
        "in_top5": (images, extent.steps if part.in_top5.size else 0),
        "spikes": (layers, extent.steps),
        "synops": (weighted, extent.steps),
        "spikes_by_image": (images, layers),
        "synops_by_image": (images, weighted),
    }
    for name, shape in shapes.items():
        found = getattr(part, name).shape
        if found != shape:
            raise RunError(f"{name} has the shape {found}, expected {shape}")
    if part.beyond_amplitude is not None:
        _check_beyond(part.beyond_amplitude, images)
    if not images:
        raise RunError("it holds no images, expected at least 1")
    for name, low in (("labels", -1), ("reference", -1), ("predictions", 0)):
        values = getattr(part, name)
        if values.min() < low or values.max() >= extent.classes:
            raise RunError(f"{name} has values from {values.min()} to {values.max()}, the classes are {extent.classes}")
    for name in ("spikes", "synops"):
        by_step, by_image = getattr(part, name), getattr(part, f"{name}_by_image")
        if (by_step < 0).any() or (by_image < 0).any() or (by_step.sum(axis=1) != by_image.sum(axis=0)).any():
            raise RunError(f"{name} by step and by image are not the same counts")


def _check_beyond(counts: Array, images: int) -> None:
    if counts.shape != (images,):
        raise RunError(f"{_OPTIONAL} has the shape {counts.shape}, expected {(images,)}")
    if (counts < 0).any():
        raise RunError(f"{_OPTIONAL} has values from {counts.min()} on, they are counts")


def _rows(array: Array) -> int:
    return len(array) if array.ndim else 0
