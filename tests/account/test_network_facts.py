"""The size of a network, its weighted nodes and its bias currents, by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from snnconv.account.bias_currents import bias_currents
from snnconv.account.counts import nonzero_fan_out
from snnconv.account.network_facts import network_facts
from snnconv.account.weighted_nodes import connections
from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.runtime.nodes.operation import summed
from snnconv.runtime.program import Program
from tests.fuzz.random_wirings import RandomWiring
from tests.runtime.wirings import Net
from tests.spiking import NetworkMaker

Array = np.ndarray[Any, Any]


def two_layers(maker: NetworkMaker) -> Any:
    weight = np.asarray([[1, 0, 2], [0, 0, 3]], dtype=np.float32)
    maker.add(ir.Input, "image", (3,), amplitude=1.0)
    maker.add(ir.Dense, "first", (2,), "image", weight=weight, bias=np.zeros(2, dtype=np.float32))
    maker.add(ir.Neuron, "n1", (2,), "first", threshold=np.ones(2), initial_potential=np.asarray(0.5))
    maker.add(ir.Scale, "scaled", (2,), "n1", gain=np.asarray([0.0, 1.0]), offset=np.asarray(0.25))
    maker.add(ir.Neuron, "n2", (2,), "scaled", threshold=np.asarray(1.0), leak=np.asarray(0.5))
    maker.add(ir.Dense, "logits", (4,), "n2", weight=np.ones((4, 2), dtype=np.int8))
    maker.add(ir.Readout, "readout", (4,), "logits", mode=ir.ReadoutMode.CURRENT, start=3)
    return maker.network(exact=False)


def test_size_by_hand(maker) -> None:
    found = network_facts(two_layers(maker))
    assert found.parameters == 6 + 2 + 8
    assert found.scale_parameters == 2 + 1
    # float32: 8; int8: 8; float64: two thresholds, a potential, gains, an offset, a threshold and a leak
    assert found.footprint == 4 * 8 + 8 + 8 * (2 + 1 + 2 + 1 + 1 + 1)
    assert (found.zero_weights, found.connection_weights) == (3 + 1, 6 + 2 + 8)
    assert found.activations == 2 + 2 + 4
    assert found.readout_start == 3
    assert found.pools == ()


def test_a_tensor_that_two_nodes_name_is_counted_once(maker) -> None:
    network = two_layers(maker)
    before = network_facts(network)
    shared = [
        node.model_copy(update={"threshold": "n1.threshold"}) if node.name == "n2" else node for node in network.nodes
    ]
    after = network_facts(replace(network, nodes=tuple(shared)))
    assert before.footprint - after.footprint == 8


def test_neurons_behind_the_classifier_are_its_activations(maker) -> None:
    maker.add(ir.Input, "image", (3,), amplitude=1.0)
    maker.add(ir.Dense, "logits", (2,), "image", weight=np.ones((2, 3)))
    maker.add(ir.Neuron, "classes", (2,), "logits", threshold=np.asarray(1.0))
    maker.add(ir.Readout, "readout", (2,), "classes", mode=ir.ReadoutMode.SPIKES)
    assert network_facts(maker.network()).activations == 2


def test_a_node_leads_around_a_layer_if_another_one_reads_a_later_layer() -> None:
    m = Net()
    m.start(channels=2, height=4, width=4)
    m.neurons("n1", m.conv("c1", "n0", 2))
    m.neurons("n2", m.conv("c2", "n1", 2), m.conv("around", "n0", 2), m.conv("past", "image", 2))
    m.put(ir.Concat, "both", "n0", "n2", axis=0)
    m.neurons("n3", m.conv("c3", "both", 2), m.scale("s3", "n1"))
    found = {c.name: (c.reads, c.feeds, c.shortcut) for c in connections(m.finish("n3"))}
    assert found == {
        "c0": ((), "n0", False),
        "c1": (("n0",), "n1", False),
        "c2": (("n1",), "n2", False),
        "around": (("n0",), "n2", True),
        "past": ((), "n2", True),
        "c3": (("n0", "n2"), "n3", False),
        "s3": (("n1",), "n3", True),
        "logits": (("n3",), "readout", False),
    }


def test_what_a_node_reads_is_all_ones_or_not() -> None:
    m = Net()
    m.start(channels=2, height=4, width=4, spike_value=np.asarray(2.0))
    m.neurons("n1", m.conv("c1", "n0", 2))
    m.neurons("n2", m.conv("c2", "n1", 2))
    m.neurons("n3", m.conv("c3", m.put(ir.Sum, "sum", "n1", "n2"), 2))
    m.neurons("n4", m.conv("c4", m.select("cut", "n3", starts=(1, 0, 0)), 2))
    found = {c.name: c.unit_spikes for c in connections(m.finish("n4"))}
    assert found == {"c0": False, "c1": False, "c2": True, "c3": False, "c4": True, "logits": True}


def test_a_slice_that_lets_nothing_through_reads_nothing() -> None:
    """Every place of the layer is cut away, and silence is put in its place."""
    m = Net()
    m.start(channels=2, height=4, width=4)
    first = m.select("first", "n0", stops=(1, 4, 4), pads=((0, 1), (0, 0), (0, 0)))
    silent = m.select("silent", first, starts=(1, 0, 0), pads=((0, 1), (0, 0), (0, 0)))
    m.neurons("n1", m.conv("c1", silent, 2))
    found = {c.name: c.reads for c in connections(m.finish("n1"))}
    assert found["c1"] == ()


@pytest.mark.parametrize(("bias", "count"), [([[0.0, 1.0], [0.0, -1.0]], 1), ([[0.0, 0.0], [1.0, 0.0]], 1)])
def test_a_bias_that_is_there_at_some_step_is_one(bias, count, maker) -> None:
    maker.add(ir.Input, "image", (3,), amplitude=1.0)
    maker.add(ir.Dense, "first", (2,), "image", weight=np.ones((2, 3)), bias=np.asarray(bias))
    maker.add(ir.Neuron, "n1", (2,), "first", threshold=np.asarray(1.0))
    maker.add(ir.Dense, "logits", (2,), "n1", weight=np.ones((2, 2)))
    maker.add(ir.Readout, "readout", (2,), "logits", mode=ir.ReadoutMode.CURRENT)
    found = bias_currents(maker.network(steps=2, exact=False))
    assert np.count_nonzero(found["n1"]) == count
    assert not found["readout"].any()


def test_biases_through_weights_are_weighed(maker) -> None:
    """The second node reads the first one's current: 2 · 0.5 + 3 · 0.25 and 0.5 − 2 · 0.25."""
    maker.add(ir.Input, "image", (3,), amplitude=1.0)
    maker.add(ir.Dense, "first", (2,), "image", weight=np.ones((2, 3)), bias=np.asarray([0.5, 0.25]))
    maker.add(ir.Dense, "second", (2,), "first", weight=np.asarray([[2.0, 3.0], [1.0, -2.0]]))
    maker.add(ir.Neuron, "n1", (2,), "second", threshold=np.asarray(1.0))
    maker.add(ir.Dense, "logits", (2,), "n1", weight=np.ones((2, 2)))
    maker.add(ir.Readout, "readout", (2,), "logits", mode=ir.ReadoutMode.CURRENT)
    assert bias_currents(maker.network(exact=False))["n1"].tolist() == [1.75, 0.0]


