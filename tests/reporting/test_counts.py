"""Every operation of small networks, worked out by hand."""

from typing import Any

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.reporting.counts import SnnCounts, counts_of
from snnconv.runs.summary import RunSummary
from tests.reporting.counting.runs import summary_of
from tests.runtime.poisson_networks import made
from tests.runtime.test_backends import BACKENDS
from tests.runtime.wirings import Net
from tests.spiking import NetworkMaker

ONE = np.asarray(1.0)
POINT = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
HALVED = {"kernel": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}


def bright(*shape: int, images: int = 2) -> Any:
    return np.ones((images, *shape), dtype=np.float32)


def small() -> Any:
    """Neurons of a 4×4 image, two channels, one of them with a bias; they spike at every step, and at every second."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (1, 4, 4), amplitude=1.0)
    weight, bias = np.asarray([[[[0.75]]], [[[0.5]]]]), np.asarray([[[0.25]], [[0.0]]])
    m.add(ir.Conv, "first", (2, 4, 4), "image", weight=weight, bias=bias, **POINT)
    m.add(ir.Neuron, "n1", (2, 4, 4), "first", threshold=ONE)
    m.add(ir.Flatten, "flat", (32,), "n1")
    m.add(ir.Dense, "logits", (3,), "flat", weight=np.ones((3, 32)) / 64, bias=np.asarray([0.5, 0.0, 0.25]))
    m.add(ir.Readout, "readout", (3,), "logits", mode=ir.ReadoutMode.CURRENT)
    return m.network()


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_operation_by_hand(backend) -> None:
    summary = summary_of(small(), bright(1, 4, 4), 4, backend(None, None))
    ann, snn = counts_of(summary)
    # 1 tap at 16 places for 2 channels; 32 inputs, 3 classes
    assert (ann.macs, ann.macs_padded) == (32 + 96, 32 + 96)
    assert (ann.parameters, ann.activations) == (2 + 2 + 96 + 3, 32 + 3)
    spikes = 16 * 4 + 16 * 2
    assert snn == SnnCounts(
        steps=4,
        spikes=spikes,
        synops=3 * spikes,
        macs_once=32,
        macs_each_step=4 * 32,
        bias_adds=4 * (16 + 2),
        membrane_adds=4 * 32,
        leaks=0,
        comparisons=4 * 32,
        resets=spikes,
        pooling_adds=0,
        readout_adds=4 * 3,
    )


def test_the_rows_of_the_summary_by_hand() -> None:
    summary = summary_of(small(), bright(1, 4, 4), 4)
    n1, readout = summary.layers
    assert (n1.shape, n1.leaky, n1.biased_neurons, n1.macs, n1.macs_padded) == ((2, 4, 4), False, 16, 32, 32)
    assert (readout.shape, readout.leaky, readout.biased_neurons, readout.macs) == ((3,), False, 2, 96)
    assert summary.connections is not None
    first, logits = summary.connections
    assert (first.feeds, first.reads, first.reads_current, first.constant) == ("n1", (), True, True)
    assert (logits.feeds, logits.reads, logits.reads_current, logits.unit_spikes) == ("readout", ("n1",), False, True)
    assert (logits.outputs, logits.biased, logits.weights, logits.zero_weights) == (3, True, 96, 0)
    assert logits.synops_per_image == 3 * (16 * 4 + 16 * 2)
    assert RunSummary.model_validate_json(summary.model_dump_json()) == summary


def test_currents_that_change_make_macs_at_every_step_and_leaks_are_multiplications() -> None:
    """A trunk of currents with two readers: its weights read what changes from step to step."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (4,), amplitude=1.0)
    m.add(ir.Dense, "first", (4,), "image", weight=np.eye(4) / 2)
    lif = {"leak": np.asarray(0.5)}
    m.add(ir.Neuron, "n1", (4,), "first", threshold=ONE, **lif)
    m.add(ir.Dense, "trunk", (5,), "n1", weight=np.ones((5, 4)) / 4)
    m.add(ir.Neuron, "n2", (5,), "trunk", threshold=ONE)
    m.add(ir.Dense, "past", (3,), "trunk", weight=np.ones((3, 5)) / 5, bias=np.asarray([0.0, 1.0, 1.0]))
    m.add(ir.Dense, "logits", (3,), "n2", weight=np.ones((3, 5)) / 5, bias=np.asarray([0.0, -1.0, 1.0]))
    m.add(ir.Sum, "sum", (3,), "past", "logits")
    m.add(ir.Readout, "readout", (3,), "sum", mode=ir.ReadoutMode.CURRENT, start=2)
    _, snn = counts_of(summary_of(m.network(exact=False), bright(4), 6))
    assert (snn.macs_once, snn.macs_each_step) == (16 + 6 * 15, 6 * 16 + 6 * 15)
    # of the readout's classes the first has no bias, and those of the second cancel each other
    assert snn.bias_adds == 6 * 1
    assert snn.leaks == 6 * 4
    assert snn.membrane_adds == snn.comparisons == 6 * 9
    assert snn.readout_adds == 3 * 4


