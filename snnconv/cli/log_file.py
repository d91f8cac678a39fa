"""``--log-file``: what commands and the library say, with times, at the end of a file that holds nothing else."""

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from snnconv.cli import streams
from snnconv.cli.terminal import harmless
from snnconv.errors import InputError
from snnconv.files.atomic import check_place
from snnconv.files.replaced import LOG, check_replaced

_FORMAT = "%(asctime)s %(levelname)s %(message)s"


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
    check_replaced(path, LOG)
    try:
        handler = _LogFile(path, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write the log to {path}: {error.strerror or error}") from error
    handler.setFormatter(_OneLine(_FORMAT))
    return handler


class _OneLine(logging.Formatter):
    """Names that come from files do not forge lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line of a record."""
        return harmless(super().format(record))


class _LogFile(logging.FileHandler):
    """A log that ends, with a line on stderr, when it cannot be written to any more; the command goes on."""

    _lost = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        if not self._lost:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Say why a line could not be written."""
        del record
        self._lost = True
        error = sys.exc_info()[1]
        reason = (isinstance(error, OSError) and error.strerror) or error
        streams.say(f"snnconv: the log ends here, {harmless(self.baseFilename)} cannot be written: {reason}\n")

    def close(self) -> None:
        """Close it; what could not be written was said."""
        with suppress(OSError):
            super().close()


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
