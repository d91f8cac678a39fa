"""Where the bytes of an array lie: in an ``.npy`` file or in a member of an ``.npz``."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import numpy as np

from snnconv.data.batch import Array
from snnconv.data.npy import NpyHeader, fill, read_header, skip
from snnconv.data.reading import reading
from snnconv.data.zip_entries import archive_size, check_entry, opened_archive
from snnconv.errors import DataError
from snnconv.files.paths import check_file


class ArraySource(Protocol):
    """An array that is read in pieces."""

    @property
    def what(self) -> str:
        """What messages call it."""
        ...

    @property
    def header(self) -> NpyHeader:
        """Its shape and type."""
        ...

    @contextmanager
    def opened(self, skipped: int) -> Iterator[IO[bytes]]:
        """Give a stream of its values, the first `skipped` bytes of them left out."""
        ...


class NpyFile:
    """An array in an ``.npy`` file, read by seeking: mapped pages would count as memory.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it is no usable ``.npy``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.what = str(path)
        with reading(self.what):
            check_file(path)
            with path.open("rb") as stream:
                self.header = read_header(stream, path.stat().st_size, self.what)

    @contextmanager
    def opened(self, skipped: int) -> Iterator[IO[bytes]]:
        """Give a stream of its values, the first `skipped` bytes of them left out."""
        with self._path.open("rb") as stream:
            stream.seek(self.header.offset + skipped)
            yield stream


class NpzMember:
    """An array in an ``.npz`` file, decompressed as it is read.

    Parameters
    ----------
    path : Path
        The ``.npz`` file.
    key : str
        The array's name in it.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If the file is no zip file, or its member no usable ``.npy``.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key, self._member = key, f"{key}.npy"
        self.what = f"{path}: {key}"
        with opened_archive(path) as archive:
            info = self._entry(archive)
            with archive.open(info) as stream:
                self.header = read_header(stream, info.file_size, self.what)

    @contextmanager
    def opened(self, skipped: int) -> Iterator[IO[bytes]]:
        """Give a stream of its values, the first `skipped` bytes of them left out.

        A compressed stream has no other way to its middle than through its beginning.
        """
        with opened_archive(self._path) as archive, archive.open(self._entry(archive)) as stream:
            skip(stream, self.header.offset + skipped, self.what)
            yield stream

    def _entry(self, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
        """Give the member's line in the table of contents, checked: the file may have changed since."""
        try:
            info = archive.getinfo(self._member)
        except KeyError as error:
            raise DataError(f"{self._path} has no array {self._key!r} any more; name the file as it is now") from error
        check_entry(info, archive_size(archive), self.what)
        return info


def npz_keys(path: Path) -> list[str]:
    """Give the names of the arrays in an ``.npz`` file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it is no zip file, or holds a name twice.
    """
    with opened_archive(path) as archive:
        members = [name for name in archive.namelist() if name.endswith(".npy")]
    if len(set(members)) != len(members):
        raise DataError(f"{path} holds two arrays of the same name; save it anew")
    return [name.removesuffix(".npy") for name in members]


def read_all(source: ArraySource) -> Array:
    """Read a small array as a whole; its shape must have been checked before."""
    array = np.empty(source.header.shape, source.header.dtype)
    with reading(source.what), source.opened(0) as stream:
        fill(stream, array, source.what)
    return array
