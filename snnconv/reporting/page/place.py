"""Where a page may be written: not over what is no page."""

import re
from pathlib import Path

from snnconv.errors import InputError

_BEGINS = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_LOOKED_AT = 256
"""Bytes of a file in which its beginning is looked for."""


def check_replaced(path: Path) -> None:
    """Refuse to replace a file that is no HTML page; an empty one holds nothing to lose.

    Parameters
    ----------
    path : Path
        Where a page is to be written; there may be nothing yet.

    Raises
    ------
    InputError
        If a file with something else is there, or cannot be looked at.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOKED_AT)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; name another file") from error
    if begin and _BEGINS.match(begin) is None:
        raise InputError(f"cannot write {path}: the file there is no HTML page; name another file, or remove it first")
