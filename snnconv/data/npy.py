"""The ``.npy`` format, read piece by piece and never trusted: header, exact reads, skips."""

import io
import math
import tokenize
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy_format

from snnconv.data.batch import Array
from snnconv.errors import DataError

# numpy itself refuses headers beyond 10,000 characters; so the whole header lies within this many bytes
_HEAD_BYTES = 16_384
_CHUNK_BYTES = 262_144
# numpy evaluates the header as a Python literal; a damaged one fails in all of these ways
_HEADER_ERRORS = (
    *(ValueError, TypeError, LookupError, SyntaxError, tokenize.TokenError),
    *(RecursionError, MemoryError, OverflowError),
)


class NpyHeader(NamedTuple):
    """What an ``.npy`` says of itself.

    Attributes
    ----------
    shape : tuple of int
        The array's shape.
    dtype : dtype
        Its type, never one with Python objects.
    offset : int
        Where its values begin, in bytes.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int


def read_header(stream: IO[bytes], size: int, what: str) -> NpyHeader:
    """Read the header and compare the size it asks for with the size that is there.

    Parameters
    ----------
    stream : binary file
        At the beginning of the ``.npy``; where it stands afterwards is not defined.
    size : int
        Bytes of the whole ``.npy``.
    what : str
        What is read, as messages name it.

    Raises
    ------
    DataError
        If this is no ``.npy``, holds Python objects, is in Fortran order, or has another size than it says.
    """
    # numpy would ask for as many bytes as a lying header names, so it is given no more than a header may have
    head = io.BytesIO(stream.read(_HEAD_BYTES))
    try:
        shape, fortran, dtype = _parse(head)
    except _HEADER_ERRORS as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{what} is no array that numpy saved: {reason}; save it with numpy.save") from error
    if dtype.hasobject:
        # one object alone is most often a dictionary of arrays
        remedy = (
            "save numbers, such as np.stack(x)" if shape else "save its arrays with np.savez(FILE, x=images, y=labels)"
        )
        raise DataError(f"{what} holds Python objects, which are never loaded; {remedy}")
    if fortran and len(shape) > 1:
        raise DataError(f"{what} is in Fortran order, C order is read; save np.ascontiguousarray(x)")
    if any(length < 0 for length in shape):
        raise DataError(f"{what} is damaged: its header has the shape {shape}; save it anew")
    needed, found = math.prod(shape) * dtype.itemsize, size - head.tell()
    if found != needed:
        state = "truncated" if found < needed else "damaged"
        raise DataError(f"{what} is {state}: shape {shape} needs {needed} bytes, found {found}; save it anew")
    return NpyHeader(tuple(int(length) for length in shape), dtype, head.tell())


def _parse(head: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy_format.read_magic(head)
    if version == (1, 0):
        return npy_format.read_array_header_1_0(head)
    if version == (2, 0):
        return npy_format.read_array_header_2_0(head)
    raise ValueError(f"its version is {version[0]}.{version[1]}, 1.0 and 2.0 are read")


def fill(stream: IO[bytes], array: Array, what: str) -> None:
    """Fill a C-contiguous array with the next bytes of `stream`.

    Raises
    ------
    DataError
        If the stream ends before the array is full.
    """
    view = array.reshape(-1).view(np.uint8).data
    position = 0
    while position < len(view):
        # in pieces: a zip member hands out each piece as a copy
        piece = stream.read(min(_CHUNK_BYTES, len(view) - position))
        if not piece:
            raise DataError(f"{what} is truncated: {len(view) - position} bytes are missing; save it anew")
        view[position : position + len(piece)] = piece
        position += len(piece)


def skip(stream: IO[bytes], count: int, what: str) -> None:
    """Read and forget `count` bytes.

    Raises
    ------
    DataError
        If the stream ends before.
    """
    while count > 0:
        piece = stream.read(min(_CHUNK_BYTES, count))
        if not piece:
            raise DataError(f"{what} is truncated: {count} bytes are missing; save it anew")
        count -= len(piece)
