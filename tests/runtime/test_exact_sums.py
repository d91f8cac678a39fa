"""The grids: every partial sum in every order is exact, and no finer grid would be."""

from math import ceil, log2

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from snnconv.ir.grid import FLOAT32_BITS, WIDE_BITS
from snnconv.ir.sums import wide_sums
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.transforms.bounds import bounds


def narrow(network):
    """Weighted nodes that read spikes of 0 and 1 alone."""
    found = network.flows
    return [
        node
        for node in network.weighted
        if all(found[e.source].kind is Kind.SPIKES for e in network.incoming[node.name])
    ]


def on_grid(network, node, name) -> np.ndarray:
    """A parameter in units of its grid."""
    grid = network.tensors[node.grid].astype(np.int64)
    value = network.tensors[name].astype(np.float64)
    rank = value.ndim if name.endswith(".weight") else len(node.shape)
    return np.ldexp(value, grid.reshape(-1, *(1,) * (rank - 1)) if grid.ndim else grid)


@pytest.mark.parametrize("seed", range(12))
def test_every_parameter_lies_on_its_grid(seed, random_network) -> None:
    network = random_network(seed)
    for node in network.weighted:
        for name in (getattr(node, field) for field in node.PARAMETERS):
            if name is not None:
                scaled = on_grid(network, node, name)
                np.testing.assert_array_equal(scaled, np.rint(scaled))
                assert np.abs(scaled).max() <= 2**FLOAT32_BITS
    assert any(flow.kind is Kind.GRADED for flow in network.flows.values())


