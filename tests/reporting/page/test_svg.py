import base64
import io
import itertools
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from PIL import Image

from snnconv.reporting.page.svg.axis import Axis
from snnconv.reporting.page.svg.bars import Bar, bars
from snnconv.reporting.page.svg.bitmap import DIVERGING, SEQUENTIAL, colour_at, map_png, picture_png
from snnconv.reporting.page.svg.chart import Chart, Rule, Series, draw
from snnconv.reporting.page.svg.element import element, number, picture
from snnconv.reporting.page.svg.heat import shaded
from snnconv.reporting.page.svg.line import path, thinned
from snnconv.reporting.page.svg.spread import spread

HOSTILE = "</text><script>alert('1')</script>\u202e\"&"


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (1.25, "1.2"), (-0.01, "0"), (33.333, "33.3"), (-2.06, "-2.1")]
)
def test_coordinates_have_one_decimal(value: float, text: str) -> None:
    assert number(value) == text


def test_text_and_attributes_are_escaped() -> None:
    made = element("text", HOSTILE, class_=HOSTILE, x=1.5)
    parsed = ET.fromstring(made)
    assert parsed.text == parsed.get("class") == HOSTILE.replace("\u202e", "\\u202e")
    assert "<script" not in made


def test_markup_inside_an_element_stays_markup() -> None:
    assert element("g", element("path", d="M0 0")) == '<g><path d="M0 0"/></g>'
    assert isinstance(element("g"), Markup)


def test_a_picture_has_a_name_and_a_description() -> None:
    parsed = ET.fromstring(picture("fig-1", "What", "It shows", 100, 50, []))
    assert parsed.get("role") == "img"
    assert parsed.get("aria-labelledby") == "fig-1-title fig-1-desc"
    assert [(child.tag, child.text) for child in parsed] == [("title", "What"), ("desc", "It shows")]


def test_a_chart_draws_its_points() -> None:
    chart = Chart(
        "t", "d", Axis("x", 0, 1), Axis("y", 0, 1), (Series("", [0, 1], [0, 1], 0),), (Rule("ANN", 0.5, None),)
    )
    parsed = ET.fromstring(draw(chart, "fig"))
    lines = {p.get("class"): p.get("d") for p in parsed.iter("path")}
    # 50 from the left, 16 free at the right of 440; 30 above, 42 below of 280
    assert lines["line s0 d0"] == "M50 238L424 30"
    assert lines["rule"] == "M50 134L424 134"


def test_strokes_of_the_first_twelve_curves_differ() -> None:
    from snnconv.reporting.page.svg.chart import stroke

    assert len({stroke(k) for k in range(12)}) == 12


def test_bars_are_as_long_as_their_values() -> None:
    rows = [Bar("a", 1.0, "1"), Bar("b", 0.5, "½"), Bar("c", None, "not priced")]
    parsed = ET.fromstring(bars("fig", "t", "d", Axis("v", 0, 1), rows))
    widths = [float(rect.get("width", "")) for rect in parsed.iter("rect")]
    assert len(widths) == 2
    assert widths[0] == 2 * widths[1]
    assert "not priced" in [text.text for text in parsed.iter("text")]


def test_neighbouring_cells_of_a_shade_are_one_rectangle() -> None:
    paths = shaded([(0, 0, 1.0), (1, 0, 0.99), (3, 0, 1.0), (0, 1, 0.01), (5, 5, 0.0)], 0, 0, 10, 10)
    assert [str(p) for p in paths] == [
        '<path d="M0 10h10v10h-10z" class="heat h0"/>',
        '<path d="M0 0h20v10h-20zM30 0h10v10h-10z" class="heat h5"/>',
    ]


def test_a_line_loses_only_points_that_nobody_sees() -> None:
    assert thinned([(0, 0), (0.1, 0.1), (5, 5), (6, 5), (7, 5), (8, 9)]) == [(0, 0), (5, 5), (7, 5), (8, 9)]
    assert path([(0, 0), (5, 5.25)]) == "M0 0L5 5.2"
    assert path([]) == ""


@given(st.lists(st.floats(0, 300), max_size=12))
def test_labels_are_moved_apart_and_stay_in_order(places: list[float]) -> None:
    moved = spread(places, 14, 0, 300)
    order = sorted(range(len(places)), key=lambda k: (places[k], k))
    inside = [moved[k] for k in order]
    assert all(b - a >= 14 - 1e-9 for a, b in itertools.pairwise(inside))
    assert all(0 <= place <= 300 for place in moved)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([50, 10, 90], 14, 0, 100) == [50, 10, 90]


def _image(href: str) -> Image.Image:
    kind, data = href.split(",", 1)
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_map_has_one_pixel_for_each_value() -> None:
    image = _image(map_png([[0.0, 1.0, 9.0], [-1.0, 0.5, 0.0]], 0, 1, SEQUENTIAL)).convert("RGB")
    assert image.size == (3, 2)
    assert image.getpixel((0, 0)) == image.getpixel((0, 1)) == SEQUENTIAL[0]
    assert image.getpixel((1, 0)) == image.getpixel((2, 0)) == SEQUENTIAL[-1]


def test_the_middle_of_a_diverging_map_is_neutral() -> None:
    red, green, blue = colour_at(DIVERGING, 0.5)
    assert max(red, green, blue) - min(red, green, blue) < 5


def test_the_brightness_of_a_sequential_map_rises() -> None:
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (colour_at(SEQUENTIAL, k / 63) for k in range(64))]
    assert all(a < b for a, b in itertools.pairwise(light))


@pytest.mark.parametrize("channels", [1, 3])
def test_an_input_is_shown_as_it_is(channels: int) -> None:
    image = _image(picture_png([[[10] * channels, [200] * channels]]))
    assert image.size == (2, 1)
    assert image.getpixel((1, 0)) == (200 if channels == 1 else (200, 200, 200))
