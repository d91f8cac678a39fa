"""What charts are made of: curves, straight lines, strokes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

COLOURS = 6
DASHES = 4


@dataclass(frozen=True)
class Series:
    """A curve.

    Attributes
    ----------
    label : str
        Stands at the right of the chart; empty for none.
    x, y : sequence of float
        x rises.
    style : int
        Number of its stroke.
    low, high : sequence of float or None
        Ends of a band around it.
    marks : bool
        Whether its points are dots.
    joined : bool
        Whether a line goes through them.
    thin : bool
        Whether that line is thin: a fit, not data.
    notes : dict
        Texts beside points, by index.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: int
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    marks: bool = False
    joined: bool = True
    thin: bool = False
    notes: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A straight line across the chart, such as the accuracy of the ANN."""

    label: str
    at: float
    style: int | None
    """None: in the colour of text."""
    upright: bool = False


def stroke(style: int) -> str:
    """Give the classes of a stroke: colours repeat after 6, dashes after 4, so both together tell 12 apart."""
    return f"s{style % COLOURS} d{style % DASHES}"
