"""JSON that says what it is and carries a digest of itself: the manifests of containers, and files of their own.

``format`` and ``version`` say what it is, ``digest`` is the SHA-256 of the canonical JSON of all the rest. It finds
damage and edits by hand. It is no signature, so what a file says is checked too, where it is read.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from snnconv.errors import FileMissingError, ForeignFileError, InputError
from snnconv.files import canonical
from snnconv.files.atomic import write_bytes
from snnconv.files.paths import check_file

DIGEST = "digest"
MAX_BYTES = 1 << 26
"""Of a file."""
_SHOWN = 60


def write(path: Path, content: dict[str, Any], indent: int | None = None) -> None:
    """Write JSON values with their digest, in ASCII.

    Parameters
    ----------
    path : Path
        The file to make or replace.
    content : dict
        With ``format`` and ``version``, without ``digest``.
    indent : int, optional
        None writes one line.

    Raises
    ------
    InputError
        If `path` cannot be written to.
    """
    sealed = seal(content)
    text = canonical.dumps(sealed) if indent is None else json.dumps(sealed, indent=indent, allow_nan=False)
    write_bytes(path, f"{text}\n".encode("ascii"))


def read(path: Path, format_name: str, newest: int, remedy: str) -> dict[str, Any]:
    """Read a file that `write` wrote, and give its content without the digest.

    Parameters
    ----------
    path : Path
    format_name : str
        What ``format`` must be.
    newest : int
        The newest ``version`` that is understood here.
    remedy : str
        What to do about a damaged file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    ForeignFileError
        If it is of another format, or it cannot be told of which.
    InputError
        If it is damaged, changed, or newer.
    """
    try:
        content = _content(path, format_name)
    except FileNotFoundError as error:
        raise FileMissingError(f"{path} does not exist") from error
    except (OSError, InputError) as error:
        raise ForeignFileError(f"{path} is damaged: {error}; {remedy}") from error
    return unseal(path, content, format_name, newest, remedy)


def _content(path: Path, format_name: str) -> dict[str, Any]:
    check_file(path)
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"it has more than {MAX_BYTES} bytes")
    content = canonical.loads(data)
    if not isinstance(content, dict):
        raise InputError("it holds no JSON object")
    if content.get("format") != format_name:
        raise InputError(f"its format is {_shown(content.get('format'))}, expected {format_name!r}")
    return content


def seal(content: dict[str, Any]) -> dict[str, Any]:
    """Give JSON values with their digest.

    Parameters
    ----------
    content : dict
        With ``format`` and ``version``, without ``digest``.
    """
    return content | {DIGEST: digest(content)}


def unseal(path: Path, content: Any, format_name: str, newest: int, remedy: str = "make it anew") -> dict[str, Any]:
    """Check the format, the version and the digest of JSON values, and give them without the digest.

    Parameters
    ----------
    path : Path
        Of the file, for messages.
    content : JSON values
        What `snnconv.files.canonical.loads` gave.
    format_name : str
        What ``format`` must be.
    newest : int
        The newest ``version`` that is understood here.
    remedy : str
        What to do about a damaged file.

    Raises
    ------
    InputError
        If one of them does not fit.
    """
    if not isinstance(content, dict) or content.get("format") != format_name:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise InputError(f"{path} is not a {format_name} file: its format is {_shown(found)}")
    version = content.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(f"{path} has no valid format version: found {_shown(version)}; {remedy}")
    if version > newest:
        raise InputError(
            f"{path} has {format_name} version {version}, this snnconv reads up to {newest}: upgrade snnconv"
        )
    rest = {key: value for key, value in content.items() if key != DIGEST}
    if DIGEST not in content:
        raise InputError(f"{path} was changed, or is of an early snnconv: it has no digest; {remedy}")
    if content[DIGEST] != digest(rest):
        raise InputError(f"{path} is damaged or was changed: what it says does not match its digest; {remedy}")
    return rest


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def digest(content: dict[str, Any]) -> str:
    """Give the digest of JSON values that do not hold it: 64 hexadecimal digits."""
    return hashlib.sha256(canonical.dumps(content).encode()).hexdigest()
