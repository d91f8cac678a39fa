"""Histograms as small multiples: upright bars on a logarithmic scale of counts."""

from collections.abc import Sequence
from math import log10

from markupsafe import Markup

from snnconv.reporting.page.svg.chart import COLOURS
from snnconv.reporting.page.svg.element import element, label, number, picture

WIDTH, HEIGHT = 160.0, 96.0
_LEFT, _TOP, _BOTTOM = 4.0, 6.0, 16.0


def histogram(name: str, title: str, description: str, counts: Sequence[int], first: int, style: int) -> Markup:
    """Draw counts over 0 … 1.

    Parameters
    ----------
    name, title, description : str
    counts : sequence of int
        In bins of equal width.
    first : int
        How many of the first bin are exactly 0: drawn apart, hatched by being paler.
    style : int
        Number of the colour.
    """
    width, height = WIDTH - 2 * _LEFT, HEIGHT - _TOP - _BOTTOM
    bottom, each = _TOP + height, width / len(counts)
    most = log10(max([*counts, 1]) + 1)

    def tall(count: int) -> float:
        return height * log10(count + 1) / most

    columns = "".join(
        f"M{number(_LEFT + k * each)} {number(bottom)}v{number(-tall(c))}h{number(each - 0.6)}v{number(tall(c))}z"
        for k, c in enumerate(counts)
        if c
    )
    body = [element("path", d=columns, class_=f"bar s{style % COLOURS}")]
    if first:
        body.append(element("path", d=f"M{number(_LEFT)} {number(bottom)}v{number(-tall(first))}", class_="silent"))
    body.append(element("path", d=f"M{_LEFT:.0f} {number(bottom)}h{number(width)}", class_="axis"))
    for at, text, anchor in ((0.0, "0", "start"), (0.5, "0.5", "middle"), (1.0, "1", "end")):
        body.append(label(_LEFT + at * width, HEIGHT - 3, text, "tick", text_anchor=anchor))
    return picture(name, title, description, WIDTH, HEIGHT, body)
