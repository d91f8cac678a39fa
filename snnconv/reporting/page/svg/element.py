"""Elements of SVG, escaped by construction."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from snnconv.reporting.page.text import harmless

Attribute = str | float | int | None

_SIZES = ((200, "small"), (400, "compact"), (460, "narrow"), (float("inf"), "broad"))
"""Pictures below a width: the style sheet says how far each kind stretches."""


def number(value: float) -> str:
    """Give a coordinate with one decimal, as short as it gets."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(tag: str, *children: str, **attributes: Attribute) -> Markup:
    """Make an element.

    Parameters
    ----------
    tag : str
    *children : str
        Plain text is made harmless and escaped; `Markup` is taken as it is.
    **attributes
        ``class_`` is class, other underscores become hyphens. None leaves the attribute out.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    inner = joined(children)
    return Markup(f"<{tag}{given}>{inner}</{tag}>") if inner else Markup(f"<{tag}{given}/>")  # noqa: S704


def joined(parts: Iterable[str]) -> Markup:
    """Put elements and texts one after another."""
    return Markup("").join(part if isinstance(part, Markup) else escape(harmless(part)) for part in parts)


def label(x: float, y: float, text: str, class_: str | None = None, **attributes: Attribute) -> Markup:
    """Make a text; ``start``, ``middle`` or ``end`` of `anchor` says what lies at x."""
    return element("text", text, x=x, y=y, class_=class_, **attributes)


def picture(name: str, title: str, description: str, width: float, height: float, body: Iterable[str]) -> Markup:
    """Make a whole picture.

    Parameters
    ----------
    name : str
        An id that is unique on the page.
    title, description : str
        What a screen reader says: what it is, and what it shows.
    width, height : float
        In the picture's own units, CSS pixels at full size.
    body : iterable of Markup
    """
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *body,
        id=name,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_=next(kind for limit, kind in _SIZES if width < limit),
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
    )


def _value(value: Attribute) -> str:
    return str(escape(harmless(value))) if isinstance(value, str) else number(float(value or 0))
