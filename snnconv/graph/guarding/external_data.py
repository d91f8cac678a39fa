"""Tensors that a model keeps in files beside it, read into the model.

Only plain files inside the model's own folder are read: what a model file says must not reach any other file.
"""

import hashlib
import os
import re
import stat
from pathlib import Path

import onnx
from onnx import TensorProto

from snnconv.errors import FileMissingError, ModelError
from snnconv.graph.guarding.tensors import byte_count, tensors

LARGEST_MODEL = 2**31 - 1
"""Bytes of a serialised model: protobuf's own limit, and so onnxruntime's."""

_NUMBER = re.compile(r"[0-9]{1,19}")
_DRIVE = re.compile(r"[A-Za-z]:")

_Piece = tuple[str, TensorProto, int, int]  # what a message calls it, the tensor, offset and length in bytes


def read_external_data(model: onnx.ModelProto, folder: Path, memory_limit: int) -> list[bytes]:
    """Read external data into the tensors.

    Parameters
    ----------
    model : ModelProto
        Changed: its tensors hold their data afterwards.
    folder : Path
        The model file's.
    memory_limit : int
        Bytes that all external files together may have.

    Returns
    -------
    list of bytes
        SHA-256 of each file, in order of first use; none where the model is of one piece.

    Raises
    ------
    FileMissingError
        If a file does not exist.
    ModelError
        If a file is outside the folder, no plain file, or too short, or the model would be too large. The text does
        not name the model.
    """
    files: dict[str, list[_Piece]] = {}
    total = 0
    for what, tensor in tensors([model.graph, *model.functions]):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        # a model of one piece is not measured: that takes as long as to write it
        total = total or model.ByteSize()
        location, piece = _place(what, tensor)
        files.setdefault(location, []).append(piece)
        total += piece[3]
        if total > min(memory_limit, LARGEST_MODEL):
            raise ModelError(
                f"has more than {min(memory_limit, LARGEST_MODEL)} bytes with its external data, up to {what}; "
                "a model of one piece is at most that large, use a smaller one"
            )
    left = memory_limit
    digests = []
    for location, pieces in files.items():
        data = _read(location, folder, left)
        left -= len(data)
        digests.append(hashlib.sha256(data).digest())
        for what, tensor, offset, length in pieces:
            if offset + length > len(data):
                raise ModelError(
                    f"{what} lies at bytes {offset} to {offset + length} of {location}, which has {len(data)}; "
                    "copy the file again"
                )
            tensor.raw_data = data[offset : offset + length]
            tensor.ClearField("external_data")
            tensor.ClearField("data_location")
    return digests


def _place(what: str, tensor: TensorProto) -> tuple[str, _Piece]:
    """Give the file of a tensor, and its place in it."""
    keys = [entry.key for entry in tensor.external_data]
    if len(set(keys)) != len(keys):
        raise ModelError(f"{what} says twice where its external data are; export it again")
    entries = {entry.key: entry.value for entry in tensor.external_data}
    if tensor.HasField("raw_data") or tensor.data_type == TensorProto.STRING:
        raise ModelError(f"{what} has external data and others, or is of text; export it again")
    size = byte_count(what, tensor)
    offset = _number(what, "offset", entries.get("offset", "0"))
    length = _number(what, "length", entries.get("length", str(size)))
    if length != size:
        raise ModelError(f"{what} has {length} bytes of external data, {size} are expected; export it again")
    return entries.get("location", ""), (what, tensor, offset, length)


def _number(what: str, key: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ModelError(
            f"{what} has external data with the {key} {text[:40]!r}, a number is expected; export it again"
        )
    return int(text)


def _read(location: str, folder: Path, limit: int) -> bytes:
    """Read a file in the model's folder."""
    path = _inside(location, folder)
    try:
        # a pipe is opened without waiting, and then refused
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(opened, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelError(f"keeps external data in {location}, which is no plain file; copy the file again")
            if status.st_size > limit:
                raise ModelError(
                    f"keeps external data in {location} of {status.st_size} bytes, at most {limit} are allowed; "
                    "raise the memory limit, or use a smaller model"
                )
            # a file that grows meanwhile is cut off
            return file.read(status.st_size)
    except FileNotFoundError as error:
        raise _missing(location) from error
    except OSError as error:
        raise ModelError(
            f"keeps external data in {location}, which cannot be read: {error.strerror or error}"
        ) from error


def _inside(location: str, folder: Path) -> Path:
    """Give the path of a location, refusing those that lead out of the folder, by links too."""
    parts = location.split("/")
    printable = location.isprintable()
    if not location or not printable or location.startswith("/") or "\\" in location or _DRIVE.match(location):
        raise _outside(location)
    if ".." in parts or len(location) > 4096:
        raise _outside(location)
    try:
        root = folder.resolve(strict=True)
        path = root.joinpath(*parts).resolve(strict=True)
    except FileNotFoundError as error:
        raise _missing(location) from error
    # a link to itself is a RuntimeError
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "a link leads in a circle"
        raise ModelError(f"keeps external data in {location}, which cannot be read: {reason}") from error
    if not path.is_relative_to(root):
        raise _outside(location)
    return path


def _outside(location: str) -> ModelError:
    return ModelError(
        f"keeps external data in {location[:200]!r}; only files in the model's own folder are read, "
        "copy them there, or save it as one file with onnx.save(onnx.load(PATH), OUT)"
    )


def _missing(location: str) -> FileMissingError:
    return FileMissingError(f"keeps external data in {location}, which does not exist; copy it beside the model")
