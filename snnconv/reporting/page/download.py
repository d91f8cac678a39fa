"""Data of a picture as a CSV file that lies in the page itself."""

import base64
import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

Cell = str | float | int | None

COMPRESS_FROM = 12_000
"""Characters from which a file is compressed: base64 of gzip is then much shorter."""
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Download:
    """A link that saves a file."""

    name: str
    href: str
    """A ``data:`` URL."""
    rows: int


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Download:
    """Make a CSV file, gzipped where it is long.

    Parameters
    ----------
    name : str
        Of the file, without its ending.
    head : sequence of str
        Names of the columns.
    rows : iterable of sequences
        None becomes an empty cell.
    """
    lines = [[_cell(cell) for cell in row] for row in rows]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(head), *lines])
    content = text.getvalue()
    if len(content) < COMPRESS_FROM:
        return Download(f"{name}.csv", "data:text/csv;charset=utf-8," + quote(content, safe=",;:()_.-=@+*"), len(lines))
    # mtime 0: equal data give an equal page
    packed = base64.b64encode(gzip.compress(content.encode(), mtime=0)).decode()
    return Download(f"{name}.csv.gz", f"data:application/gzip;base64,{packed}", len(lines))


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # spreadsheets run what begins like a formula
        return "'" + value if value.startswith(_FORMULA) else value
    if isinstance(value, float):
        return repr(round(value, 6)) if abs(value) >= 0.001 or value == 0 else f"{value:.6g}"
    return str(value)
