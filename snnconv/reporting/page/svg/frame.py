"""Grid lines, ticks and titles of axes."""

from collections.abc import Iterator

from markupsafe import Markup

from snnconv.reporting.page.svg.axis import Field
from snnconv.reporting.page.svg.element import element, label

_TICK = 15.0
_TITLE = 32.0


def frame(field: Field) -> Iterator[Markup]:
    """Draw what stands behind the data.

    Parameters
    ----------
    field : Field

    Yields
    ------
    Markup
    """
    for value in field.y.ticks:
        y = field.at_y(value)
        yield element("path", d=f"M{field.left:.1f} {y:.1f}H{field.right:.1f}", class_="grid")
        yield label(field.left - 6, y + 4, field.y.format(value), "tick", text_anchor="end")
    yield element("path", d=f"M{field.left:.1f} {field.bottom:.1f}H{field.right:.1f}", class_="axis")
    yield from x_ticks(field)
    yield label(field.left + field.width / 2, field.bottom + _TITLE, field.x.title, "axis-title", text_anchor="middle")
    # above the axis, not turned: nobody reads with a tilted head
    yield label(2, field.top - 10, field.y.title, "axis-title")


def x_ticks(field: Field) -> Iterator[Markup]:
    """Draw the ticks of the axis below."""
    for value in field.x.ticks:
        x = field.at_x(value)
        yield element("path", d=f"M{x:.1f} {field.bottom:.1f}v4", class_="axis")
        yield label(x, field.bottom + _TICK, field.x.format(value), "tick", text_anchor="middle")
