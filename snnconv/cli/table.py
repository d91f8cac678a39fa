"""Tables of texts and numbers as text."""

import sys
from collections.abc import Sequence
from io import StringIO

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from snnconv.cli.streams import fitting, is_terminal

_WORD = 20
"""Characters of a word that stay together."""
_BETWEEN = 2
"""Blanks of a row for each column: between columns, and at the ends."""


def rendered(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: int,
    note: str | None = None,
    width: int | None = None,
) -> str:
    """Give a table as text.

    Parameters
    ----------
    title : str
        Above it.
    columns : sequence of str
        The heads; no line of heads where all are empty.
    rows : sequence of sequence of str
        The cells, free of control characters, as all texts here.
    left : int
        So many columns are texts, the others numbers.
    note : str, optional
        Below it.
    width : int, optional
        Columns of a pipe that it may take; without it, a pipe takes what the table needs.
    """
    piped = not is_terminal(sys.stdout)
    # rich flushes the stream that it is given, and a full one is ours to notice, not rich's
    console = Console(file=StringIO(), force_terminal=not piped, highlight=False)
    table = Table(
        title=escape(title),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        caption_justify="left",
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.show_header = any(columns)
    table.caption = None if note is None else escape(note)
    room = (width if piped and width is not None else console.width) - _BETWEEN * len(columns)
    shares = _shares([columns, *rows], left, room)
    for index, column in enumerate(columns):
        longest = max((len(row[index]) for row in rows), default=0)
        table.add_column(
            escape(column),
            justify="left" if index < left else "right",
            overflow="fold",
            no_wrap=index >= left,
            width=None if width is None else shares[index],
            min_width=min(_WORD, longest) if width is None and index < left else None,
        )
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    # numbers are never cut off: where the terminal is too narrow the lines run on, in a pipe they are free to
    natural = console.measure(table, options=console.options.update(width=10_000))
    if piped:
        console.width = max(natural.maximum, 200 if width is None else width)
    console.width = max(console.width, natural.minimum)
    with console.capture() as text:
        console.print(table)
    return fitting(text.get())


def _shares(lines: Sequence[Sequence[str]], left: int, room: int) -> list[int]:
    """Give the widths of columns in a given room: the widest text gives way first, but never a word.

    The library's own way cuts off the columns at the end where those before keep a least width.
    """
    columns = [list(cells) for cells in zip(*lines, strict=True)]
    widths = [max(1, *map(cell_len, cells)) for cells in columns]
    least = [_longest_word(cells) if index < left else widths[index] for index, cells in enumerate(columns)]
    while sum(widths) > room and widths != least:
        widest = max((index for index in range(len(widths)) if widths[index] > least[index]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _longest_word(cells: Sequence[str]) -> int:
    """Give how wide a column of texts must be: as its longest word, of which `_WORD` characters stay together."""
    return max((min(_WORD, cell_len(word)) for cell in cells for word in cell.split()), default=1)
