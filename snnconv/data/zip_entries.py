"""Zip files that may lie: what an entry says of itself is compared with what is possible."""

import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snnconv.data.reading import reading
from snnconv.errors import DataError
from snnconv.files.paths import check_file

_ENCRYPTED = 0x1
# deflate makes at most 1032 bytes of one; the rest is room for the ends of a stream
_DEFLATE_RATIO = 1032
_DEFLATE_SLACK = 1024


# a header of an entry, without its name
_LOCAL_HEADER = 30
# what the standard library raises, beside its own errors, where a table of contents lies; it depends on its version
_TABLE_ERRORS = (IndexError, OverflowError, ValueError, struct.error)


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file all of whose entries have a name.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it is no zip file, or its table of contents is damaged; errors while the block reads it too.
    """
    with reading(str(path)):
        check_file(path)
        with _with_table(path) as archive:
            if not all(info.filename for info in archive.infolist()):
                raise DataError(f"{path} is damaged: it holds an entry without a name; make the zip file anew")
            yield archive


def _with_table(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except UnicodeDecodeError:
        raise
    except _TABLE_ERRORS as error:
        raise zipfile.BadZipFile(f"its table of contents is not valid ({error})") from error


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
        If the entry is encrypted, compressed in another way than ``deflate``, or its sizes or its place are impossible.
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
    # an offset may be negative too, where the table of contents says that it lies further on than it does
    if not 0 <= info.header_offset <= available - _LOCAL_HEADER - info.compress_size:
        raise DataError(
            f"{what} is damaged: it should begin at byte {info.header_offset} and take {info.compress_size}, in a file "
            f"of {available}; make or download it anew"
        )
