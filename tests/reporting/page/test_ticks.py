import pytest

from snnconv.reporting.page.svg.axis import Axis, Field
from snnconv.reporting.page.svg.ticks import linear_ticks, log_ticks, nice_step


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0.1, 0.9, [0.2, 0.4, 0.6, 0.8]),
        (-0.02, 0.06, [-0.02, 0, 0.02, 0.04, 0.06]),
        (0, 0.3, [0, 0.1, 0.2, 0.3]),
        (3, 3, [3]),
    ],
)
def test_linear_ticks_are_round_and_within_the_range(low: float, high: float, ticks: list[float]) -> None:
    assert linear_ticks(low, high) == pytest.approx(ticks)


@pytest.mark.parametrize("high", [0.013, 0.7, 1.0, 3.3, 9.99, 1234.5, 8.7e9])
def test_there_are_a_few_linear_ticks_for_any_range(high: float) -> None:
    assert 3 <= len(linear_ticks(0, high)) <= 6


@pytest.mark.parametrize(("least", "step"), [(1, 1), (1.1, 2), (2, 2), (3, 5), (6, 10), (0.013, 0.02), (70, 100)])
def test_a_step_is_1_2_or_5_times_a_power_of_ten(least: float, step: float) -> None:
    assert nice_step(least) == pytest.approx(step)


def test_logarithmic_ticks() -> None:
    assert log_ticks(1, 350, base=2) == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert log_ticks(0.5, 2000) == [1, 10, 100, 1000]
    # within one power of ten
    assert log_ticks(30, 90) == pytest.approx([50])
    assert log_ticks(1.5, 8) == pytest.approx([2, 5])
    # too many: every second, every third …
    assert log_ticks(1, 1e8, most=5) == [1, 1e2, 1e4, 1e6, 1e8]


def test_an_axis_gives_the_place_of_a_value() -> None:
    assert Axis("", 0, 10).part(2.5) == 0.25
    assert Axis("", 1, 100, base=10).part(10) == pytest.approx(0.5)
    assert Axis("", 1, 64, base=2).part(8) == pytest.approx(0.5)
    # beyond the ends: at the end
    assert Axis("", 0, 10).part(11) == 1
    assert Axis("", 1, 100, base=10).part(0) == 0
    assert Axis("", 4, 4).part(4) == 0.5


def test_y_goes_upwards() -> None:
    field = Field(left=10, top=20, width=100, height=50, x=Axis("", 0, 1), y=Axis("", 0, 1))
    assert (field.at_x(0.5), field.at_y(0), field.at_y(1)) == (60, 70, 20)
