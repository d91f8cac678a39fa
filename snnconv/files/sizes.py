"""Sizes in bytes, as people write and read them."""

import re

from snnconv.errors import UsageError

MEMORY_LIMIT = 8 << 30
"""Bytes that may be needed where nobody says otherwise."""

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def readable(count: int) -> str:
    """Give a number of bytes with three digits and a unit: 1.21 GiB."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1000:
            break
        size, unit = size / 1024, larger
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"


def parsed(text: str) -> int:
    """Read a number of bytes: 8G, 512M, 1.5GiB, 1000000.

    Raises
    ------
    UsageError
        If it is none, or zero.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    count = 0 if found is None else int(float(found[1]) * _UNITS[found[2].upper()])
    if count < 1:
        raise UsageError(f"{text!r} is no size; write 8G, 512M or a number of bytes")
    return count
