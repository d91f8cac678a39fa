"""The container of ``.calib`` and ``.snn``: tensors and one manifest in a safetensors file.

The safetensors metadata holds one key, ``snnconv``: canonical JSON of at most 8 MB with the manifest, the
dtype, shape and SHA-256 of each tensor, and a digest of the manifest itself. Everything is compared at load.
Neither times nor paths are written, so the same content gives the same bytes. The format is specified in
``docs/file-formats.md``.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from snnconv.errors import FileMissingError, InputError
from snnconv.files import canonical
from snnconv.files.atomic import write_bytes
from snnconv.files.hashing import sha256_of_array
from snnconv.files.paths import check_file
from snnconv.files.sealed import seal, unseal

KEY = "snnconv"
MAX_MANIFEST_BYTES = 8_000_000
_MAX_FILE_BYTES = 16 * 2**30
_EXPECTED = {
    "snnconv.calib": "a .calib file is expected; calibrate it first",
    "snnconv.snn": "a .snn file is expected; calibrate and convert it first",
}

Tensors = dict[str, np.ndarray[Any, Any]]


def write(path: Path, manifest: dict[str, Any], tensors: Tensors) -> None:
    """Write a manifest and its tensors.

    Parameters
    ----------
    path : Path
        The file to make or replace.
    manifest : dict
        JSON values. The keys ``tensors`` and ``digest`` are added here.
    tensors : dict of str to ndarray
        Finite values of any number type.

    Raises
    ------
    InputError
        If a tensor holds NaN or infinity, the manifest is too large, or `path` cannot be written to.
    """
    # safetensors writes the raw buffer: an array that is not C-contiguous would come back with its axes mixed
    ordered = {name: np.ascontiguousarray(tensors[name]).reshape(tensors[name].shape) for name in sorted(tensors)}
    for name, array in ordered.items():
        _check_finite(path, name, array)
    content = manifest | {"tensors": {name: _describe(array) for name, array in ordered.items()}}
    text = canonical.dumps(seal(content))
    if len(text) > MAX_MANIFEST_BYTES:
        raise InputError(f"cannot write {path}: its manifest has {len(text)} bytes, at most {MAX_MANIFEST_BYTES} fit")
    write_bytes(path, save_tensors(ordered, metadata={KEY: text}))


def read(path: Path, format_name: str, newest: int) -> tuple[dict[str, Any], Tensors]:
    """Read a manifest and its tensors, and check all that the file says of itself.

    Parameters
    ----------
    path : Path
        The file.
    format_name : str
        What the manifest's ``format`` must be.
    newest : int
        The newest ``version`` that is understood here.

    Returns
    -------
    tuple of dict and dict
        The manifest, without ``tensors`` and ``digest``, and the tensors by name.

    Raises
    ------
    FileMissingError
        If there is no such file.
    InputError
        If the file is damaged, changed, of another format, or newer.
    """
    data = _read_bytes(path)
    try:
        content = _json(path, _manifest_text(path, data))
    except InputError as error:
        if path.suffix.lower() != ".onnx":
            raise
        expected = _EXPECTED.get(format_name, f"a {format_name} file is expected")
        raise InputError(f"{path} is a .onnx file, {expected}") from error
    content = unseal(path, content, format_name, newest)
    listed = content.pop("tensors", None)
    try:
        tensors = load_tensors(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}; make it anew") from error
    _check_tensors(path, listed, tensors)
    return content, tensors


def _read_bytes(path: Path) -> bytes:
    check_file(path)
    try:
        size = path.stat().st_size
        if size > _MAX_FILE_BYTES:
            raise InputError(f"{path} has {size} bytes, at most {_MAX_FILE_BYTES} are read")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise FileMissingError(f"{path} does not exist") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _manifest_text(path: Path, data: bytes) -> str:
    """Find the manifest in the safetensors header, whose JSON is read here again to see duplicate keys."""
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else None
    if length is None or length > len(data) - 8:
        raise InputError(f"{path} is damaged or no snnconv file: it has no safetensors header; make it anew")
    if length > 4 * MAX_MANIFEST_BYTES:
        raise InputError(f"{path} has a header of {length} bytes, at most {4 * MAX_MANIFEST_BYTES} are read")
    header = _json(path, data[8 : 8 + length])
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or set(metadata) != {KEY} or not isinstance(metadata[KEY], str):
        raise InputError(f"{path} is no snnconv file: its metadata must have the one key {KEY!r}")
    text: str = metadata[KEY]
    if len(text) > MAX_MANIFEST_BYTES:
        raise InputError(f"{path} has a manifest of {len(text)} bytes, at most {MAX_MANIFEST_BYTES} are read")
    return text


def _json(path: Path, text: str | bytes) -> Any:
    try:
        return canonical.loads(text)
    except InputError as error:
        raise InputError(f"{path} is damaged or no snnconv file: {error}") from error


def _check_tensors(path: Path, listed: Any, tensors: Tensors) -> None:
    if not isinstance(listed, dict) or set(listed) != set(tensors):
        names = set(listed) if isinstance(listed, dict) else set()
        odd = sorted(names ^ set(tensors))
        raise InputError(f"{path} is damaged: the manifest and the file disagree on the tensors {', '.join(odd)}")
    for name, array in tensors.items():
        if listed[name] != _describe(array):
            raise InputError(f"{path} is damaged or was changed: tensor {name} does not match its hash; make it anew")
        _check_finite(path, name, array)


def _check_finite(path: Path, name: str, array: np.ndarray[Any, Any]) -> None:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"{path}: tensor {name} holds NaN or infinity")


def _describe(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {"dtype": array.dtype.name, "shape": list(array.shape), "sha256": sha256_of_array(array)}
