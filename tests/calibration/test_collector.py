"""Streaming: batches, moments, what lies outside the table, and numbers that cannot be used."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconv.calibration import collector as module
from snnconv.calibration.collector import Collector
from snnconv.calibration.statistics import ValueKind, ValueStatistics
from snnconv.errors import ModelError

Array = np.ndarray[Any, Any]


def collected(*batches: Array) -> ValueStatistics:
    collector = Collector("relu1", ValueKind.RELU, batches[0].shape[1])
    for batch in batches:
        collector.add(batch)
    return collector.result()


def bins(values: Array) -> list[dict[int, int]]:
    """Count each channel's positive numbers by the upper half of their bits, one by one."""
    result = []
    for channel in range(values.shape[1]):
        codes = [int(number.view(np.int32)) >> 16 for number in values[:, channel].reshape(-1) if number > 0]
        result.append({code: codes.count(code) for code in sorted(set(codes) - {0})})
    return result


def counted(statistics: ValueStatistics) -> list[dict[int, int]]:
    pieces = zip(statistics.offsets[:-1], statistics.offsets[1:], strict=True)
    return [dict(zip(statistics.codes[a:b].tolist(), statistics.counts[a:b].tolist(), strict=True)) for a, b in pieces]


def draw(seed: int = 0, shape: tuple[int, ...] = (12, 3, 2, 2)) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_a_result_by_hand() -> None:
    statistics = collected(np.array([[1.0, -1.0], [1.0, 0.0], [3.0, -2.0], [-5.0, 0.0]], np.float32))
    assert (statistics.name, statistics.kind, statistics.count, statistics.channels) == ("relu1", "relu", 4, 2)
    # 1 = 127 · 2^7 and 3 = 1.5 · 2 = 128 · 2^7 + 64
    assert counted(statistics) == [{127 << 7: 2, (128 << 7) + 64: 1}, {}]
    assert statistics.largest.tolist() == [3, 0]
    assert statistics.mean.tolist() == [0, -0.75]
    assert statistics.variance.tolist() == [9, 0.6875]
    types = {name: getattr(statistics, name).dtype.name for name in ("offsets", "codes", "counts", "largest", "mean")}
    assert types == {
        "offsets": "int64",
        "codes": "uint16",
        "counts": "int64",
        "largest": "float32",
        "mean": "float64",
    }


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 5), (6, 3, 4, 5)], ids=["flat", "one axis", "two axes"])
def test_every_number_is_counted_once(shape: tuple[int, ...]) -> None:
    values = draw(shape=shape)
    statistics = collected(values)
    assert counted(statistics) == bins(values)
    assert statistics.count == values.size // 3


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.sampled_from([1e-3, 1.0, 1e6]))
def test_the_size_of_the_batches_changes_no_count(seed: int, size: int, spread: float) -> None:
    values = draw(seed) * np.float32(spread) ** draw(seed + 1)
    whole = collected(values)
    parts = collected(*(values[start : start + size] for start in range(0, len(values), size)))
    for name in ("count", "offsets", "codes", "counts", "largest"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
    # one map of 4 numbers is summed in float32, in an order that NumPy may choose by the shape: 4 · 2^-24
    scale = np.square(values.astype(np.float64)).mean(axis=(0, 2, 3))
    assert (np.abs(parts.mean - whole.mean) <= 2.0**-22 * np.sqrt(scale)).all()
    assert (np.abs(parts.variance - whole.variance) <= 2.0**-21 * scale).all()


@pytest.mark.parametrize("offset", [0.0, 1.0, 10.0])
@pytest.mark.parametrize("batch", [1, 7, 100])
def test_mean_and_variance_are_those_of_all_numbers(offset: float, batch: int) -> None:
    values = draw(shape=(100, 4, 8, 8)) + np.float32(offset)
    statistics = collected(*(values[start : start + batch] for start in range(0, 100, batch)))
    wide = values.astype(np.float64)
    # sums over one map of 64 numbers are float32: 64 · 2^-24 of its squares at most, far less on average
    scale = np.square(wide).mean(axis=(0, 2, 3))
    assert (np.abs(statistics.mean - wide.mean(axis=(0, 2, 3))) <= 4e-6 * np.sqrt(scale)).all()
    assert (np.abs(statistics.variance - wide.var(axis=(0, 2, 3))) <= 4e-6 * scale).all()


def test_the_variance_of_a_constant_is_not_below_zero() -> None:
    statistics = collected(*(np.full((5, 2, 7, 7), 0.1, np.float32) for _ in range(3)))
    assert (statistics.variance >= 0).all()
    # only rounding of float32 squares is left
    assert (statistics.variance <= 1e-6 * 0.01).all()


@pytest.mark.parametrize("offset", [2.5, 1e3, -1e3, 1e5])
@pytest.mark.parametrize("shape", [(64, 4, 32, 32), (200, 4)], ids=["maps", "flat"])
@pytest.mark.parametrize("batch", [64, 7])
def test_the_variance_is_kept_far_from_zero(offset: float, shape: tuple[int, ...], batch: int) -> None:
    values = draw(shape=shape) + np.float32(offset)
    values[:, 1] -= np.float32(offset)  # and one channel near zero
    statistics = collected(*(values[start : start + batch] for start in range(0, len(values), batch)))
    wide = values.astype(np.float64)
    axes = tuple(axis for axis in range(values.ndim) if axis != 1)
    # deviations are summed, not squares: rounding of float32 over one map of 1024 numbers
    np.testing.assert_allclose(statistics.variance, wide.var(axis=axes), rtol=1e-5)
    np.testing.assert_allclose(statistics.mean, wide.mean(axis=axes), atol=1e-5)


def test_numbers_outside_the_table_are_counted() -> None:
    # the first batch sets the table to 24 octaves from 2^-21 to 2^3 of its largest number
    first = draw()
    far = np.array([1e-30, 1e-20, 1e20, 1e30, 3.4e38, -1e30, 1e-44, 0.0, 2.0**-133], np.float32)
    later = np.repeat(far, 4).reshape(12, 3).astype(np.float32)[:, :, None, None] * np.ones((1, 1, 2, 2), np.float32)
    statistics = collected(first, later, later)
    assert counted(statistics) == bins(np.concatenate([first, later, later]))
    assert all(np.all(np.diff(list(channel)) > 0) for channel in counted(statistics))


@pytest.mark.parametrize("first", [0.0, -1.0, 1e-44, 1e-30, 3.4e38], ids=str)
def test_any_first_batch_can_set_the_table(first: float) -> None:
    values = np.full((4, 2), first, np.float32)
    second = np.abs(draw(shape=(50, 2)))
    statistics = collected(values, second)
    assert counted(statistics) == bins(np.concatenate([values, second]))


def test_counts_beyond_32_bits_are_kept() -> None:
    values = draw()
    collector = Collector("value", ValueKind.RELU, 3)
    collector.add(values)
    # as after 2^32 - 1 equal numbers in every bin, without measuring them
    collector._table[collector._table > 0] = 2**32 - 1
    collector._count = 2**32
    collector.add(values)
    assert counted(collector.result()) == [
        {code: 2**32 - 1 + number for code, number in channel.items()} for channel in bins(values)
    ]


def test_counts_below_32_bits_stay_small() -> None:
    collector = Collector("value", ValueKind.RELU, 3)
    collector.add(draw())
    assert collector._table.dtype == np.uint32


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_by_name(bad: float) -> None:
    values = draw()
    values[3, 1, 0, 1] = bad
    with pytest.raises(ModelError) as caught:
        collected(draw(), values)
    assert str(caught.value) == ("the value relu1 holds NaN or infinity for these images; check model and data")


def test_both_infinities_are_refused() -> None:
    values = draw()
    values[0, 0, 0] = np.inf, -np.inf
    with pytest.raises(ModelError, match="holds NaN or infinity"):
        collected(values)


def test_finite_numbers_whose_squares_are_beyond_float32_are_measured() -> None:
    values = draw() * np.float32(1e38)
    statistics = collected(values[:5], values[5:])
    wide = values.astype(np.float64)
    # float64 throughout
    np.testing.assert_allclose(statistics.mean, wide.mean(axis=(0, 2, 3)), rtol=1e-9)
    np.testing.assert_allclose(statistics.variance, wide.var(axis=(0, 2, 3)), rtol=1e-9)


def test_the_batch_is_not_changed() -> None:
    values = draw()
    before = values.copy()
    collected(values)
    np.testing.assert_array_equal(values, before)


def test_values_that_are_not_contiguous_are_measured_alike() -> None:
    values = draw()
    turned = np.ascontiguousarray(values.transpose(3, 1, 2, 0)).transpose(3, 1, 2, 0)
    assert not turned.flags.c_contiguous
    assert counted(collected(turned)) == counted(collected(values))


def test_the_table_has_24_octaves() -> None:
    assert module._COLUMNS == 24 * 128


@pytest.mark.parametrize("cap", [0.5, 6.0, 1e-3])
def test_numbers_above_a_cap_count_as_the_cap(cap: float) -> None:
    values = draw(shape=(20, 3, 4, 4)) * np.float32(4)
    collector = Collector("relu6", ValueKind.RELU, 3, cap)
    for start in range(0, 20, 7):
        collector.add(values[start : start + 7])
    statistics = collector.result()
    capped = np.minimum(values, np.float32(cap))
    assert counted(statistics) == bins(capped)
    np.testing.assert_array_equal(statistics.largest, np.maximum(capped, 0).max(axis=(0, 2, 3)))
    # mean and variance are those before the ReLU
    wide = values.astype(np.float64)
    np.testing.assert_allclose(statistics.mean, wide.mean(axis=(0, 2, 3)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(statistics.variance, wide.var(axis=(0, 2, 3)), rtol=1e-4)


def test_a_cap_does_not_change_the_batch() -> None:
    values = draw()
    before = values.copy()
    Collector("relu6", ValueKind.RELU, 3, 0.1).add(values)
    np.testing.assert_array_equal(values, before)
