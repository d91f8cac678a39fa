"""What the grids leave room for: the largest image, many steps, and weights that all round up."""

from fractions import Fraction

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.ir.grid import FLOAT64_BITS, INPUT_GRID
from snnconv.measuring.activity import activity
from snnconv.runtime.backends.numpy_backend import NumpyBackend

AMPLITUDE = 1.0


def _units(network, node) -> np.ndarray:
    """The weights of a node in units of its grid."""
    grid = np.broadcast_to(network.tensors[node.grid].astype(np.int64), node.shape[:1])
    weight = network.tensors[node.weight].astype(np.float64)
    return np.ldexp(weight, grid.reshape(-1, *(1,) * (weight.ndim - 1)))


@pytest.mark.parametrize("inputs", [1, 3, 40])
@pytest.mark.parametrize("size", [1e-3, 0.9, 70.0])
def test_an_image_twice_as_large_as_in_the_calibration_is_summed_exactly(inputs, size, maker) -> None:
    """Straight from the image, and through a second layer that reads the first one's current."""
    rng = np.random.default_rng(inputs)
    maker.add(ir.Input, "image", (inputs,), amplitude=AMPLITUDE)
    maker.add(ir.Dense, "first", (4,), "image", weight=size * rng.uniform(0.5, 1.0, (4, inputs)))
    maker.add(ir.Dense, "second", (3,), "first", weight=size * rng.uniform(0.5, 1.0, (3, 4)))
    maker.add(ir.Readout, "readout", (3,), "second", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    first, second = (_units(network, network.by_name[name]) for name in ("first", "second"))
    image = int(2 * AMPLITUDE * 2**INPUT_GRID)
    largest = [int(units) * image for units in np.abs(first).sum(axis=1)]
    assert max(largest) <= 2**FLOAT64_BITS
    # the first one's current is rounded to its grid before it is read
    grid = np.broadcast_to(network.tensors["first.grid"].astype(int), (4,))
    current = [Fraction(units, 2**INPUT_GRID) / 2 ** int(q) for units, q in zip(largest, grid, strict=True)]
    scaled = [value * 2 ** int(grid.max()) for value in current]
    for row in np.abs(second):
        assert sum(int(weight) * value for weight, value in zip(row, scaled, strict=True)) <= 2**FLOAT64_BITS


def test_a_membrane_of_many_thresholds_keeps_the_smallest_current(maker) -> None:
    """V(0) of 2^16, and 300 times a current of about 2^-33: no step is lost, and the last bit is still there."""
    start, weight, steps = 2.0**16, 1.6 * 2.0**-34, 300
    maker.add(ir.Input, "image", (1,), amplitude=1.0)
    maker.add(ir.Neuron, "n1", (1,), "image", threshold=np.asarray(1.0))
    maker.add(ir.Dense, "small", (1,), "n1", weight=np.full((1, 1), weight))
    slow = {"threshold": np.asarray(2.0**17), "initial_potential": np.asarray(start)}
    maker.add(ir.Neuron, "n2", (1,), "small", **slow)
    maker.add(ir.Readout, "readout", (1,), "n2", mode=ir.ReadoutMode.SPIKES)
    network = maker.network(steps=steps)
    (found,) = activity(network, np.ones((1, 1), np.float32), steps, backend=NumpyBackend(1, 64))
    assert found.counts["n1"].item() == steps
    each = Fraction(float(network.tensors["small.weight"].item()))
    assert each == pytest.approx(weight, rel=0.1)
    assert Fraction(float(found.membranes["n2"].item())) == Fraction(start) + steps * each


@pytest.mark.parametrize("weights", [[1.6, 1.6, 0.7], [1.9, 1.6, 0.49], [-1.6, -1.6, -0.7]])
def test_weights_that_round_up_take_a_coarser_grid(weights, maker) -> None:
    """Below 4 of their units together, and 5 when rounded; a spike carries 2^22, so 4 are what float32 has bits for."""
    maker.add(ir.Input, "image", (4,), amplitude=1.0)
    cut = {"steps": (1,), "pads_before": (0,), "pads_after": (0,)}
    one, large = np.asarray(1.0), np.asarray(2.0**22)
    maker.add(ir.Select, "three", (3,), "image", starts=(0,), stops=(3,), **cut)
    maker.add(ir.Select, "last", (1,), "image", starts=(3,), stops=(4,), **cut)
    maker.add(ir.Neuron, "large", (3,), "three", threshold=one, spike_value=large)
    maker.add(ir.Neuron, "small", (1,), "last", threshold=one)
    maker.add(ir.Dense, "strong", (1,), "large", weight=np.array([weights]))
    maker.add(ir.Dense, "weak", (1,), "small", weight=np.sign([[weights[0]]]))
    maker.add(ir.Sum, "both", (1,), "strong", "weak")
    maker.add(ir.Readout, "readout", (1,), "both", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    strong, weak = (network.tensors[f"{name}.weight"].astype(np.float64) for name in ("strong", "weak"))
    expected = sum(Fraction(float(value)) * 2**22 for value in strong[0]) + Fraction(float(weak.item()))
    found = NumpyBackend().simulate(network, np.ones((1, 4), np.float32), 1).scores
    assert Fraction(float(found.item())) == expected
    units = np.abs(np.ldexp(strong, network.tensors["strong.grid"].astype(int))).sum() * 2.0**22
    assert units <= 2.0**24
