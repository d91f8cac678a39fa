"""Pieces of Markdown that the sections share."""

from collections.abc import Iterable, Sequence
from typing import Any

NONE = "–"

Row = Sequence[str]


def table(header: Row, rows: Iterable[Row]) -> str:
    """Give a table; a cell's vertical bars are escaped."""
    lines = [_line(header), "|" + "---|" * len(header), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Row) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def number(value: float | None, digits: int) -> str:
    """Give a number with so many digits behind the point; a dash for None."""
    return NONE if value is None else f"{value:.{digits}f}"


def commands(record: dict[str, Any], group: str) -> str:
    """Give the commands that made a record's numbers, as one example of its group's; `results.json` has all."""
    lines = [
        f"python benchmarks/results/run.py --models MODELS --data DATA --work WORK --only {group}",
        f"# of {record['model']}-{record['kind']}, for one, that is (results.json has those of all)",
        *(f"snnconv {command}" for command in record["commands"]),
    ]
    return "```sh\n" + "\n".join(lines) + "\n```"


def few(count: int, most: int = 10) -> list[int]:
    """Give indices of at most about `most` of `count` layers, evenly, the first and the last among them."""
    step = max(1, -(-(count - 1) // (most - 1))) if count > 1 else 1
    return sorted({*range(0, count, step), count - 1}) if count else []
