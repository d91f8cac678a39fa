"""Small plots made of characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2

WIDTH = 64
HEIGHT = 10
_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Series:
    """A curve and the character that draws it.

    Attributes
    ----------
    mark : str
        One character.
    steps : sequence of int
        At least 1 each.
    values : sequence of float
        One for each step.
    """

    mark: str
    steps: Sequence[int]
    values: Sequence[float]


def sparkline(values: Sequence[float]) -> str:
    """Draw values of 0 or more as bars in one line; of more than `WIDTH`, neighbours share a bar, the largest counts.

    A bar is an eighth high where its value is above 0, however small it is.
    """
    most = max(values, default=0.0)
    bars = min(len(values), WIDTH)
    line = ""
    for index in range(bars):
        value = max(values[index * len(values) // bars : (index + 1) * len(values) // bars])
        line += _BARS[max(1, round(8 * value / most)) if value > 0 else 0]
    return line


def by_steps(curves: Sequence[Series], level: float | None = None) -> list[str]:
    """Draw percentages over time steps; steps are spaced by their logarithm.

    Parameters
    ----------
    curves : sequence of Series
        Values in percent, the first one drawn on top. At least one, with at least one step.
    level : float, optional
        A horizontal line, such as the ONNX model's accuracy.

    Returns
    -------
    list of str
        At most 75 characters each.
    """
    values = [value for curve in curves for value in curve.values] + ([] if level is None else [level])
    low, high = _ends(min(values), max(values))
    last = max(curve.steps[-1] for curve in curves)
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    if level is not None:
        grid[_row(level, low, high)] = ["╌"] * WIDTH
    for curve in reversed(curves):
        for column, value in _columns(curve, last):
            grid[_row(value, low, high)][column] = curve.mark
    lines = []
    for index, row in enumerate(grid):
        at = high - (high - low) * index / (HEIGHT - 1)
        label = f"{at:6.1f}" if index in (0, HEIGHT - 1) or index % 3 == 0 else " " * 6
        lines.append(f"{label} ┤{''.join(row)}".rstrip())
    return [*lines, " " * 7 + "└" + "─" * WIDTH, _axis(last)]


def _ends(low: float, high: float) -> tuple[float, float]:
    """Give ends that are whole tens, and not the same."""
    first, last = 10 * int(low // 10), 10 * -int(-high // 10)
    return (float(first), float(last)) if last > first else (float(first), float(first + 10))


def _row(value: float, low: float, high: float) -> int:
    return round((high - value) / (high - low) * (HEIGHT - 1))


def _column(step: float, last: int) -> int:
    return 0 if last == 1 else round(log2(step) / log2(last) * (WIDTH - 1))


def _columns(curve: Series, last: int) -> list[tuple[int, float]]:
    """Give each column a value: that of the steps that fall on it, else one between its neighbours."""
    found = {_column(step, last): value for step, value in zip(curve.steps, curve.values, strict=True)}
    known = sorted(found)
    result = [(known[0], found[known[0]])]
    for left, right in pairwise(known):
        for column in range(left + 1, right + 1):
            part = (column - left) / (right - left)
            result.append((column, found[left] + part * (found[right] - found[left])))
    return result


def _axis(last: int) -> str:
    """Write powers of two below the axis where there is room, and the last step."""
    line = [" "] * (WIDTH + 4)
    end = _column(last, last)
    free = 0
    for power in range(last.bit_length()):
        text, at = str(1 << power), _column(1 << power, last)
        if at >= free and at + len(text) < end - 1:
            line[at : at + len(text)] = text
            free = at + len(text) + 2
    line[end : end + len(str(last))] = str(last)
    return " " * 8 + "".join(line).rstrip() + "  T"
