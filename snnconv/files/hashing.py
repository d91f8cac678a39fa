"""SHA-256 of files and arrays."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.errors import FileMissingError, InputError
from snnconv.files.paths import check_file, is_folder
from snnconv.files.walk import walk


def sha256_of_file(path: Path) -> str:
    """Give the SHA-256 of a file as 64 hexadecimal digits, read in blocks.

    Raises
    ------
    FileMissingError
        If there is no such file.
    InputError
        If it cannot be read.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise FileMissingError(f"{path} does not exist") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def sha256_of_array(array: np.ndarray[Any, Any]) -> str:
    """Give the SHA-256 of an array's bytes in C order (little-endian), shape and dtype not included."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).data).hexdigest()


def sha256_of_path(path: Path) -> str:
    """Give the SHA-256 of a file, or of a folder's file names, sizes and times of change.

    Links to folders are entered, as those who read the folder enter them: see `walk`.

    Raises
    ------
    FileMissingError
        If there is no such path.
    InputError
        If it cannot be read.
    """
    if not is_folder(path):
        return sha256_of_file(path)
    digest = hashlib.sha256()
    try:
        for name in sorted(walk(path)):
            file = path / name
            # folders themselves are no part of it: reading a folder may change their times
            if file.is_file():
                status = file.stat()
                text = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0"
                # a file name need not be valid UTF-8
                digest.update(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return digest.hexdigest()
