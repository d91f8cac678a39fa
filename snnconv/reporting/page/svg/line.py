"""Lines, bands and dots."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from snnconv.reporting.page.svg.axis import Field
from snnconv.reporting.page.svg.element import element, number

Points = Sequence[tuple[float, float]]


def line(points: Points, class_: str) -> Markup:
    """Draw a line through points in the picture's units."""
    return element("path", d=path(points), class_=class_)


def band(field: Field, x: Sequence[float], low: Sequence[float], high: Sequence[float], class_: str) -> Markup:
    """Fill between two curves."""
    upper = [(field.at_x(a), field.at_y(b)) for a, b in zip(x, high, strict=True)]
    lower = [(field.at_x(a), field.at_y(b)) for a, b in zip(x, low, strict=True)]
    return element("path", d=path([*thinned(upper), *reversed(thinned(lower))]) + "z", class_=class_)


def dots(points: Iterable[tuple[float, float]], class_: str, radius: float = 2.5) -> Markup:
    """Draw dots, all in one path: circles of two arcs."""
    r = number(radius)
    circles = "".join(
        f"M{number(x - radius)} {number(y)}a{r} {r} 0 1 0 {number(2 * radius)} 0a{r} {r} 0 1 0 {number(-2 * radius)} 0"
        for x, y in points
    )
    return element("path", d=circles, class_=class_)


def path(points: Points) -> str:
    """Give the commands of a path through points."""
    if not points:
        return ""
    (x, y), *rest = points
    return f"M{number(x)} {number(y)}" + ("L" + " ".join(f"{number(x)} {number(y)}" for x, y in rest) if rest else "")


def thinned(points: Points) -> list[tuple[float, float]]:
    """Leave out points that nobody sees: nearer than half a unit to the one before, or on its level."""
    kept: list[tuple[float, float]] = []
    for index, (x, y) in enumerate(points):
        last = index == len(points) - 1
        if kept and not last:
            before, after = kept[-1], points[index + 1]
            near = abs(x - before[0]) < 0.5 and abs(y - before[1]) < 0.5
            level = round(before[1], 1) == round(y, 1) == round(after[1], 1)
            if near or level:
                continue
        kept.append((x, y))
    return kept
