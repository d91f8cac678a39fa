"""Where image files lie: in a folder or in a zip file."""

import os
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

import numpy as np

from snnconv.data.images import MAX_FILE_BYTES, SUFFIXES
from snnconv.data.reading import reading
from snnconv.data.zip_entries import archive_size, check_entry, opened_archive
from snnconv.errors import DataError
from snnconv.files.walk import walk

Reader = Callable[[int], bytes]

_LOCAL_HEADER = 30
_LOCAL_SIGNATURE = b"PK\x03\x04"
_RAW_DEFLATE = -15
_LONGEST_SUFFIX = 8


class ImageSource(Protocol):
    """Image files by number."""

    @property
    def names(self) -> list[str]:
        """Their names, sorted, with ``/`` between folders."""
        ...

    @property
    def left_out(self) -> Counter[str]:
        """How many other files of each kind there are."""
        ...

    @property
    def empty(self) -> list[str]:
        """Folders with neither an image nor a folder of images, sorted."""
        ...

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        """Give a function that reads the file of a number."""
        ...


class FolderImages:
    """The images in a folder and in the folders below it.

    Parameters
    ----------
    path : Path
        The folder.

    Raises
    ------
    FileMissingError
        If there is no such folder.
    DataError
        If a folder cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with reading(str(path)):
            self.names, self.left_out, self.empty = _sorted_out(walk(path))

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        """Give a function that reads the file of a number."""
        yield self._read

    def _read(self, index: int) -> bytes:
        name = self.names[index]
        path, what = self._path / name, f"{self._path}: image {name!r}"
        with reading(what):
            # to open a pipe would wait for ever
            if path.exists() and not path.is_file():
                raise DataError(f"{what} is no plain file; replace or remove it")
            with path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise DataError(f"{what} is larger than {MAX_FILE_BYTES} bytes; make it smaller")
        return data


class ZipImages:
    """The images in a zip file, read entry by entry and never extracted.

    Only names and a small table of numbers are kept; the standard library's own table takes much more.

    Parameters
    ----------
    path : Path
        The zip file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it is no zip file, or an image in it is encrypted, too large, or there twice.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with opened_archive(path) as archive:
            size = archive_size(archive)
            infos = [info for info in archive.infolist() if not info.is_dir() and _is_image(info.filename)]
            self.names, self.left_out, self.empty = _sorted_out(archive.namelist())
        infos.sort(key=lambda info: info.filename)
        for before, info in zip([None, *infos], infos, strict=False):
            what = self._what(info.filename)
            check_entry(info, size, what)
            if before is not None and before.filename == info.filename:
                raise DataError(f"{what} is there twice; make the zip file anew")
            if max(info.file_size, info.compress_size) > MAX_FILE_BYTES:
                raise DataError(f"{what} claims {info.file_size} bytes, at most {MAX_FILE_BYTES} are read; shrink it")
        self._entries = np.array(
            [(i.header_offset, i.compress_type, i.compress_size, i.file_size, i.CRC) for i in infos],
            dtype=np.int64,
        )

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        """Give a function that reads the entry of a number."""
        with reading(str(self._path)):
            file = self._path.open("rb")
        with file:
            yield lambda index: self._read(file, index)

    def _read(self, file: IO[bytes], index: int) -> bytes:
        offset, method, stored, size, checksum = self._entries[index].tolist()
        what = self._what(self.names[index])
        with reading(what):
            file.seek(offset)
            header = file.read(_LOCAL_HEADER)
            if len(header) < _LOCAL_HEADER or not header.startswith(_LOCAL_SIGNATURE):
                raise zipfile.BadZipFile("there is no entry where the table of contents says")
            # the lengths of the name and of the extra fields, which the table of contents need not repeat
            file.seek(sum(struct.unpack("<HH", header[26:])), os.SEEK_CUR)
            data = file.read(stored)
            if len(data) == stored and method == zipfile.ZIP_DEFLATED:
                # one byte more than declared is enough to see a lie
                data = zlib.decompressobj(_RAW_DEFLATE).decompress(data, size + 1)
            if len(data) != size:
                raise zipfile.BadZipFile(f"truncated or changed, {size} bytes declared, {len(data)} came")
            if zlib.crc32(data) != checksum:
                raise zipfile.BadZipFile("its checksum is wrong")
        return data

    def _what(self, name: str) -> str:
        return f"{self._path}: image {name!r}"


def _sorted_out(names: Iterable[str]) -> tuple[list[str], Counter[str], list[str]]:
    """Give the images among the names, how many other files of each kind there are, and folders without images."""
    images, folders, left_out = list[str](), list[str](), Counter[str]()
    for name in names:
        if name.endswith("/"):
            if not _is_hidden(name):
                folders.append(name.rstrip("/"))
        elif _is_image(name):
            images.append(name)
        else:
            left_out["hidden" if _is_hidden(name) else _kind(name)] += 1
    images.sort()
    full = {""}
    for place in {name.rpartition("/")[0] for name in images}:
        folder = place
        while folder not in full:
            full.add(folder)
            folder = folder.rpartition("/")[0]
    return images, left_out, sorted(set(folders) - full)


def _kind(name: str) -> str:
    """Give what a file's name ends with; an odd ending is none."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if 1 < len(suffix) <= _LONGEST_SUFFIX and suffix[1:].isalnum() else "others"


def _is_hidden(name: str) -> bool:
    return any(part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in name.split("/"))


def _is_image(name: str) -> bool:
    return not _is_hidden(name) and name.lower().endswith(SUFFIXES)
