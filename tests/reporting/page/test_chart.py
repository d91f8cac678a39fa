"""Names of curves, and curves that lie on each other."""

import itertools
import xml.etree.ElementTree as ET

from snnconv.reporting.page.svg.axis import Axis
from snnconv.reporting.page.svg.chart import WIDTH, Chart, Rule, Series, draw, lying

X, Y = Axis("x", 0, 10), Axis("y", 0, 1)


def _chart(*series: Series, rules: tuple[Rule, ...] = ()) -> Chart:
    return Chart("t", "d", X, Y, series, rules)


def _texts(chart: Chart, *kinds: str) -> list[tuple[str, float, float]]:
    parsed = ET.fromstring(draw(chart, "fig"))
    found = [text for text in parsed.iter("text") if text.get("class", "").split()[0] in kinds]
    return [(text.text or "", float(text.get("x", "")), float(text.get("y", ""))) for text in found]


def test_names_stand_beside_the_curves_and_apart() -> None:
    short = Series("B T=32", [0, 3], [0.5, 0.9], 1)
    long = Series("A T=350", [0, 10], [0.5, 0.9], 0)
    chart = _chart(long, short, rules=(Rule("ANN 90 %", 0.9, None),))
    texts = _texts(chart, "label", "note")
    assert [text for text, _, _ in texts] == ["A T=350", "B T=32", "ANN 90 %"]
    parsed = ET.fromstring(draw(chart, "fig"))
    line = next(path for path in parsed.iter("path") if path.get("class") == "line s0 d0")
    edge = float(line.get("d", "").split("L")[1].split()[-2])
    assert all(edge < x and x + 7 * len(text) < WIDTH for text, x, _ in texts)
    heights = sorted(y for _, _, y in texts)
    assert all(b - a >= 13 for a, b in itertools.pairwise(heights))
    # the curve that ends early is marked where it ends
    assert [path.get("class") for path in parsed.iter("path") if "ring" in path.get("class", "")] == ["ring s1"]


def test_numbers_beside_curves_do_not_touch() -> None:
    notes = {1: "16", 2: "64"}
    one, other = (Series(name, [0, 5, 6], [0.5, 0.6, 0.6], k, notes=notes) for k, name in enumerate("AB"))
    assert [text for text, _, _ in _texts(_chart(one, other), "note")] == ["64", "16"]


def test_curves_that_lie_on_each_other_are_named() -> None:
    long = Series("A", [0, 5, 10], [0.0, 0.5, 1.0], 0)
    under = Series("C", [0, 2, 4], [0.0, 0.2, 0.4], 1)
    apart = Series("B", [0, 4], [0.3, 0.7], 2)
    assert lying(_chart(long, apart, under)) == " C lies on A."
    assert lying(_chart(long, apart)) == ""
    # of two alike the second
    assert lying(_chart(long, Series("D", [0, 10], [0.0, 1.0], 3))) == " D lies on A."


def test_a_curve_that_only_touches_another_does_not_lie_on_it() -> None:
    flat = Series("A", [0, 5, 10], [0.5, 0.5, 0.5], 0)
    rising = Series("B", [0, 4, 5, 6, 8], [0.1, 0.4, 0.5, 0.6, 0.8], 1)
    assert lying(_chart(flat, rising)) == ""
    point = Series("C", [5], [0.5], 2)
    assert lying(_chart(flat, point)) == " C lies on A."
