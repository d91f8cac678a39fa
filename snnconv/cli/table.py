"""Tables of texts and numbers as text."""

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def rendered(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int, note: str | None = None
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
    """
    console = Console(highlight=False)
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
    for index, column in enumerate(columns):
        table.add_column(
            escape(column),
            justify="left" if index < left else "right",
            overflow="fold",
            no_wrap=index >= left,
            min_width=min(20, max((len(row[index]) for row in rows), default=0)) if index < left else None,
        )
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    # numbers are never cut off: where the terminal is too narrow the lines run on, in a pipe they are free to
    natural = console.measure(table, options=console.options.update(width=10_000))
    if not sys.stdout.isatty():
        console.width = max(natural.maximum, 200)
    console.width = max(console.width, natural.minimum)
    with console.capture() as text:
        console.print(table)
    return text.get()
