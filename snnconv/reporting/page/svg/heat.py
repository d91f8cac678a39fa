"""Cells in shades of one colour: heat maps and densities. One path for each shade, so that pages stay small."""

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from snnconv.reporting.page.svg.element import element, number

SHADES = 6


def shaded(
    cells: Iterable[tuple[int, int, float]], left: float, top: float, width: float, height: float
) -> list[Markup]:
    """Fill cells.

    Parameters
    ----------
    cells : iterable of (column, row, value)
        Rows from the top; values in (0, 1], others are left out.
    left, top : float
        The corner of the cell (0, 0).
    width, height : float
        Of a cell.
    """
    found: dict[int, list[tuple[int, int]]] = {}
    for column, row, value in cells:
        if value > 0:
            found.setdefault(min(int(value * SHADES), SHADES - 1), []).append((row, column))
    paths = []
    for shade in sorted(found):
        d = "".join(
            f"M{number(left + start * width)} {number(top + row * height)}h{number(length * width)}"
            f"v{number(height)}h{number(-length * width)}z"
            for row, start, length in _runs(sorted(found[shade]))
        )
        paths.append(element("path", d=d, class_=f"heat h{shade}"))
    return paths


def _runs(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Join neighbours in a row to (row, first column, length)."""
    row, start, length = -1, 0, 0
    for r, c in places:
        if r == row and c == start + length:
            length += 1
            continue
        if length:
            yield row, start, length
        row, start, length = r, c, 1
    if length:
        yield row, start, length