def biased(*build: Any) -> dict[str, int | None]:
    m = Net()
    m.add(ir.Input, "image", (2, 4, 4), amplitude=1.0)
    for step in build:
        step(m)
    summary = summary_of(m.finish(m.nodes[-1].name), bright(2, 4, 4), 2)
    return {layer.name: layer.biased_neurons for layer in summary.layers}


def test_a_bias_goes_where_its_current_goes() -> None:
    """Of 2 channels on 4×4 places, the first has a bias on its first row only."""
    row = np.zeros((2, 4, 4))
    row[0, 0] = 0.25

    def first(m: Net) -> None:
        m.conv("c0", "image", 2, (1, 1), pads=(0, 0, 0, 0), bias=row)

    def neurons(name: str, source: str) -> Any:
        return lambda m: m.neurons(name, source)

    def sums(m: Net) -> None:
        m.pool("sums", "c0", (2, 2), (2, 2))

    def largest(m: Net) -> None:
        m.pool("largest", "c0", (2, 2), (2, 2), kind=ir.MaxPoolCurrent)

    def cut(m: Net) -> None:
        m.select("cut", "c0", starts=(0, 1, 0))

    def scaled(m: Net) -> None:
        m.scale("scaled", "c0", offset=np.asarray([0.0, 0.5]).reshape(2, 1, 1))

    def joined(m: Net) -> None:
        m.put(ir.Concat, "joined", "c0", "scaled", axis=0)

    def mixed(m: Net) -> None:
        m.conv("mixed", "c0", 2, (3, 3), bias=np.zeros((2, 1, 1)))

    assert biased(first, neurons("n", "c0"))["n"] == 4
    assert biased(first, sums, neurons("n", "sums"))["n"] == 2
    assert biased(first, largest, neurons("n", "largest"))["n"] == 2
    assert biased(first, cut, neurons("n", "cut"))["n"] == 0
    assert biased(first, scaled, neurons("n", "scaled"))["n"] == 4 + 16
    assert biased(first, scaled, joined, neurons("n", "joined"))["n"] == 4 + 4 + 16
    # two rows of either channel lie beside the row with a bias
    assert biased(first, mixed, neurons("n", "mixed"))["n"] == 2 * 2 * 4


def test_a_bias_of_a_convolution_in_groups_stays_in_its_group() -> None:
    row = np.zeros((4, 1, 1))
    row[1] = 0.25
    m = Net()
    m.add(ir.Input, "image", (2, 4, 4), amplitude=1.0)
    m.conv("c0", "image", 4, (1, 1), pads=(0, 0, 0, 0), bias=row)
    # stride 2 from the second place on: 2×2 outputs of 6 channels, three of which read channels 0 and 1
    m.conv("c1", "c0", 6, (1, 1), pads=(0, 0, 0, 0), strides=(2, 2), groups=2, bias=np.zeros((6, 1, 1)))
    m.neurons("n", "c1")
    summary = summary_of(m.finish("n"), bright(2, 4, 4), 2)
    assert summary.layers[0].biased_neurons == 3 * 4


