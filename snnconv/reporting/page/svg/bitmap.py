"""Maps of numbers as PNG pictures in the page."""

import base64
import io
from collections.abc import Sequence
from functools import cache

from markupsafe import Markup
from PIL import Image

from snnconv.reporting.page.svg.element import element

Colour = tuple[int, int, int]

LEVELS = 64
"""Colours of a map: a palette of 256 would be most of a small file."""
SEQUENTIAL: tuple[Colour, ...] = ((10, 26, 58), (38, 74, 110), (95, 118, 130), (168, 160, 116), (255, 236, 140))
"""Dark blue to light yellow: its brightness rises evenly, so that it reads in grey and for the colour-blind."""
DIVERGING: tuple[Colour, ...] = ((176, 68, 0), (238, 168, 118), (246, 246, 244), (130, 180, 216), (0, 96, 160))
"""Vermillion below, near white at the middle, blue above."""

Map = Sequence[Sequence[float]]


def map_png(values: Map, low: float, high: float, colours: tuple[Colour, ...]) -> str:
    """Make a ``data:`` URL of a map, one pixel for each value; values beyond the ends take the colour of the end."""
    height, width = len(values), len(values[0])
    scale = (LEVELS - 1) / (high - low)
    pixels = bytes(min(max(round((v - low) * scale), 0), LEVELS - 1) for row in values for v in row)
    image = Image.frombytes("P", (width, height), pixels)
    image.putpalette(_palette(colours))
    return _url(image)


def picture_png(values: Sequence[Sequence[Sequence[int]]]) -> str:
    """Make a ``data:`` URL of an image, (H, W, 3) or (H, W, 1), 0 … 255."""
    height, width, channels = len(values), len(values[0]), len(values[0][0])
    pixels = bytes(v for row in values for pixel in row for v in pixel)
    return _url(Image.frombytes("RGB" if channels == 3 else "L", (width, height), pixels))


def tile(href: str, x: float, y: float, side: float) -> Markup:
    """Place a PNG; its pixels stay squares."""
    return element("image", href=href, x=x, y=y, width=side, height=side, class_="tile")


def _url(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


@cache
def _palette(colours: tuple[Colour, ...]) -> bytes:
    return b"".join(bytes(colour_at(colours, k / (LEVELS - 1))) for k in range(LEVELS))


def colour_at(colours: tuple[Colour, ...], part: float) -> Colour:
    """Give the colour at a part in [0, 1] of the way, linear between those given."""
    place = part * (len(colours) - 1)
    k = min(int(place), len(colours) - 2)
    near = place - k
    r, g, b = (round(a + (c - a) * near) for a, c in zip(colours[k], colours[k + 1], strict=True))
    return r, g, b
