"""JSON that says what it is and carries a digest of itself: the manifests of containers, and files of their own.

``format`` and ``version`` say what it is, ``digest`` is the SHA-256 of the canonical JSON of all the rest. It finds
damage and edits by hand. It is no signature, so what a file says is checked too, where it is read.
"""

import hashlib
from pathlib import Path
from typing import Any

from snnconv.errors import InputError
from snnconv.files import canonical

DIGEST = "digest"


def seal(content: dict[str, Any]) -> dict[str, Any]:
    """Give JSON values with their digest.

    Parameters
    ----------
    content : dict
        With ``format`` and ``version``, without ``digest``.
    """
    return content | {DIGEST: _digest(content)}


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
        raise InputError(f"{path} is not a {format_name} file: its format is {found!r}")
    version = content.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(f"{path} has no valid format version: found {version!r}")
    if version > newest:
        raise InputError(
            f"{path} has {format_name} version {version}, this snnconv reads up to {newest}: upgrade snnconv"
        )
    rest = {key: value for key, value in content.items() if key != DIGEST}
    if content.get(DIGEST) != _digest(rest):
        raise InputError(f"{path} is damaged or was changed: its manifest does not match its digest; {remedy}")
    return rest


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical.dumps(content).encode()).hexdigest()