def test_weights_of_layers_that_meet_share_their_grids(maker) -> None:
    """A block's second convolution and its shortcut: one q per channel for both, by the sum of their bounds."""
    maker.add(ir.Input, "image", (2, 1, 1), amplitude=1.0)
    maker.add(ir.Scale, "scale", (2, 1, 1), "image", gain=np.asarray(1.0))
    maker.add(ir.Neuron, "n1", (2, 1, 1), "scale", threshold=np.asarray(1.0))
    weight = np.array([[3.0, 0.0], [0.0, 0.3]]).reshape(2, 2, 1, 1)
    one = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
    maker.add(ir.Conv, "conv", (2, 1, 1), "n1", weight=weight, **one)
    maker.add(ir.Scale, "shortcut", (2, 1, 1), "n1", gain=np.asarray(1.5))
    maker.add(ir.Neuron, "n2", (2, 1, 1), "conv", "shortcut", threshold=np.asarray(1.0))
    maker.add(ir.Flatten, "flat", (2,), "n2")
    maker.add(ir.Readout, "readout", (2,), "flat", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    by_name = {node.name: node for node in network.nodes}
    # bounds 4.5 and 1.8: 3 bits and 1 bit
    for name in ("conv", "shortcut"):
        assert network.tensors[by_name[name].grid].tolist() == [FLOAT32_BITS - 3, FLOAT32_BITS - 1]


@pytest.mark.parametrize("seed", range(12))
def test_sums_of_spikes_are_exact_in_any_order(seed, random_network) -> None:
    """Add an output's currents in random orders, in what they are summed in: all equal the sum of whole numbers."""
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    dense = next(node for node in narrow(network) if isinstance(node, ir.Dense))
    wide = dense.name in wide_sums(network, network.flows)
    dtype, bits = (np.float64, WIDE_BITS) if wide else (np.float32, FLOAT32_BITS)
    weight, bias = on_grid(network, dense, dense.weight), on_grid(network, dense, dense.bias)
    for output in range(len(weight)):
        for _ in range(4):
            spikes = rng.integers(0, 2, weight.shape[1])
            terms = np.append(weight[output] * spikes, bias[output]).astype(np.int64)
            exact = int(terms.sum())
            assert abs(exact) <= 2**bits
            for _ in range(3):
                total = dtype(0)
                for term in rng.permutation(terms):
                    total = dtype(total + dtype(term))
                assert int(total) == exact


@pytest.mark.parametrize("seed", range(12))
def test_the_grid_is_as_fine_as_the_bound_allows(seed, random_network) -> None:
    network = random_network(seed)
    dense = next(node for node in narrow(network) if isinstance(node, ir.Dense))
    found = network.flows
    width = WIDE_BITS if dense.name in wide_sums(network, found) else FLOAT32_BITS
    limits = bounds(network, found)[dense.name].largest
    largest = np.abs(np.column_stack([network.tensors[dense.weight], network.tensors[dense.bias]])).max(axis=1)
    grids = np.broadcast_to(network.tensors[dense.grid], limits.shape)
    for q, limit, weight in zip(grids, limits, largest, strict=True):
        finest = min(width - ceil(log2(limit)), FLOAT32_BITS - ceil(log2(weight)))
        # rounding up may cost one more bit
        assert q in (finest, finest - 1)


def test_graded_spikes_leave_the_weights_their_precision(maker) -> None:
    """A classifier behind the mean over 8 × 8 pixels: in float32 its weights would lose 6 bits and more."""
    maker.add(ir.Input, "image", (4, 8, 8), amplitude=1.0)
    maker.add(ir.Scale, "scale", (4, 8, 8), "image", gain=np.asarray(1.0))
    maker.add(ir.Neuron, "n", (4, 8, 8), "scale", threshold=np.asarray(1.0))
    maker.add(ir.SumPool, "pool", (4, 1, 1), "n", kernel=(8, 8), strides=(8, 8), pads=(0, 0, 0, 0))
    maker.add(ir.Flatten, "flat", (4,), "pool")
    weight = np.random.default_rng(0).normal(0, 1 / 64, (3, 4))
    maker.add(ir.Dense, "dense", (3,), "flat", weight=weight)
    maker.add(ir.Readout, "readout", (3,), "dense", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    # float32 itself keeps 2^-24 of a value; the grid of a row is that of its largest weight
    error = np.abs(network.tensors["dense.weight"] - weight).max(axis=1)
    assert (error <= np.abs(weight).max(axis=1) * 2.0**-FLOAT32_BITS).all()
    images = np.random.default_rng(1).uniform(0, 1, (5, 4, 8, 8)).astype(np.float32)
    expected = NumpyBackend(1, 1).simulate(network, images, 9)
    found = NumpyBackend(5, 4).simulate(network, images, 9)
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_signs_bound_a_sum_of_spikes(maker) -> None:
    """Weights +3, −1 and a bias of −0.5: partial sums lie in [−1.5, 3]."""
    maker.add(ir.Input, "image", (2, 1, 1), amplitude=1.0)
    maker.add(ir.Scale, "scale", (2, 1, 1), "image", gain=np.asarray(1.0))
    maker.add(ir.Neuron, "n", (2, 1, 1), "scale", threshold=np.asarray(1.0))
    maker.add(ir.Flatten, "flat", (2,), "n")
    maker.add(ir.Dense, "dense", (1,), "flat", weight=np.array([[3.0, -1.0]]), bias=np.array([-0.5]))
    maker.add(ir.Readout, "readout", (1,), "dense", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    limit = bounds(network, network.flows)["dense"]
    assert (limit.low.tolist(), limit.high.tolist()) == ([1.5], [3.0])
    assert network.tensors["dense.grid"] == FLOAT32_BITS - 2


def test_a_weight_just_below_a_power_of_two_does_not_overflow(maker) -> None:
    maker.add(ir.Input, "image", (1, 1, 1), amplitude=1.0)
    maker.add(ir.Scale, "scale", (1, 1, 1), "image", gain=np.asarray(1.0))
    maker.add(ir.Neuron, "n", (1, 1, 1), "scale", threshold=np.asarray(1.0))
    maker.add(ir.Flatten, "flat", (1,), "n")
    # six weights that each round up: together they would pass 2^24 on the grid of their sum
    maker.add(ir.Concat, "six", (6,), *["flat"] * 6, axis=0)
    sixth = (8 - 1e-9) / 6
    maker.add(ir.Dense, "dense", (1,), "six", weight=np.full((1, 6), sixth))
    maker.add(ir.Readout, "readout", (1,), "dense", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    dense = next(node for node in network.nodes if node.name == "dense")
    scaled = on_grid(network, dense, dense.weight)
    assert scaled.sum() <= 2**FLOAT32_BITS


def test_currents_along_the_shortcut_are_exact_in_float64(maker) -> None:
    """A pre-activation block: a current with two readers, added to, and read through a Scale."""
    rng = np.random.default_rng(0)
    conv = {"strides": (1, 1), "pads": (1, 1, 1, 1), "dilations": (1, 1)}
    maker.add(ir.Input, "image", (2, 5, 5), amplitude=2.0)
    maker.add(ir.Conv, "stem", (3, 5, 5), "image", weight=rng.normal(0, 0.4, (3, 2, 3, 3)), **conv)
    maker.add(ir.Scale, "scale1", (3, 5, 5), "stem", gain=rng.uniform(0.3, 0.9, (3, 1, 1)))
    maker.add(ir.Neuron, "n1", (3, 5, 5), "scale1", threshold=np.asarray(1.0))
    maker.add(ir.Conv, "branch", (3, 5, 5), "n1", weight=rng.normal(0, 0.3, (3, 3, 3, 3)), **conv)
    maker.add(ir.Sum, "trunk", (3, 5, 5), "stem", "branch")
    maker.add(ir.Scale, "scale2", (3, 5, 5), "trunk", gain=rng.uniform(0.3, 0.9, (3, 1, 1)))
    maker.add(ir.Neuron, "n2", (3, 5, 5), "scale2", threshold=np.asarray(1.0))
    maker.add(
        ir.Conv,
        "project",
        (2, 5, 5),
        "trunk",
        weight=rng.normal(0, 0.3, (2, 3, 1, 1)),
        strides=(1, 1),
        pads=(0,) * 4,
        dilations=(1, 1),
    )
    maker.add(ir.Neuron, "n3", (2, 5, 5), "project", threshold=np.asarray(1.0))
    maker.add(ir.Concat, "all", (5, 5, 5), "n2", "n3", axis=0)
    maker.add(ir.Flatten, "flat", (125,), "all")
    maker.add(ir.Dense, "dense", (3,), "flat", weight=rng.normal(0, 0.1, (3, 125)))
    maker.add(ir.Readout, "readout", (3,), "dense", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    by_name = {node.name: node for node in network.nodes}
    assert all(isinstance(by_name[name].grid, str) for name in ("stem", "branch", "scale2", "project"))
    images = rng.uniform(-2, 2, (7, 2, 5, 5)).astype(np.float32)
    expected = NumpyBackend(1, 1).simulate(network, images, 20)
    for batch, chunk in ((7, 20), (3, 6)):
        found = NumpyBackend(batch, chunk).simulate(network, images, 20)
        np.testing.assert_array_equal(found.spikes, expected.spikes)
        np.testing.assert_array_equal(found.scores, expected.scores)
    assert expected.spikes.sum() > 0
    # what reads a current makes dense operations, not synaptic ones
    rows = {node.name: row for row, node in enumerate(network.weighted)}
    assert expected.synops[rows["scale2"]].sum() == expected.synops[rows["project"]].sum() == 0


@pytest.mark.parametrize("inputs", [15, 16])
def test_a_layer_of_very_many_inputs_keeps_more_bits(inputs, maker) -> None:
    """Its sums pass 24 bits, which float32 would round; the runtime's are those of whole numbers all the same."""
    rng = np.random.default_rng(inputs)
    maker.add(ir.Input, "image", (inputs,), amplitude=1.0)
    maker.add(ir.Scale, "scale", (inputs,), "image", gain=np.asarray(1.0))
    maker.add(ir.Neuron, "n1", (inputs,), "scale", threshold=np.asarray(1.0))
    weight = rng.normal(0.2, 1.0, (3, inputs))
    maker.add(ir.Dense, "logits", (3,), "n1", weight=weight, bias=rng.normal(0, 1, 3))
    maker.add(ir.Readout, "readout", (3,), "logits", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    dense = next(node for node in network.nodes if node.name == "logits")
    whole = on_grid(network, dense, dense.weight)
    wide = inputs >= 16
    assert (np.abs(whole).max(axis=1) <= 2**FLOAT32_BITS).all()
    assert (np.maximum(whole, 0).sum(axis=1) > 2**FLOAT32_BITS).all() == wide
    # all inputs fire at once, so the largest sum is reached
    scores = NumpyBackend().simulate(network, np.ones((1, inputs), dtype=np.float32), 1).scores[0, 0]
    grid = np.broadcast_to(network.tensors[dense.grid].astype(np.int64), (3,))
    total = whole.astype(np.int64).sum(axis=1) + on_grid(network, dense, dense.bias).astype(np.int64)
    np.testing.assert_array_equal(scores, np.ldexp(total.astype(np.float64), -grid))
    # the step of the grid against a weight: 2^-25 of the bound would be 2^-16 of the weights' size here
    assert np.ldexp(1.0, -int(grid.min())) < (2.0**-18 if wide else 2.0**-12)
