"""Zip files written field by field, so that any of their fields can lie (PKWARE's APPNOTE, sections 4.3 and 4.5)."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

ALL_ONES = 2**32 - 1  # in a field of 32 bits: the number stands in the zip64 part


@dataclass
class Entry:
    """A file in a zip, and what its line in the table of contents says otherwise.

    Attributes
    ----------
    name : bytes
    data : bytes
    deflated : bool
    offset, size, stored, checksum : int or None
        What the table of contents says; None: what is so. Numbers beyond 32 bits go into a zip64 part.
    flags, method : int or None
    local_name : bytes or None
        The name in front of the data.
    extra : bytes
        More of the line's extra fields.
    """

    name: bytes
    data: bytes
    deflated: bool = False
    offset: int | None = None
    size: int | None = None
    stored: int | None = None
    checksum: int | None = None
    flags: int | None = None
    method: int | None = None
    local_name: bytes | None = None
    extra: bytes = b""


def zipped(entries: Sequence[Entry]) -> bytes:
    """Give the bytes of a zip file."""
    body, table = bytearray(), bytearray()
    for entry in entries:
        packed = _deflate(entry.data) if entry.deflated else entry.data
        truth = (8 if entry.deflated else 0, zlib.crc32(entry.data), len(packed), len(entry.data))
        method, checksum, stored, size = (
            told if told is not None else true
            for told, true in zip((entry.method, entry.checksum, entry.stored, entry.size), truth, strict=True)
        )
        offset = len(body) if entry.offset is None else entry.offset
        local_name = entry.name if entry.local_name is None else entry.local_name
        body += struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, truth[0], 0, 0, *truth[1:], len(local_name), 0)
        body += local_name + packed
        wide = b"".join(struct.pack("<Q", number) for number in (size, stored, offset) if number >= ALL_ONES)
        extra = (struct.pack("<2H", 1, len(wide)) + wide if wide else b"") + entry.extra
        short = [min(number, ALL_ONES) for number in (stored, size, offset)]
        flags = 0 if entry.flags is None else entry.flags
        table += struct.pack(
            *("<4s6H3I5H2I", b"PK\x01\x02", 45, 45, flags, method, 0, 0, checksum, short[0], short[1]),
            *(len(entry.name), len(extra), 0, 0, 0, 0, short[2]),
        )
        table += entry.name + extra
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(table), len(body), 0)
    return bytes(body + table + end)


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()
