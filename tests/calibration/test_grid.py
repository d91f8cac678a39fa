"""The histogram's grid."""

import numpy as np

from snnconv.calibration.grid import LAST_CODE, RELATIVE_ERROR, high_edges, low_edges

CODES = np.arange(1, LAST_CODE + 1)


def test_the_relative_error_is_the_one_promised() -> None:
    assert RELATIVE_ERROR == 2**-7


def test_bins_follow_each_other_without_gaps() -> None:
    np.testing.assert_array_equal(high_edges(CODES[:-1]), low_edges(CODES[1:]))


def test_bins_are_as_narrow_as_promised() -> None:
    low, last = low_edges(CODES), high_edges(CODES[:-1])
    normal = low[:-1] >= 2.0**-126
    assert ((last - low[:-1])[normal] <= RELATIVE_ERROR * low[:-1][normal]).all()
    assert ((last - low[:-1])[~normal] == 2.0**-133).all()


def test_the_last_bin_holds_the_largest_float32() -> None:
    largest = np.finfo(np.float32).max
    assert int(np.float32(largest).view(np.int32)) >> 16 == LAST_CODE
    assert low_edges(np.array([LAST_CODE]))[0] <= largest


def test_codes_are_the_upper_halves_of_float32() -> None:
    # 1 = 127 · 2^7, and 2^-7 more is the next bin
    np.testing.assert_array_equal(low_edges(np.array([0, 1, 127 << 7, (127 << 7) + 1])), [0, 2**-133, 1, 1 + 2**-7])
