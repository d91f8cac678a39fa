"""Tables whose names of nodes are shortened, so that they fit a page of 80 columns."""

from collections.abc import Sequence

WIDTH = 80
_BETWEEN = 2
"""Blanks of a row for each column: between columns, and at the ends."""
_SHORTEST = 20
"""Characters that a name keeps, however wide the other columns are."""


def fitted(columns: Sequence[str], rows: Sequence[Sequence[str]], names: int) -> list[tuple[str, ...]]:
    """Shorten the names in a table, as far as they must be and still tell nodes apart.

    Parameters
    ----------
    columns : sequence of str
        The heads.
    rows : sequence of sequence of str
        The cells.
    names : int
        The column with the names.

    Returns
    -------
    list of tuple of str
        The rows.
    """
    from snnconv.reporting.page.names import apart

    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    room = max(_SHORTEST, WIDTH - _BETWEEN * len(columns) - (sum(widths) - widths[names]))
    short = apart([row[names] for row in rows], room)
    return [(*row[:names], name, *row[names + 1 :]) for row, name in zip(rows, short, strict=True)]
