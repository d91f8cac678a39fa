"""Rates of a layer's neurons, by hand and as sums."""

import numpy as np
import pytest

from snnconv.measuring.observing.rates import rates, triples
from snnconv.runs.observation import DENSITY_BINS, RATE_BINS


def test_two_images_by_hand() -> None:
    """T = 4: rates 0.25, 1, 0, 0, and 0, 0.5, 0.5, 0 in bins of 1/40 and 1/30; a/λ in bins of 1.2/30 = 0.04."""
    counts = np.array([[1, 4, 0, 0], [0, 2, 2, 0]])
    wanted = np.array([[0.375, 1.25, 0.125, -0.5], [0.0, 0.5, 1.2, 1.19]])
    found = rates(counts, counts, 4, wanted)
    assert (found.spikes, found.highest, found.never) == (9, 4, 4)
    assert {i: int(n) for i, n in enumerate(found.histogram) if n} == {0: 4, 10: 1, 20: 2, 39: 1}
    assert found.fired.tolist() == [True, True, True, False]
    assert found.density is not None
    # 0.375 / 0.04 = 9.4 and 0.25 · 30 = 7.5; what is below 0 or above 1.2 lies in the first and the last bin
    assert set(triples(found.density)) == {
        (0, 0, 2),
        (3, 0, 1),
        (9, 7, 1),
        (12, 15, 1),
        (29, 0, 1),
        (29, 15, 1),
        (29, 29, 1),
    }


@pytest.mark.parametrize("steps", [1, 7, 30, 40, 120, 2500])
def test_every_rate_lies_in_its_bin(steps) -> None:
    """Also at the edges: k/40 is the first rate of bin k, whatever floating point makes of it."""
    counts = np.arange(steps + 1)[None]
    found = rates(counts, counts, steps)
    expected = np.zeros(RATE_BINS, dtype=int)
    for n in range(steps + 1):
        expected[next(k for k in reversed(range(RATE_BINS)) if n * RATE_BINS >= k * steps)] += 1
    assert found.histogram.tolist() == expected.tolist()
    assert found.density is None


def test_sums_do_not_depend_on_how_images_are_cut() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 20, (7, 3, 4, 5))
    counts[:, 0] = 0
    wanted = rng.normal(0.3, 0.5, counts.shape)

    def of(some, a):
        return rates(some, some, 19, a)

    whole = of(counts, wanted)
    parts = of(counts[:2], wanted[:2]) + of(counts[2:3], wanted[2:3]) + of(counts[3:], wanted[3:])
    assert (parts.spikes, parts.highest, parts.never) == (whole.spikes, whole.highest, whole.never)
    for name in ("histogram", "fired", "density"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert whole.density is not None
    assert whole.histogram.sum() == whole.density.sum() == counts.size
    assert whole.density.shape == (DENSITY_BINS, DENSITY_BINS)
    assert 20 <= (~whole.fired).sum() < 60
    assert whole.spikes == counts.sum()
