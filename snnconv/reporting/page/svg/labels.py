"""Names of curves and level lines, in a column of their own at the right of a chart."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from snnconv.reporting.page.svg.axis import Field
from snnconv.reporting.page.svg.element import label
from snnconv.reporting.page.svg.line import dots, line
from snnconv.reporting.page.svg.series import COLOURS, Rule, Series, stroke
from snnconv.reporting.page.svg.spread import spread

_LETTER, _BOLD = 7.6, 8.2
"""Mean width of a letter."""
_FROM, _TO, _TEXT = 3.0, 20.0, 24.0
"""Where a sample of the stroke begins and ends, and the text begins, from the edge of the curves on."""
_LINE = 14.0
_BASE = 4.0
"""From the middle of a line of text to its base."""
_EARLY = 2.0
"""Distance from the right edge from which a curve counts as ending early."""
_MOST = 0.4
"""Part of the picture that the column takes at most."""


def named(series: Sequence[Series]) -> list[Series]:
    """Give the curves that have a name."""
    return [one for one in series if one.label and len(one.x)]


def room(series: Sequence[Series], rules: Sequence[Rule], least: float, width: float) -> float:
    """Give the width of the column: what its longest text takes, `least` without a name."""
    if not named(series):
        return least
    texts = [len(one.label) * _BOLD for one in named(series)] + [len(rule.label) * _LETTER for rule in rules]
    return min(max(texts) + _TEXT + 4, width * _MOST)


def column(place: Field, series: Sequence[Series], rules: Sequence[Rule]) -> Iterator[Markup]:
    """Write the names at the heights where curves end and lines lie, moved apart.

    A curve that reaches the edge is led on to its name. One that ends early gets a ring at its end, and a sample of
    its stroke before its name: a leader would run along the others.
    """
    curves = named(series)
    ends = [(place.at_x(one.x[-1]), place.at_y(one.y[-1])) for one in curves]
    levels = [place.at_y(rule.at) for rule in rules]
    places = spread([*(y for _, y in ends), *levels], _LINE, place.top, place.bottom)
    x0, x1 = place.right + _FROM, place.right + _TO
    for one, (x, y), at in zip(curves, ends, places, strict=False):
        early = x < place.right - _EARLY
        if early:
            yield dots([(x, y)], f"ring s{one.style % COLOURS}", 4)
        # a steep leader would cross the names between
        level = early or abs(at - y) > _LINE
        yield line([(x0, at if level else y), (x1, at)], f"line key {stroke(one.style)}")
        yield label(place.right + _TEXT, at + _BASE, one.label, f"label s{one.style % COLOURS}")
    for rule, y, at in zip(rules, levels, places[len(curves) :], strict=True):
        style = "" if rule.style is None else f" s{rule.style % COLOURS}"
        yield line([(x0, y), (x1, at)], f"rule{style}")
        yield label(place.right + _TEXT, at + _BASE, rule.label, f"note{style}")
