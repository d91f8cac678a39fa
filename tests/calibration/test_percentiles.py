"""Percentiles from the histograms against numpy's, and the largest number exactly."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from snnconv.calibration.collector import Collector
from snnconv.calibration.statistics import ValueKind, ValueStatistics
from snnconv.errors import CalibrationError

Array = np.ndarray[Any, Any]

# the law of the grid; below 2^-126 its bins are 2^-133 wide
RELATIVE, ABSOLUTE = 2.0**-7, 2.0**-133
PERCENTS = [1e-9, 1.0, 50.0, 99.0, 99.9, 99.99, 100.0]


def collected(*batches: Array, kind: ValueKind = ValueKind.RELU) -> ValueStatistics:
    collector = Collector("value", kind, batches[0].shape[1])
    for batch in batches:
        collector.add(batch)
    return collector.result()


def exact(values: Array, percent: float, nonzero: bool) -> float:
    """Give numpy's percentile of the activations max(x, 0)."""
    activations = np.maximum(values.astype(np.float64), 0).reshape(-1)
    if nonzero:
        # what the grid counts as zero
        activations = activations[activations >= ABSOLUTE]
    return float(np.percentile(activations, percent, method="inverted_cdf")) if len(activations) else 0.0


def check(values: Array, percent: float, nonzero: bool) -> None:
    """Compare all percentiles of values (N, C, ...)."""
    statistics = collected(values)
    channels = [values[:, c] for c in range(values.shape[1])]
    pairs = [
        (statistics.percentile(percent, nonzero), exact(values, percent, nonzero)),
        *zip(
            statistics.channel_percentiles(percent, nonzero),
            [exact(channel, percent, nonzero) for channel in channels],
            strict=True,
        ),
    ]
    for found, expected in pairs:
        if percent == 100 and expected >= ABSOLUTE:
            assert found == expected
        assert abs(found - expected) <= RELATIVE * expected + ABSOLUTE


FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(0, 3, width=32)


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 20), st.integers(1, 3), st.integers(1, 4)),
        elements=st.one_of(FLOATS, POSITIVE, st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0**-126, 1e-30])),
    ),
    st.one_of(st.floats(0, 100), st.sampled_from(PERCENTS)),
    st.booleans(),
)
def test_any_percentile_of_any_numbers_is_within_the_law(values: Array, percent: float, nonzero: bool) -> None:
    check(values, percent, nonzero)


DRAWS = {
    "normal": lambda random, size: random.normal(size=size),
    "heavy tail": lambda random, size: random.standard_cauchy(size),
    "log-normal": lambda random, size: np.exp(random.normal(0, 5, size)),
    "constant": lambda random, size: np.full(size, 0.3),
    "constant below zero": lambda random, size: np.full(size, -0.3),
    "zero": lambda random, size: np.zeros(size),
    "tiny": lambda random, size: random.normal(0, 1e-30, size),
    "huge": lambda random, size: random.normal(0, 1e30, size),
    "sparse": lambda random, size: np.where(random.random(size) < 0.01, random.random(size), -1),
    "scales": lambda random, size: random.random(size) * 10.0 ** random.integers(-37, 37, size),
}


@pytest.mark.parametrize("nonzero", [False, True])
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_percentiles_of_many_numbers_are_within_the_law(draw: Any, nonzero: bool) -> None:
    values = draw(np.random.default_rng(3), (500, 4, 3, 3)).astype(np.float32)
    for percent in PERCENTS:
        check(values, percent, nonzero)


def test_percentiles_of_real_activations_are_within_the_law(measure, tiny_resnet, tiny_images, run_values) -> None:
    calibration = measure(tiny_images)
    names = [statistics.name for statistics in calibration.values]
    values = run_values(tiny_resnet, names, tiny_images)
    assert len(names) == 10
    for statistics in calibration.values:
        for percent in PERCENTS:
            for nonzero in (False, True):
                found = statistics.percentile(percent, nonzero)
                expected = exact(values[statistics.name], percent, nonzero)
                # float32 of another order of sums can put a number into the next bin: 1e-4 beyond the law
                assert abs(found - expected) <= (RELATIVE + 1e-4) * expected + 1e-6
                found_channels = statistics.channel_percentiles(percent, nonzero)
                for channel, found in enumerate(found_channels):
                    expected = exact(values[statistics.name][:, channel], percent, nonzero)
                    assert abs(found - expected) <= (RELATIVE + 1e-4) * expected + 1e-6


def test_the_hundredth_percentile_is_the_largest_number() -> None:
    values = np.random.default_rng(0).normal(size=(50, 3, 7)).astype(np.float32)
    statistics = collected(values[:20], values[20:])
    assert statistics.percentile(100) == values.max()
    np.testing.assert_array_equal(statistics.channel_percentiles(100), values.max(axis=(0, 2)))
    np.testing.assert_array_equal(statistics.largest, values.max(axis=(0, 2)))


def test_a_percentile_is_never_above_the_largest_number() -> None:
    # just above a bin's lower end, where its middle is above all that was measured
    value = np.nextafter(np.float32(1), np.float32(2))
    assert collected(np.full((3, 1), value)).percentile(99.9) == value


def test_zeros_count_unless_left_out() -> None:
    values = np.concatenate([np.zeros(900), np.full(100, 4.0)]).astype(np.float32).reshape(-1, 1)
    statistics = collected(values)
    assert statistics.percentile(90) == 0
    # the middle of the bin of 4 is above 4, so it is cut to the largest number
    assert statistics.percentile(90.1) == 4
    assert statistics.percentile(0.1, nonzero=True) == 4


def test_channels_are_kept_apart() -> None:
    values = np.zeros((100, 3, 2), np.float32)
    values[:, 1], values[:, 2] = 1, 8
    np.testing.assert_array_equal(collected(values).channel_percentiles(99), [0, 1, 8])
    assert collected(values).percentile(50) == pytest.approx(1, rel=RELATIVE)


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan")])
def test_other_percents_are_refused(percent: float) -> None:
    statistics = collected(np.ones((2, 1), np.float32))
    with pytest.raises(CalibrationError) as caught:
        statistics.percentile(percent)
    assert str(caught.value) == f"a percentile lies between 0 and 100, found {percent:g}"
