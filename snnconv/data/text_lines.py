"""Text files of one entry a line, read no further than they can be used."""

from pathlib import Path
from typing import IO

from snnconv.data.reading import reading
from snnconv.errors import DataError
from snnconv.files.paths import check_file

_MAX_TEXT_BYTES = 2**28
_MAX_LINE_BYTES = 4096
_CHUNK_BYTES = 2**20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path, most: int) -> tuple[list[str], int]:
    """Read at most `most` lines; of those behind, only their number is found.

    Returns
    -------
    lines : list of str
        Stripped of blanks.
    count : int
        All lines of the file, without empty ones at its end.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it is too large, or no UTF-8 text.
    """
    lines: list[str] = []
    with reading(str(path)):
        check_file(path)
        size = path.stat().st_size
        if size > _MAX_TEXT_BYTES:
            raise DataError(f"{path} has {size} bytes, at most {_MAX_TEXT_BYTES} are read; give a text file")
        with path.open("rb") as file:
            file.seek(len(_BYTE_ORDER_MARK) if file.read(3) == _BYTE_ORDER_MARK else 0)
            while len(lines) < most:
                begin = file.tell()
                # one byte more than allowed is enough to see that a line is too long
                data = file.readline(_MAX_LINE_BYTES + 1)
                if not data:
                    break
                if len(data) > _MAX_LINE_BYTES:
                    number = len(lines) + 1
                    raise DataError(
                        f"{path}: line {number} has more than {_MAX_LINE_BYTES} bytes; give a text of one entry a line"
                    )
                lines.append(_decoded(data, begin, path))
            behind = _count_lines(file)
    if behind:
        return lines, len(lines) + behind
    while lines and not lines[-1]:
        lines.pop()
    return lines, len(lines)


def _decoded(data: bytes, begin: int, path: Path) -> str:
    try:
        return data.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        where = begin + error.start
        raise DataError(f"{path} is not UTF-8 text: {error.reason} at byte {where}; save it as UTF-8 text") from error


def _count_lines(file: IO[bytes]) -> int:
    """Count the lines from here to the last that is not blank."""
    whole = ends = 0
    any_text = False
    while chunk := file.read(_CHUNK_BYTES):
        text = chunk.rstrip()
        if text:
            whole, ends, any_text = whole + ends + text.count(b"\n"), 0, True
        ends += chunk.count(b"\n", len(text))
    return whole + 1 if any_text else 0
