"""Charts of curves: over steps, over SynOps, over depth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from snnconv.reporting.page.svg.axis import Axis, Field
from snnconv.reporting.page.svg.element import label, picture
from snnconv.reporting.page.svg.frame import frame
from snnconv.reporting.page.svg.labels import column, named, room
from snnconv.reporting.page.svg.line import band, dots, line, thinned
from snnconv.reporting.page.svg.overlap import overlaid
from snnconv.reporting.page.svg.series import COLOURS, Rule, Series, stroke
from snnconv.reporting.page.svg.spread import spread

__all__ = ["COLOURS", "WIDTH", "Chart", "Rule", "Series", "draw", "lying", "stroke"]

WIDTH = 440.0
HEIGHT = 280.0
_LEFT, _TOP, _BOTTOM, _RIGHT = 50.0, 30.0, 42.0, 16.0
_LETTER, _LINE = 7.2, 13.0
"""Of a note: mean width of a letter, and height."""

Box = tuple[float, float, float, float]
"""Left, right, top, bottom."""


@dataclass(frozen=True)
class Chart:
    """Curves with axes, a title and a description."""

    title: str
    description: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    rules: tuple[Rule, ...] = ()

    @property
    def level(self) -> list[Rule]:
        """The lines from left to right."""
        return [rule for rule in self.rules if not rule.upright]


def draw(chart: Chart, name: str) -> Markup:
    """Draw a chart; `name` is its id. Where curves have names, these and those of level lines stand at the right."""
    place = _place(chart)
    beside = bool(named(chart.series))
    taken: list[Box] = []
    body = [*frame(place), *_rules(place, chart, beside, taken), *_curves(place, chart.series)]
    body += [mark for one in chart.series for mark in _notes(place, one, taken)]
    if beside:
        body += column(place, chart.series, chart.level)
    return picture(name, chart.title, chart.description, WIDTH, HEIGHT, body)


def lying(chart: Chart) -> str:
    """Give a sentence for the caption that says which curves lie on others, with a space before it; or nothing."""
    found = overlaid(_place(chart), chart.series)
    return f" {found}." if found else ""


def _place(chart: Chart) -> Field:
    right = room(chart.series, chart.level, _RIGHT, WIDTH)
    return Field(_LEFT, _TOP, WIDTH - _LEFT - right, HEIGHT - _TOP - _BOTTOM, chart.x, chart.y)


def _rules(place: Field, chart: Chart, beside: bool, taken: list[Box]) -> Iterator[Markup]:
    level = chart.level
    heights = spread([_beside(place, rule) for rule in level], _LINE, place.top + 6, place.bottom)
    for rule, height in zip(level, heights, strict=True):
        style = "" if rule.style is None else f" s{rule.style % COLOURS}"
        y = place.at_y(rule.at)
        yield line([(place.left, y), (place.right, y)], f"rule{style}")
        if not beside:
            taken.append(_box(place.left + 4, height, rule.label))
            yield label(place.left + 4, height, rule.label, f"note{style}")
    for k, rule in enumerate(rule for rule in chart.rules if rule.upright):
        style = "" if rule.style is None else f" s{rule.style % COLOURS}"
        x, y = place.at_x(rule.at), place.bottom - 6 - k * _LINE
        yield line([(x, place.top), (x, place.bottom)], f"rule{style}")
        right = x > place.left + place.width * 0.6
        anchor, shift = ("end", -4.0) if right else ("start", 4.0)
        taken.append(_box(x + shift - (len(rule.label) * _LETTER if right else 0), y, rule.label))
        yield label(x + shift, y, rule.label, f"note{style}", text_anchor=anchor)


def _beside(place: Field, rule: Rule) -> float:
    """Give the place of a level rule's label: above it, or below it where the chart ends."""
    y = place.at_y(rule.at)
    return y - 5 if y - 5 > place.top + 8 else y + 14


def _curves(place: Field, series: Sequence[Series]) -> Iterator[Markup]:
    for one in series:
        if one.low is not None and one.high is not None:
            yield band(place, one.x, one.low, one.high, f"band s{one.style % COLOURS}")
    for one in series:
        points = _points(place, one)
        if one.joined and len(points) > 1:
            kind = "line thin" if one.thin else "line"
            yield line(points if one.marks else thinned(points), f"{kind} {stroke(one.style)}")
        if one.marks or len(points) == 1:
            yield dots(points, f"dot s{one.style % COLOURS}")


def _points(place: Field, one: Series) -> list[tuple[float, float]]:
    return [(place.at_x(x), place.at_y(y)) for x, y in zip(one.x, one.y, strict=True)]


def _notes(place: Field, one: Series, taken: list[Box]) -> Iterator[Markup]:
    """Write texts below their points, from the last one on, leaving out those that would touch others."""
    points = _points(place, one)
    for k in sorted(one.notes, reverse=True):
        x, y = points[k]
        width = len(one.notes[k]) * _LETTER + 4
        end = min(x + width, place.right)
        box = _box(end - width, y + 15, one.notes[k])
        if not any(_touch(box, other) for other in taken):
            taken.append(box)
            yield label(end, y + 15, one.notes[k], "note", text_anchor="end")


def _box(left: float, base: float, text: str) -> Box:
    return left, left + len(text) * _LETTER + 4, base - _LINE + 3, base + 3


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
