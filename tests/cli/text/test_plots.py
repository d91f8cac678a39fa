import pytest

from snnconv.cli.text.plots import HEIGHT, WIDTH, Series, by_steps, sparkline


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], ""), ([0.0], " "), ([0.5], "█"), ([8.0, 4.0, 1.0, 0.01, 0.0], "█▄▁▁ ")],
)
def test_a_sparkline_by_hand(values: list[float], expected: str) -> None:
    assert sparkline(values) == expected


def test_many_values_share_bars() -> None:
    line = sparkline([*[1.0] * 999, 8.0])
    assert len(line) == WIDTH
    assert line == "▁" * (WIDTH - 1) + "█"


def _marked(lines: list[str], mark: str) -> list[int]:
    return [index for index, line in enumerate(lines[:HEIGHT]) if mark in line[8:]]


def test_the_largest_value_is_on_top_and_the_least_below() -> None:
    lines = by_steps([Series("•", [1, 2, 4], [0.0, 40.0, 100.0])])
    assert _marked(lines, "•") == list(range(HEIGHT))
    assert lines[0].startswith(" 100.0 ┤")
    assert lines[0].endswith("•")
    assert lines[HEIGHT - 1].startswith("   0.0 ┤•")


def test_steps_are_named_below() -> None:
    axis = by_steps([Series("•", [1, 2, 4, 350], [0.0, 1.0, 2.0, 3.0])])[-1]
    assert axis.split() == ["1", "2", "4", "8", "16", "32", "64", "128", "350", "T"]


def test_a_level_is_a_line() -> None:
    lines = by_steps([Series("•", [1, 2], [10.0, 12.0])], level=20.0)
    assert _marked(lines, "╌") == [0]


def test_the_first_curve_is_drawn_on_top() -> None:
    lines = by_steps([Series("1", [1, 2], [10.0, 10.0]), Series("2", [1, 2], [10.0, 10.0])])
    assert _marked(lines, "1") == [HEIGHT - 1]
    assert _marked(lines, "2") == []


@pytest.mark.parametrize("steps", [[1], [1, 2], list(range(1, 2501))])
@pytest.mark.parametrize("value", [0.0, 50.0, 100.0])
def test_it_fits_80_columns(steps: list[int], value: float) -> None:
    lines = by_steps([Series("•", steps, [value] * len(steps))], level=value)
    assert max(map(len, lines)) < 80
    assert len(_marked(lines, "•")) == 1
