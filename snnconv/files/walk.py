"""The files below a folder."""

import os
from collections.abc import Iterator
from pathlib import Path


def walk(folder: Path) -> Iterator[str]:
    """Give the names of all files below a folder, with ``/`` between their parts.

    Linked folders are entered, unless a link leads back up.

    Raises
    ------
    OSError
        If a folder cannot be read.
    """
    return _walk(folder, "", frozenset())


def _walk(folder: Path, prefix: str, above: frozenset[Path]) -> Iterator[str]:
    real = folder.resolve()
    if real in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _walk(folder / entry.name, f"{prefix}{entry.name}/", above | {real})
            else:
                yield prefix + entry.name
