"""Curves that lie on each other: the eye sees one of them."""

from bisect import bisect_right
from collections.abc import Sequence

from snnconv.reporting.page.svg.axis import Field
from snnconv.reporting.page.svg.series import Series

_NEAR = 2.0
"""Distance in the picture, about the width of a line."""
_SHARE = 0.95


def overlaid(place: Field, series: Sequence[Series]) -> str:
    """Say which named curves lie on others; nothing where all can be told apart.

    A curve lies on another if nearly all of it is within a line's width of it. Of two, the one that ends first does.
    """
    curves = [one for one in series if one.label and one.joined and len(one.x)]
    found = []
    for k, one in enumerate(curves):
        # the longer of two is the one that is seen; of equals, the first
        longer = [other for j, other in enumerate(curves) if (other.x[-1], -j) > (one.x[-1], -k)]
        under = next((other for other in longer if _lies(place, one, other)), None)
        if under is not None:
            found.append(f"{one.label} lies on {under.label}")
    return "; ".join(found)


def _lies(place: Field, one: Series, other: Series) -> bool:
    shared = [(x, y) for x, y in zip(one.x, one.y, strict=True) if other.x[0] <= x <= other.x[-1]]
    near = sum(abs(place.at_y(y) - place.at_y(_value(other, x))) <= _NEAR for x, y in shared)
    return bool(shared) and near >= _SHARE * len(one.x)


def _value(curve: Series, x: float) -> float:
    """Give a curve's value between its points, linear in x."""
    after = min(max(bisect_right(curve.x, x), 1), len(curve.x) - 1)
    if after == 0:
        return curve.y[0]
    x0, x1, y0, y1 = curve.x[after - 1], curve.x[after], curve.y[after - 1], curve.y[after]
    return y0 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
