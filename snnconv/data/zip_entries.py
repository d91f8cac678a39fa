"""Zip files that may lie: what an entry says of itself is compared with what is possible."""

import os
import zipfile

from snnconv.errors import DataError

_ENCRYPTED = 0x1
# deflate makes at most 1032 bytes of one; the rest is room for the ends of a stream
_DEFLATE_RATIO = 1032
_DEFLATE_SLACK = 1024


def archive_size(archive: zipfile.ZipFile) -> int:
    """Give the size in bytes of the file that `archive` is read from."""
    if archive.fp is None:
        raise DataError(f"{archive.filename} is closed")
    return os.fstat(archive.fp.fileno()).st_size


def check_entry(info: zipfile.ZipInfo, available: int, what: str) -> None:
    """Refuse an entry that cannot be read, or that claims a size which it cannot have.

    Parameters
    ----------
    info : ZipInfo
        The entry's line in the table of contents.
    available : int
        Bytes of the whole zip file.
    what : str
        The entry, as messages name it.

    Raises
    ------
    DataError
        If the entry is encrypted, compressed in another way than ``deflate``, or its sizes are impossible.
    """
    if info.flag_bits & _ENCRYPTED:
        raise DataError(f"{what} is encrypted; make the zip file without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"{what} is compressed by method {info.compress_type}, stored and deflated entries are read; "
            "make the zip file anew"
        )
    stored = info.compress_type == zipfile.ZIP_STORED
    most = info.compress_size if stored else _DEFLATE_RATIO * info.compress_size + _DEFLATE_SLACK
    if info.compress_size > available or info.file_size > most:
        raise DataError(
            f"{what} is damaged: it claims {info.file_size} bytes from {info.compress_size}, in a file of "
            f"{available}; make or download it anew"
        )
