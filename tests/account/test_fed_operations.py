"""What layers feed, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from snnconv.account.fed_operations import fed_operations
from snnconv.ir import nodes as ir
from snnconv.runs.summary import operations

PADDED = {"strides": (1, 1), "pads": (1, 1, 1, 1), "dilations": (1, 1)}
HALVED = {"kernel": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}


def wired(maker):
    """Every way that spikes take, on 4×4 places: a padded 3×3 kernel reads 2, 3, 3 and 2 times along an axis."""
    one = np.asarray(1.0)
    maker.add(ir.Input, "image", (1, 4, 4), amplitude=1.0)
    maker.add(ir.Conv, "first", (2, 4, 4), "image", weight=np.ones((2, 1, 3, 3)) / 9, **PADDED)
    maker.add(ir.Neuron, "n1", (2, 4, 4), "first", threshold=one)
    # 2 channels · 3 outputs · (2 + 3 + 3 + 2)² taps = 600
    maker.add(ir.Conv, "second", (3, 4, 4), "n1", weight=np.ones((3, 2, 3, 3)) / 18, **PADDED)
    # the third channel is silence: 2 · 16 synapses are fed
    options = {"stops": (2, 4, 4), "steps": (1, 1, 1), "pads_before": (0, 0, 0), "pads_after": (1, 0, 0)}
    maker.add(ir.Select, "widened", (3, 4, 4), "n1", starts=(0, 0, 0), **options)
    maker.add(ir.Scale, "shortcut", (3, 4, 4), "widened", gain=np.asarray(0.5))
    maker.add(ir.Neuron, "n2", (3, 4, 4), "second", "shortcut", threshold=one)
    # 12 pooled places, 2 outputs: 24
    maker.add(ir.SumPool, "pooled", (3, 2, 2), "n2", **HALVED)
    point = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
    maker.add(ir.Conv, "point", (2, 2, 2), "pooled", weight=np.ones((2, 3, 1, 1)) / 12, **point)
    # every second row and column of two channels: 8
    options = {"stops": (2, 4, 4), "steps": (1, 2, 2), "pads_before": (0, 0, 0), "pads_after": (0, 0, 0)}
    maker.add(ir.Select, "thinned", (2, 2, 2), "n2", starts=(0, 0, 0), **options)
    maker.add(ir.Scale, "identity", (2, 2, 2), "thinned", gain=np.asarray(0.5))
    maker.add(ir.Neuron, "n3", (2, 2, 2), "point", "identity", threshold=one)
    # 8 places and 2 maxima, 5 outputs: 50
    maker.add(ir.Flatten, "all", (8,), "n3")
    maker.add(ir.MaxPoolGate, "gate", (2, 1, 1), "n3", **HALVED)
    maker.add(ir.Flatten, "largest", (2,), "gate")
    maker.add(ir.Concat, "joined", (10,), "all", "largest", axis=0)
    maker.add(ir.Dense, "hidden", (5,), "joined", weight=np.ones((5, 10)) / 10)
    maker.add(ir.Neuron, "n4", (5,), "hidden", threshold=one)
    maker.add(ir.Neuron, "n5", (5,), "hidden", threshold=np.asarray(2.0))
    # each spike of either makes its 3 operations, the ReLU network multiplies the sum: 15, 15, and 15 MACs
    maker.add(ir.Sum, "sum", (5,), "n4", "n5")
    maker.add(ir.Dense, "logits", (3,), "sum", weight=np.ones((3, 5)) / 5)
    # reads a current: nobody's spikes
    maker.add(ir.Dense, "late", (3,), "logits", weight=np.ones((3, 3)) / 3)
    maker.add(ir.Readout, "readout", (3,), "late", mode=ir.ReadoutMode.CURRENT)
    return maker.network()


def test_every_way_by_hand(maker) -> None:
    found = fed_operations(wired(maker))
    assert found.by_layer == {"n1": 600 + 32, "n2": 24 + 8, "n3": 50, "n4": 15, "n5": 15}
    assert found.macs == 600 + 24 + 50 + 15


def test_macs_of_the_image_and_of_currents_are_the_rest(maker) -> None:
    found = operations(wired(maker))
    assert found.macs_on_spikes == 689
    # 2 outputs · 100 taps, and 3 · 3
    assert found.ann_macs == 689 + 200 + 9


def test_what_reads_the_image_is_left_out_of_a_poisson_train_too(maker) -> None:
    network = wired(maker)
    poisson = replace(network, encoding=ir.Encoding.POISSON)
    assert fed_operations(poisson) == fed_operations(network)


@pytest.mark.parametrize(("stride", "count"), [(1, 5), (2, 3), (3, 2)])
def test_a_pooled_place_counts_once_however_many_neurons_it_reads(stride, count, maker) -> None:
    """Of 5 places and a silent one on each side, windows of 3."""
    maker.add(ir.Input, "image", (2, 5), amplitude=1.0)
    maker.add(ir.Scale, "scale", (2, 5), "image", gain=np.asarray(1.0))
    maker.add(ir.Neuron, "n1", (2, 5), "scale", threshold=np.asarray(1.0))
    maker.add(ir.SumPool, "pool", (2, count), "n1", kernel=(3,), strides=(stride,), pads=(1, 1))
    maker.add(ir.Flatten, "flat", (2 * count,), "pool")
    maker.add(ir.Dense, "logits", (4,), "flat", weight=np.ones((4, 2 * count)))
    maker.add(ir.Readout, "readout", (4,), "logits", mode=ir.ReadoutMode.CURRENT)
    found = fed_operations(maker.network())
    assert found.by_layer == {"n1": 4 * 2 * count}
    assert found.macs == 4 * 2 * count


def test_a_layer_that_only_the_readout_reads_feeds_nothing(maker) -> None:
    maker.add(ir.Input, "image", (4,), amplitude=1.0)
    maker.add(ir.Dense, "logits", (3,), "image", weight=np.ones((3, 4)) / 4)
    maker.add(ir.Neuron, "n1", (3,), "logits", threshold=np.asarray(1.0))
    maker.add(ir.Readout, "readout", (3,), "n1", mode=ir.ReadoutMode.SPIKES)
    found = fed_operations(maker.network())
    assert found.by_layer == {"n1": 0}
    assert found.macs == 0


def test_what_reads_spikes_together_with_a_current_is_left_out(maker) -> None:
    """Of the two connections from n1, the one that reads the image too is dense in both networks."""
    maker.add(ir.Input, "image", (4,), amplitude=1.0)
    maker.add(ir.Scale, "scale", (4,), "image", gain=np.asarray(1.0))
    maker.add(ir.Neuron, "n1", (4,), "scale", threshold=np.asarray(1.0))
    maker.add(ir.Sum, "both", (4,), "image", "n1")
    maker.add(ir.Dense, "dense", (3,), "both", weight=np.ones((3, 4)) / 4)
    maker.add(ir.Dense, "spiking", (3,), "n1", weight=np.ones((3, 4)) / 4)
    maker.add(ir.Neuron, "n2", (3,), "dense", "spiking", threshold=np.asarray(1.0))
    maker.add(ir.Readout, "readout", (3,), "n2", mode=ir.ReadoutMode.SPIKES)
    found = fed_operations(maker.network())
    assert found.by_layer == {"n1": 12, "n2": 0}
    assert found.macs == 12
