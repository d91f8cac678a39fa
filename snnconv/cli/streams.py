"""The one place that writes: results to stdout, which must arrive, and talk to stderr, which may be lost."""

import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from snnconv.cli.characters import FITTING, fitted


class OutputLostError(Exception):
    """What was written to stdout did not arrive.

    Not an `OSError`: Typer would take that for its own.

    Parameters
    ----------
    reason : str or None
        None where the reader went away, as `head` does.
    """

    def __init__(self, reason: str | None) -> None:
        super().__init__(reason)
        self.reason = reason


def prepare() -> None:
    """Let both streams write something else for characters that their encoding lacks.

    A descriptor that is closed is opened on nothing: the next file would get its number, and what a library in C writes
    to its stderr would stand in that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=FITTING)


def write(text: str) -> None:
    """Write to stdout.

    Raises
    ------
    OutputLostError
        If it is closed, or does not take it.
    """
    _pass_on(lambda stream: stream.write(text))


def flush() -> None:
    """Bring what was written to stdout to its reader.

    Raises
    ------
    OutputLostError
        If it does not take it.
    """
    if sys.stdout is not None:
        _pass_on(lambda stream: stream.flush())


def flush_if_possible() -> None:
    """Bring what was written to stdout to its reader; another error was said already."""
    with suppress(OutputLostError):
        flush()


def say(text: str) -> None:
    """Write to stderr; where that is closed or full, there is nobody to tell."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        _drop(sys.stderr)


def encoding() -> str | None:
    """Give that of stdout; None where it takes all characters."""
    return getattr(sys.stdout, "encoding", None)


def fitting(text: str) -> str:
    """Give a text as stdout can write it."""
    return fitted(text, encoding())


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether a person reads a stream."""
    return stream is not None and stream.isatty()


def _pass_on(deed: Any) -> None:
    if sys.stdout is None:
        raise OutputLostError("it is closed")
    try:
        deed(sys.stdout)
    except BrokenPipeError as error:
        _drop(sys.stdout)
        raise OutputLostError(None) from error
    except OSError as error:
        _drop(sys.stdout)
        raise OutputLostError(error.strerror or str(error)) from error


def _drop(stream: TextIO | None) -> None:
    """Let what is left in a stream's buffer go nowhere: Python would fail with it once more at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]  # a stream that is none is caught below
        os.close(nowhere)
    except (AttributeError, OSError, ValueError):
        pass
