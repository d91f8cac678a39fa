"""53 bits for weights and the currents that they read: exact at the worst, and shared where they are short."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from snnconv.ir.grid import FLOAT64_BITS
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.program import Program
from snnconv.transforms.bounds import bounds
from tests.spiking import NetworkMaker

Array = np.ndarray[Any, Any]

PLAIN: dict[str, Any] = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
SAME: dict[str, Any] = PLAIN | {"pads": (1, 1, 1, 1)}


def _bottlenecks(seed: int, blocks: int = 4, narrow: int = 6, wide: int = 24) -> SpikingNetwork:
    """Linear bottlenecks as in MobileNetV2: weights that make a current, shortcuts of currents around them."""
    rng = np.random.default_rng(seed)
    m = NetworkMaker()

    def weight(*shape: int) -> Array:
        sizes = np.exp2(rng.integers(-2, 4, (shape[0], 1, 1, 1)))  # as folding a BatchNorm leaves them
        return sizes * rng.normal(0, 1, shape)

    m.add(ir.Input, "image", (3, 4, 4), amplitude=2.0)
    m.add(ir.Conv, "stem", (wide, 4, 4), "image", weight=weight(wide, 3, 3, 3), **SAME)
    m.add(ir.Neuron, "n", (wide, 4, 4), "stem", threshold=np.asarray(1.0))
    x = m.add(ir.Conv, "first", (narrow, 4, 4), "n", weight=weight(narrow, wide, 1, 1), **PLAIN)
    for k in range(blocks):
        small = 2.0**-5 * weight(wide, narrow, 1, 1)
        m.add(ir.Conv, f"expand{k}", (wide, 4, 4), x, weight=small, bias=rng.normal(0.3, 0.3, (wide, 1, 1)), **PLAIN)
        m.add(ir.Neuron, f"a{k}", (wide, 4, 4), f"expand{k}", threshold=np.asarray(1.0))
        m.add(ir.Conv, f"depth{k}", (wide, 4, 4), f"a{k}", weight=weight(wide, 1, 3, 3), groups=wide, **SAME)
        m.add(ir.Neuron, f"b{k}", (wide, 4, 4), f"depth{k}", threshold=np.asarray(1.0))
        m.add(ir.Conv, f"project{k}", (narrow, 4, 4), f"b{k}", weight=weight(narrow, wide, 1, 1), **PLAIN)
        m.add(ir.Scale, f"shortcut{k}", (narrow, 4, 4), x, gain=np.asarray(1.0))
        x = m.add(ir.Sum, f"sum{k}", (narrow, 4, 4), f"project{k}", f"shortcut{k}")
    m.add(ir.Conv, "head", (10, 1, 1), x, weight=0.01 * weight(10, narrow, 4, 4), **PLAIN)
    m.add(ir.Flatten, "flat", (10,), "head")
    m.add(ir.Readout, "readout", (10,), "flat", mode=ir.ReadoutMode.CURRENT)
    return m.network()


def _places(values: Array) -> int:
    """Give how many binary places the finest of some float64 numbers has."""
    fraction, exponent = np.frexp(values[values != 0])
    whole = np.abs(np.ldexp(fraction, 53)).astype(np.int64)
    return int((53 - np.log2(whole & -whole).astype(int) - exponent).max(initial=0))


def _read_current(network: SpikingNetwork) -> list[Any]:
    found = network.flows
    return [
        node
        for node in network.nodes
        if isinstance(node, ir.Weighted)
        and any(found[edge.source].kind is Kind.CURRENT for edge in network.incoming[node.name])
    ]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_spikes_no_partial_sum_takes_more_than_53_bits(seed: int) -> None:
    network = _bottlenecks(seed)
    grids = {n.name: np.broadcast_to(network.tensors[n.grid], n.shape[:1]).astype(int) for n in _grids(network)}
    limits = bounds(network, network.flows, grids=grids)
    program = Program(network, 2, 5)
    program.load(np.random.default_rng(seed).uniform(-2, 2, (2, 3, 4, 4)).astype(np.float32))
    program.advance(5)
    short = 0
    for node in _read_current(network):
        inputs = [program.values[edge.source] for edge in network.incoming[node.name]]
        p = max(_places(value) for value in inputs)
        # a product is a whole number of 2^-(q+p); that many of them are the largest sum
        room = FLOAT64_BITS - np.ceil(np.log2(np.maximum(limits[node.name].largest, 2.0**-60))).astype(int)
        assert (grids[node.name] + p <= room).all(), node.name
        short += int((grids[node.name] + p == room).any())
    assert short >= 4  # the test looks at sums that take all there is


def _grids(network: SpikingNetwork) -> list[Any]:
    return [node for node in network.nodes if isinstance(node, ir.Weighted)]


def test_behind_many_blocks_weights_keep_as_many_bits_as_the_currents() -> None:
    network = _bottlenecks(0)
    expand, project = (network.tensors[f"{name}.grid"].astype(int).max() for name in ("expand3", "project2"))
    lost_by_weights = _float32(network, "expand3").max() - expand
    lost_by_current = _float32(network, "project2").min() - project
    assert lost_by_weights == pytest.approx(lost_by_current, abs=4)
    assert lost_by_weights <= 8


def _float32(network: SpikingNetwork, name: str) -> Array:
    largest = np.abs(network.tensors[f"{name}.weight"]).max(axis=(1, 2, 3))
    return 24 - np.ceil(np.log2(largest)).astype(int)


def test_a_shortcut_of_weight_1_takes_no_bits() -> None:
    """What it gives is as fine as what it reads, not as fine as float32 holds a weight of 1."""
    network = _bottlenecks(1)
    for k in range(4):
        before = ["first", *(f"project{i}" for i in range(k))]
        finest = max(network.tensors[f"{name}.grid"].max() for name in before)
        assert network.tensors[f"shortcut{k}.grid"].max() <= finest


def test_each_channel_of_a_gain_has_bits_of_its_own() -> None:
    """A gain on a current of which one channel is a million times another."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (2, 1, 1), amplitude=1.0)
    m.add(ir.Neuron, "n", (2, 1, 1), "image", threshold=np.asarray(1.0))
    sizes = np.array([2.0**20, 1.0])
    m.add(ir.Conv, "conv", (2, 1, 1), "n", weight=(sizes[:, None] * np.full((2, 2), 0.7))[:, :, None, None], **PLAIN)
    m.add(ir.Scale, "norm", (2, 1, 1), "conv", gain=(0.3 / sizes).reshape(2, 1, 1))
    m.add(ir.Neuron, "n2", (2, 1, 1), "norm", threshold=np.asarray(1.0))
    m.add(ir.Flatten, "flat", (2,), "n2")
    m.add(ir.Readout, "readout", (2,), "flat", mode=ir.ReadoutMode.CURRENT)
    tensors = m.network().tensors
    assert tensors["conv.grid"].tolist() == [3, 23]
    np.testing.assert_allclose(tensors["norm.gain"].ravel() * sizes, 0.3, rtol=2.0**-15)


@pytest.mark.parametrize("seed", range(2))
def test_channels_of_the_currents_may_come_in_any_order(seed: int) -> None:
    """The sums of float64 are exact: with the channels between two layers turned round, every bit stays."""
    network = _bottlenecks(seed)
    turned = dict(network.tensors)
    for node in network.nodes:
        if node.name.startswith(("project", "first", "shortcut")) and network.tensors[node.grid].ndim:
            turned[node.grid] = network.tensors[node.grid][::-1]
        if node.name.startswith(("project", "first")):
            turned[node.weight] = network.tensors[node.weight][::-1]
        elif node.name.startswith(("expand", "head")):
            turned[node.weight] = network.tensors[node.weight][:, ::-1]
    images = np.random.default_rng(seed).uniform(-2, 2, (3, 3, 4, 4)).astype(np.float32)
    found = []
    for tensors in (network.tensors, turned):
        made = replace(network, tensors=tensors)
        program = Program(made, 3, 8)
        program.load(images)
        found.append(program.advance(8))
    np.testing.assert_array_equal(found[0].scores, found[1].scores)
    np.testing.assert_array_equal(found[0].spikes, found[1].spikes)
    assert found[0].spikes.sum() > 0
