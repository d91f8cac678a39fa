"""What of a layer is shown."""

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.measuring.observing.pictures import map_layers, most_active, picture, raster_neurons, rows, shrunk


def test_neurons_of_a_raster_by_hand() -> None:
    """11 neurons fired: in the order of activity the first, the second (10 % are before it) and the sixth."""
    counts = np.zeros((2, 2, 5), dtype=np.int32)
    counts.ravel()[[3, 7, 1, 2, 4, 5, 6, 8, 9, 10, 11]] = [20, 19, 9, 9, 9, 9, 1, 1, 1, 1, 1]
    # of four that fired 9 times the last by place is the sixth of all: place 5, (0, 1, 0)
    assert raster_neurons(counts) == ((0, 0, 3), (0, 1, 2), (0, 1, 0))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([0, 0, 0], ()), ([0, 2, 0], ((1,),)), ([1, 4, 0], ((1,), (0,))), ([5, 5, 5], ((0,), (1,)))],
)
def test_few_neurons(counts, expected) -> None:
    assert raster_neurons(np.array(counts)) == expected


def test_neurons_of_a_raster_are_the_same_for_any_order_in_memory() -> None:
    counts = np.random.default_rng(0).integers(0, 4, (5, 6, 7))
    moved = np.moveaxis(np.ascontiguousarray(np.moveaxis(counts, 0, -1)), -1, 0)
    assert raster_neurons(moved) == raster_neurons(counts)
    assert len(raster_neurons(counts)) == 3


def test_layers_with_maps() -> None:
    shapes = [(4, 8, 8), (9,), (4, 1, 1), (4, 1, 8), (4, 8), *((4, 4, 4),) * 18]
    neurons = [ir.Neuron(name=f"n{i}", shape=shape, threshold="t") for i, shape in enumerate(shapes)]
    assert map_layers(neurons[:5], 8) == ("n0", "n3")
    found = map_layers(neurons, 8)
    assert len(set(found)) == 8
    assert (found[0], found[-1]) == ("n0", "n22")
    places = [0, 3, *range(5, 23)]
    # 20 layers: every 19/7 = 2.7th
    assert [places.index(int(name[1:])) for name in found] == [0, 3, 5, 8, 11, 14, 16, 19]
    assert map_layers(neurons[1:3], 8) == ()


def test_the_most_active_channel_is_the_first_of_equals() -> None:
    values = np.zeros((4, 2, 2))
    values[1, 0, 0], values[2], values[3] = 3.9, 1.0, 1.0
    assert most_active(values) == 2


def test_large_maps_are_averaged() -> None:
    plane = np.arange(35.0).reshape(5, 7)
    np.testing.assert_array_equal(shrunk(plane, 7), plane)
    found = shrunk(plane, 6)
    assert found.shape == (3, 4)
    assert found[0, 0] == (0 + 1 + 7 + 8) / 4
    # windows that are cut off: two rows of the last column, two columns of the last row, the corner
    assert (found[0, 3], found[2, 0], found[2, 3]) == ((6 + 13) / 2, (28 + 29) / 2, 34)
    assert shrunk(np.ones((112, 100)), 56).shape == (56, 50)
    assert shrunk(np.ones((113, 10)), 56).shape == (38, 4)


def test_rows_have_four_decimals() -> None:
    assert rows(np.array([[1 / 3, -1e-9], [1.0, 0.00005]])) == ((0.3333, 0.0), (1.0, 0.0))
    assert str(rows(np.array([[-1e-9]]))) == "((0.0,),)"


def test_a_picture_is_stretched() -> None:
    image = np.zeros((3, 2, 2), dtype=np.float32)
    image[0, 0, 1], image[2, 1, 0] = -1.0, 3.0
    found = picture(image, 8)
    # 0 lies at 255 / 4 = 63.75
    assert found == (((64, 64, 64), (0, 64, 64)), ((64, 64, 255), (64, 64, 64)))
    assert picture(np.full((1, 1, 2), 7.0), 8) == (((0,), (0,)),)
    assert picture(image[:2], 8) is None
    small = picture(np.ones((3, 30, 9)), 8)
    assert small is not None
    assert (len(small), len(small[0])) == (8, 3)
