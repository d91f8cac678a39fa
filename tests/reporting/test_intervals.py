from math import comb

import numpy as np
import pytest

from snnconv.reporting.intervals import Z95, paired_difference, wilson

# expected values below were worked out by hand to the digits given; the tolerances are half of the last one
FOUR_DIGITS = 5e-5


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # z² = 3.841459: (5 + 1.920729 ± 1.959964 √(15/8 + 0.960365)) / 11.841459
        (5, 8, 0.3057, 0.8632),
        # at 0 the low end is 0, the high end z² / (n + z²)
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        # (81 + 1.920729 ± 1.959964 √(81·182/263 + 0.960365)) / 266.841459
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_by_hand(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right, n) == pytest.approx((low, high), abs=FOUR_DIGITS)


def test_wilson_stays_within_0_and_1_exactly() -> None:
    for n in range(1, 200):
        assert wilson(0, n)[0] == 0.0
        assert wilson(n, n)[1] == 1.0


@pytest.mark.parametrize("p", [0.1, 0.5, 0.93])
def test_wilson_covers_about_95_percent(p: float) -> None:
    n = 200
    covered = sum(
        comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1) if wilson(k, n)[0] <= p <= wilson(k, n)[1]
    )
    # exact, not sampled; with 200 images the steps of the binomial move the coverage by up to two points
    assert covered == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("right", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_what_is_no_share(right: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"no share: {right} of {n}"):
        wilson(right, n)


@pytest.mark.parametrize(
    ("b", "c", "n", "points", "low", "high"),
    [
        # n' = 10: 0.1 ± 1.959964 √(4 − 0.1) / 10
        (2, 1, 8, 12.5, -28.7062, 48.7062),
        # n' = 1002: 20/1002 ± 1.959964 √(61 − 400/1002) / 1002
        (40, 20, 1000, 2.0, 0.4733, 3.5187),
        # nothing differs, and still the interval has a width: ± 1.959964 / 102
        (0, 0, 100, 0.0, -1.9215, 1.9215),
        # n' = 3: 1/3 ± 1.959964 √(2 − 1/3) / 3, cut at 100
        (1, 0, 1, 100.0, -51.0101, 100.0),
    ],
)
def test_paired_difference_by_hand(b: int, c: int, n: int, points: float, low: float, high: float) -> None:
    found = paired_difference(b, c, n)
    assert found.points == points
    assert (found.low, found.high) == pytest.approx((low, high), abs=FOUR_DIGITS)


def test_exchanging_the_two_changes_the_sign() -> None:
    one, other = paired_difference(7, 3, 50), paired_difference(3, 7, 50)
    assert (one.points, one.low, one.high) == (-other.points, -other.high, -other.low)


def test_estimate_compares_exactly_with_a_limit_in_points() -> None:
    assert paired_difference(7, 0, 1000).points == 0.7
    assert paired_difference(30, 1, 10000).points == 0.29


@pytest.mark.parametrize(("b", "c", "n"), [(0, 0, 0), (-1, 0, 5), (0, -1, 5), (3, 3, 5)])
def test_paired_difference_refuses_what_is_no_table(b: int, c: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"no table of pairs: {b} and {c} of {n}"):
        paired_difference(b, c, n)


@pytest.mark.parametrize(("share_b", "share_c", "n"), [(0.10, 0.05, 200), (0.03, 0.02, 500)])
def test_paired_interval_covers_about_95_percent(share_b: float, share_c: float, n: int) -> None:
    draws = np.random.default_rng(5).multinomial(n, [share_b, share_c, 1 - share_b - share_c], size=4000)
    true = 100 * (share_b - share_c)
    covered = 0
    for b, c, _ in draws.tolist():
        found = paired_difference(b, c, n)
        covered += found.low <= true <= found.high
    # the standard error of 4000 draws is 0.0034; an interval that forgets the pairing covers more than 0.99
    assert covered / len(draws) == pytest.approx(0.95, abs=0.015)


def test_z_is_that_of_95_percent() -> None:
    assert pytest.approx(1.959964, abs=5e-7) == Z95
