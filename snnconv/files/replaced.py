"""What a file that is written may replace: one of its own kind, or an empty one, and nothing else."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from snnconv.errors import InputError


@dataclass(frozen=True)
class Kind:
    """A kind of file that a command writes.

    Attributes
    ----------
    name : str
        As a sentence says it.
    begins : callable
        Says of the first bytes of a file whether it is one.
    looked_at : int
        How many bytes that takes at most.
    """

    name: str
    begins: Callable[[bytes], bool]
    looked_at: int = 256


def check_replaced(path: Path, kind: Kind) -> None:
    """Refuse to replace a file of another kind; an empty one holds nothing to lose.

    Parameters
    ----------
    path : Path
        Where one of the kind is to be written; there may be nothing yet.
    kind : Kind

    Raises
    ------
    InputError
        If a file with something else is there, or cannot be looked at.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(kind.looked_at)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; name another file") from error
    if begin and not kind.begins(begin):
        raise InputError(
            f"cannot write {path}: the file there is no {kind.name}; name another file, or remove it first"
        )


def _matches(pattern: bytes) -> Callable[[bytes], bool]:
    found = re.compile(pattern, re.IGNORECASE)
    return lambda begin: found.match(begin) is not None


def _container(name: str) -> Callable[[bytes], bool]:
    """Recognise a container by the format in its manifest, which is JSON in the JSON of safetensors' header."""
    marks = [f'\\"format\\":\\"{name}\\"'.encode(), b'{"__metadata__":{"snnconv":"{']
    return lambda begin: all(mark in begin for mark in marks)


_HEADER = 8 + 32_000_000
"""Bytes of a container's header at most, as its reader has it."""

PAGE = Kind("HTML page", _matches(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)\b"))
LOG = Kind("log of snnconv", _matches(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ "))
DIAGNOSIS = Kind("diagnosis", _matches(rb'\s*\{\s*"format":\s*"snnconv\.diagnosis"'))
CALIBRATION = Kind("calibration", _container("snnconv.calib"), _HEADER)
NETWORK = Kind("spiking network", _container("snnconv.snn"), _HEADER)
