"""The files below a folder."""

import errno
import heapq
import os
from collections.abc import Iterator
from pathlib import Path

from snnconv.errors import InputError

MAX_DEPTH = 64
"""Folders below one another that are entered; data lie a few deep."""

_Identity = tuple[int, int]


def walk(folder: Path) -> Iterator[str]:
    """Give the names of all files and of all folders below a folder, with ``/`` between their parts.

    The name of a folder ends with ``/``. Links to folders are entered, but each real folder once: under its own name
    where it lies below `folder`, else under that of the link that comes first in the order of names. Of other links to
    it the name alone is given. A link that leads nowhere is given as a file.

    Raises
    ------
    InputError
        If folders lie more than `MAX_DEPTH` deep.
    OSError
        If a folder cannot be read.
    """
    entered: set[_Identity] = set()
    # folders, by what leads to them; links wait until all that can be reached without them is done
    plain, links = [""], list[str]()
    while plain or links:
        prefix = heapq.heappop(plain or links)
        if prefix:
            yield prefix
        identity = _identity(folder / prefix)
        if identity in entered:
            continue
        entered.add(identity)
        if prefix.count("/") > MAX_DEPTH:
            top = "/".join(prefix.split("/")[:3])
            raise InputError(
                f"{folder} has folders more than {MAX_DEPTH} deep in {top!r}; name the folder of the images"
            )
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                name = prefix + entry.name
                if _is_folder(entry):
                    heapq.heappush(links if entry.is_symlink() else plain, name + "/")
                else:
                    yield name


def _identity(folder: Path) -> _Identity:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError as error:
        # links that lead to each other lead nowhere
        if error.errno == errno.ELOOP:
            return False
        raise