def test_weights_of_zero_have_no_synapses(maker) -> None:
    """Three taps on four places; the first weight of the second output is 0, and so is all of the second input."""
    weight = np.asarray([[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], [[0.0, 2.0, 3.0], [0.0, 0.0, 0.0]]])
    maker.add(ir.Input, "image", (2, 4), amplitude=1.0)
    conv = {"strides": (1,), "pads": (1, 1), "dilations": (1,)}
    maker.add(ir.Conv, "conv", (2, 4), "image", weight=weight, **conv)
    maker.add(ir.Neuron, "n1", (2, 4), "conv", threshold=np.asarray(1.0))
    maker.add(ir.Flatten, "flat", (8,), "n1")
    maker.add(ir.Dense, "logits", (2,), "flat", weight=np.ones((2, 8)))
    maker.add(ir.Readout, "readout", (2,), "logits", mode=ir.ReadoutMode.CURRENT)
    network = maker.network(exact=False)
    found: Array = nonzero_fan_out(network, network.by_name["conv"])
    # taps k = 0, 1, 2 read places 0 … 2, 0 … 3 and 1 … 3, at 1, 2 and 2 weights
    assert found[:, 0].tolist() == [1 + 2, 1 + 2 + 2, 1 + 2 + 2, 2 + 2]
    assert found[:, 1].tolist() == [0, 0, 0, 0]


class _Silent:
    """Neurons that never spike, and keep what they read."""

    def __init__(self, site: Any) -> None:
        self._site = site
        self.read: Any = None

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Any, steps: int) -> Array:
        self.read = summed(inputs).copy()
        return self._site.buffer()[:steps]


@pytest.mark.parametrize("seed", range(20))
def test_biases_are_what_arrives_without_image_and_spikes(seed) -> None:
    """The runtime itself, with a black image and silent neurons, puts a current on the same neurons."""
    try:
        network = RandomWiring(np.random.default_rng([5, seed])).build()
    except NetworkError:
        pytest.skip("this seed draws no network that can be made")
    program = Program(network, 1, 1, neuron=_Silent)
    program.load(np.zeros((1, *network.input.shape), dtype=np.float32))
    program.advance(1)
    found = bias_currents(network)
    for node in network.neurons:
        read = np.moveaxis(program.operations[node.name].read[0], -1, 1)[0]
        np.testing.assert_array_equal(found[node.name] != 0, read != 0)
        # float32 in the runtime, before a grid; float64 here
        np.testing.assert_allclose(found[node.name], read, rtol=0, atol=1e-5)