def pooled(*, weights_behind: bool, pool: dict[str, Any] = HALVED) -> Any:
    """Neurons that spike at every step, and a mean behind them."""
    m = Net()
    m.add(ir.Input, "image", (2, 4, 4), amplitude=1.0)
    m.put(ir.Scale, "first", "image", gain=np.asarray(1.0))
    m.put(ir.Neuron, "n", "first", threshold=ONE)
    m.put(ir.SumPool, "pool", "n", **pool)
    if weights_behind:
        return m.finish("pool")
    m.put(ir.Flatten, "flat", "pool")
    m.put(ir.Readout, "readout", "flat", mode=ir.ReadoutMode.CURRENT)
    return m.network()


def test_a_pool_in_front_of_weights_adds_nothing_of_its_own() -> None:
    _, snn = counts_of(summary_of(pooled(weights_behind=True), bright(2, 4, 4), 3))
    assert snn.pooling_adds == 0
    assert snn.synops == 3 * 32 * 3


def test_a_pool_in_front_of_the_readout_adds_each_spike_once() -> None:
    _, snn = counts_of(summary_of(pooled(weights_behind=False), bright(2, 4, 4), 3))
    assert snn.pooling_adds == 3 * 32
    assert snn.synops == 0
    assert snn.readout_adds == 3 * 8


def test_windows_that_overlap_share_spikes_unevenly_and_are_not_counted() -> None:
    overlapping = {"kernel": (3, 3), "strides": (1, 1), "pads": (1, 1, 1, 1)}
    _, snn = counts_of(summary_of(pooled(weights_behind=False, pool=overlapping), bright(2, 4, 4), 3))
    assert snn.pooling_adds is None


def test_a_pool_of_currents_adds_once_or_at_every_step() -> None:
    m = Net()
    m.add(ir.Input, "image", (2, 5, 5), amplitude=1.0)
    # a padded 3×3 window covers 2, 3, 3, 3 and 2 places along an axis: 13² additions a channel, once
    m.pool("blurred", "image", (3, 3), pads=(1, 1, 1, 1))
    m.neurons("n", m.conv("c0", "blurred", 3))
    # 2×2 windows of 4 places, 3 channels, at every step
    m.pool("mean", m.conv("c1", "n", 3), (2, 2), (2, 2))
    _, snn = counts_of(summary_of(m.finish(m.neurons("n2", "mean")), bright(2, 5, 5), 7))
    assert snn.pooling_adds == 2 * 169 + 7 * 3 * 4 * 4


def test_a_pool_of_what_two_layers_add_up() -> None:
    m = Net()
    m.add(ir.Input, "image", (2, 4, 4), amplitude=1.0)
    m.put(ir.Scale, "first", "image", gain=np.asarray(1.0))
    m.put(ir.Neuron, "n", "first", threshold=ONE)
    m.put(ir.Scale, "again", "n", gain=np.asarray(0.5))
    m.put(ir.Neuron, "n2", "again", threshold=ONE)
    m.put(ir.Sum, "sum", "n", "n", "n2")
    m.pool("pool", "sum", (2, 2), (2, 2))
    m.put(ir.Readout, "readout", m.put(ir.Flatten, "flat", "pool"), mode=ir.ReadoutMode.CURRENT)
    _, snn = counts_of(summary_of(m.network(), bright(2, 4, 4), 4))
    # 32 neurons: 4 spikes each, which come twice, and 2
    assert snn.pooling_adds == 32 * (2 * 4 + 2)


def test_poisson_input_makes_synaptic_operations_and_no_macs() -> None:
    network = made("a_convolution")
    _, snn = counts_of(summary_of(network, bright(3, 6, 5), 5))
    assert (snn.macs_once, snn.macs_each_step) == (0, 0)
    assert snn.synops > snn.spikes


def test_older_runs_know_what_follows_from_neurons(summary: dict[str, Any]) -> None:
    ann, snn = counts_of(RunSummary.model_validate(summary))
    assert (ann.macs, ann.macs_padded, ann.parameters, ann.activations) == (1000, 1100, None, None)
    assert (snn.macs_once, snn.macs_each_step) == (50 + 4 * 7, 4 * 57)
    assert (snn.membrane_adds, snn.comparisons, snn.resets) == (20, 20, 10.0)
    assert (snn.bias_adds, snn.leaks, snn.pooling_adds, snn.readout_adds) == (None, None, None, None)
