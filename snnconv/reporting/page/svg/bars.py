"""Horizontal bars, one row for each name, and bars with ranges on a logarithmic axis."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from snnconv.reporting.page.names import apart
from snnconv.reporting.page.svg.axis import Axis, Field
from snnconv.reporting.page.svg.chart import COLOURS, WIDTH
from snnconv.reporting.page.svg.element import element, label, number, picture
from snnconv.reporting.page.svg.frame import x_ticks
from snnconv.reporting.page.text import clipped

_NAMES = 160.0
_VALUES = 66.0
_TOP, _BOTTOM = 8.0, 40.0
_ARROW = 10
_NAME_LENGTH, _HEADING_LENGTH = 20, 64


@dataclass(frozen=True)
class Bar:
    """A row.

    Attributes
    ----------
    name : str
    value : float or None
        None has no bar; `text` says why.
    text : str
        Stands behind the bar.
    style : int
    low, high : float or None
        Ends of a range.
    heading : bool
        A row without a bar that names the rows below.
    open : bool
        The value is a lower bound: an arrow leads on from the end of the bar.
    """

    name: str
    value: float | None
    text: str
    style: int = 0
    low: float | None = None
    high: float | None = None
    heading: bool = False
    open: bool = False


def bars(name: str, title: str, description: str, axis: Axis, rows: Sequence[Bar], row_height: float = 18) -> Markup:
    """Draw rows of bars from the low end of an axis."""
    height = len(rows) * row_height
    place = Field(_NAMES, _TOP, WIDTH - _NAMES - _VALUES, height, axis, Axis("", 0, 1))
    return picture(name, title, description, WIDTH, height + _TOP + _BOTTOM, _body(place, rows, row_height))


def _body(place: Field, rows: Sequence[Bar], row_height: float) -> Iterator[Markup]:
    for value in place.x.ticks:
        x = place.at_x(value)
        yield element("path", d=f"M{number(x)} {number(place.top)}V{number(place.bottom)}", class_="grid")
    names = apart([row.name for row in rows if not row.heading], _NAME_LENGTH)
    left = iter(names)
    for index, row in enumerate(rows):
        name = clipped(row.name, _HEADING_LENGTH) if row.heading else next(left)
        yield from _row(place, row, name, place.top + index * row_height, row_height)
    yield element("path", d=f"M{number(place.left)} {number(place.bottom)}H{number(place.right)}", class_="axis")
    yield from x_ticks(place)
    yield label(place.left + place.width / 2, place.bottom + 32, place.x.title, "axis-title", text_anchor="middle")


def _row(place: Field, row: Bar, name: str, top: float, height: float) -> Iterator[Markup]:
    middle = top + height / 2
    if row.heading:
        yield label(0, middle + 4, name, "row-heading")
        return
    yield label(place.left - 6, middle + 4, name, "tick", text_anchor="end")
    end = place.left
    if row.value is not None:
        end = place.at_x(row.value)
        yield element(
            "rect",
            x=place.left,
            y=top + 3,
            width=max(end - place.left, 0.5),
            height=height - 6,
            class_=f"bar s{row.style % COLOURS}",
        )
    if row.low is not None and row.high is not None and row.high > row.low:
        low, high = place.at_x(row.low), place.at_x(row.high)
        d = f"M{number(low)} {number(middle)}H{number(high)}"
        caps = "".join(f"M{number(x)} {number(middle - 3)}v6" for x in (low, high))
        yield element("path", d=d + caps, class_="whisker")
        end = max(end, high)
    if row.open and row.value is not None:
        yield element("path", d=f"M{number(end)} {number(middle)}h{_ARROW}m-3 -3l3 3l-3 3", class_="whisker")
        end += _ARROW
    yield label(end + 5, middle + 4, row.text, "value")


def axis_of(title: str, values: Sequence[float], show: Callable[[float], str], most: float | None = None) -> Axis:
    """Give a linear axis from 0 to the largest value."""
    high = max([*values, 0.0])
    return Axis(title, 0.0, most if most is not None else (high or 1.0), format=show, wanted=4)
