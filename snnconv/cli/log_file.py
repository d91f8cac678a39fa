"""``--log-file``: what commands and the library say, with times, at the end of a file that holds nothing else."""

import logging
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from snnconv.errors import InputError
from snnconv.files.atomic import check_place

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_LINE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ ")


def log_handler(path: Path, given: Iterable[Any]) -> logging.Handler:
    """Open a log file.

    Parameters
    ----------
    path : Path
        A new file, an empty one, or a log of ours, which goes on.
    given : iterable
        What the command was given: none of its inputs and outputs is written to.

    Raises
    ------
    InputError
        If the file cannot be written to, is an input or an output of the command, or holds something else.
    """
    check_place(path)
    for other in _paths(given):
        if _same(path, other):
            raise InputError(f"cannot write the log to {path}: the command reads or writes that file; name another one")
    try:
        if path.exists():
            with path.open("rb") as file:
                begin = file.read(64)
            if begin and not _LINE.match(begin):
                raise InputError(f"cannot write the log to {path}: it holds something else; name another file")
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot write the log to {path}: {error.strerror or error}") from error
    handler.setFormatter(logging.Formatter(_FORMAT))
    return handler


def _paths(given: Iterable[Any]) -> Iterator[Path]:
    for value in given:
        # options that take an id or a file are texts
        if isinstance(value, Path | str) and not isinstance(value, Enum):
            yield Path(value)
        elif isinstance(value, list | tuple):
            yield from _paths(value)
        elif isinstance(value, dict):
            yield from _paths(value.values())


def _same(path: Path, other: Path) -> bool:
    try:
        if path.exists() and other.exists():
            return path.samefile(other)
        return path.resolve() == other.resolve()
    except (OSError, RuntimeError, ValueError):  # no path at all
        return False
