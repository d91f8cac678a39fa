"""Charts of curves: over steps, over SynOps, over depth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from snnconv.reporting.page.svg.axis import Axis, Field
from snnconv.reporting.page.svg.element import joined, label, picture
from snnconv.reporting.page.svg.frame import frame
from snnconv.reporting.page.svg.line import band, dots, line, thinned
from snnconv.reporting.page.svg.spread import spread

WIDTH = 440.0
HEIGHT = 280.0
COLOURS = 6
DASHES = 4
_LEFT, _TOP, _BOTTOM, _RIGHT = 50.0, 30.0, 42.0, 16.0
_LETTER = 8.2
"""Mean width of a letter of a label."""
_EARLY = 24.0
"""Distance from the right edge from which a curve counts as ending early."""


@dataclass(frozen=True)
class Series:
    """A curve.

    Attributes
    ----------
    label : str
        Stands at its end; empty for none.
    x, y : sequence of float
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


@dataclass(frozen=True)
class Chart:
    """Curves with axes, a title and a description."""

    title: str
    description: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    rules: tuple[Rule, ...] = ()


def stroke(style: int) -> str:
    """Give the classes of a stroke: colours repeat after 6, dashes after 4, so both together tell 12 apart."""
    return f"s{style % COLOURS} d{style % DASHES}"


def draw(chart: Chart, name: str) -> Markup:
    """Draw a chart; `name` is its id."""
    labels = [s.label for s in chart.series if s.label and len(s.x)]
    # a long label leaves room for the curves
    right = max([_RIGHT, *(len(text) * _LETTER + 12 for text in labels)])
    right = min(right, WIDTH * 0.36)
    place = Field(_LEFT, _TOP, WIDTH - _LEFT - right, HEIGHT - _TOP - _BOTTOM, chart.x, chart.y)
    body = [*frame(place), *_rules(place, chart.rules), *_curves(place, chart.series), *_labels(place, chart.series)]
    return picture(name, chart.title, chart.description, WIDTH, HEIGHT, body)


def _rules(place: Field, rules: Sequence[Rule]) -> Iterator[Markup]:
    level = [rule for rule in rules if not rule.upright]
    heights = spread([_beside(place, rule) for rule in level], 13, place.top + 6, place.bottom)
    for rule, height in zip(level, heights, strict=True):
        style = "" if rule.style is None else f" s{rule.style % COLOURS}"
        y = place.at_y(rule.at)
        yield line([(place.left, y), (place.right, y)], f"rule{style}")
        yield label(place.left + 4, height, rule.label, f"note{style}")
    for rule in (r for r in rules if r.upright):
        style = "" if rule.style is None else f" s{rule.style % COLOURS}"
        x = place.at_x(rule.at)
        yield line([(x, place.top), (x, place.bottom)], f"rule{style}")
        right = x > place.left + place.width * 0.7
        anchor, shift = ("end", -4) if right else ("start", 4)
        yield label(x + shift, place.bottom - 6, rule.label, f"note{style}", text_anchor=anchor)


def _beside(place: Field, rule: Rule) -> float:
    """Give the place of a level rule's label: above it, or below it where the chart ends."""
    y = place.at_y(rule.at)
    return y - 5 if y - 5 > place.top + 8 else y + 14


def _curves(place: Field, series: Sequence[Series]) -> Iterator[Markup]:
    for one in series:
        if one.low is not None and one.high is not None:
            yield band(place, one.x, one.low, one.high, f"band s{one.style % COLOURS}")
    for one in series:
        points = [(place.at_x(x), place.at_y(y)) for x, y in zip(one.x, one.y, strict=True)]
        if one.joined and len(points) > 1:
            kind = "line thin" if one.thin else "line"
            yield line(points if one.marks else thinned(points), f"{kind} {stroke(one.style)}")
        if one.marks or len(points) == 1:
            yield dots(points, f"dot s{one.style % COLOURS}")
        yield joined(_notes(place, points, one.notes))


def _notes(place: Field, points: Sequence[tuple[float, float]], notes: dict[int, str]) -> Iterator[Markup]:
    """Write texts below their points, from the last one on, leaving out those that would touch the one before."""
    free = place.right
    for k in sorted(notes, reverse=True):
        x, y = points[k]
        width = len(notes[k]) * _LETTER + 4
        end = min(x + width, place.right)
        if end <= free:
            yield label(end, y + 15, notes[k], "note", text_anchor="end")
            free = end - width


def _labels(place: Field, series: Sequence[Series]) -> Iterator[Markup]:
    named = [one for one in series if one.label and len(one.x)]
    # a curve that ends early has its label above its end, where the others would cross one beside it
    early = [one for one in named if place.at_x(one.x[-1]) < place.right - _EARLY]
    above = [place.at_y(one.y[-1]) - 7 for one in early]
    for one, y in zip(early, spread(above, 13, place.top + 4, place.bottom), strict=True):
        yield label(place.at_x(one.x[-1]), y, one.label, f"label s{one.style % COLOURS}", text_anchor="end")
    late = [one for one in named if one not in early]
    ends = [place.at_y(one.y[-1]) + 4 for one in late]
    for one, y in zip(late, spread(ends, 14, place.top + 4, place.bottom), strict=True):
        yield label(place.at_x(one.x[-1]) + 6, y, one.label, f"label s{one.style % COLOURS}")
