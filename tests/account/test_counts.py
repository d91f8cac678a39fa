"""Fan-out and dense operations against counting by hand."""

import numpy as np
import pytest

from snnconv.account.counts import dense_ops, fan_out, macs_of
from snnconv.account.layers import layers
from snnconv.choices import BackendName
from snnconv.ir import nodes as ir
from snnconv.ir.windows import taps
from snnconv.runs.summary import operations
from snnconv.runtime.backends import choose


@pytest.mark.parametrize("seed", range(20))
def test_taps_count_every_window_that_reads_a_position(seed) -> None:
    rng = np.random.default_rng(seed)
    size, kernel, stride, dilation = (int(rng.integers(low, high)) for low, high in ((5, 12), (1, 4), (1, 4), (1, 3)))
    before, after = (int(p) for p in rng.integers(0, 3, 2))
    expected = [0] * size
    position = -before
    while position + dilation * (kernel - 1) <= size + after - 1:
        for k in range(kernel):
            if 0 <= position + k * dilation < size:
                expected[position + k * dilation] += 1
        position += stride
    assert taps(size, kernel, stride, before, after, dilation).tolist() == expected


def test_mean_fan_out_of_padded_convolutions() -> None:
    """A 3×3 convolution with padding on 32 pixels: (3·32 − 2)² / 32² = 8.629 a channel, not 9."""
    along = taps(32, 3, 1, 1, 1, 1)
    assert np.outer(along, along).mean() == pytest.approx(94**2 / 32**2, rel=1e-12)
    halved = taps(32, 3, 2, 1, 1, 1)
    assert np.outer(halved, halved).mean() == pytest.approx(47**2 / 32**2, rel=1e-12)


def small(maker):
    maker.add(ir.Input, "image", (2, 4, 4), amplitude=1.0)
    conv = {"strides": (1, 1), "pads": (1, 1, 1, 1), "dilations": (1, 1)}
    maker.add(ir.Conv, "first", (4, 4, 4), "image", weight=np.ones((4, 2, 3, 3)) / 18, **conv)
    maker.add(ir.Neuron, "n1", (4, 4, 4), "first", threshold=np.asarray(1.0))
    maker.add(ir.Conv, "second", (4, 4, 4), "n1", weight=np.ones((4, 2, 3, 3)) / 18, groups=2, **conv)
    maker.add(ir.Scale, "shortcut", (4, 4, 4), "n1", gain=np.asarray(0.5))
    maker.add(ir.Neuron, "n2", (4, 4, 4), "second", "shortcut", threshold=np.asarray(1.0))
    maker.add(ir.Flatten, "flat", (64,), "n2")
    maker.add(ir.Dense, "logits", (3,), "flat", weight=np.ones((3, 64)) / 64)
    maker.add(ir.Readout, "readout", (3,), "logits", mode=ir.ReadoutMode.CURRENT)
    return maker.network()


def test_fan_out_and_dense_operations(maker) -> None:
    network = small(maker)
    first, second, shortcut, logits = network.weighted
    assert fan_out(network, first).tolist() == (4 * np.outer([2, 3, 3, 2], [2, 3, 3, 2])).tolist()
    assert fan_out(network, second).tolist() == (2 * np.outer([2, 3, 3, 2], [2, 3, 3, 2])).tolist()
    assert fan_out(network, shortcut) == 1
    assert fan_out(network, logits) == 3
    found = dense_ops(network)
    assert set(found) == {"first", "second", "logits"}
    assert (found["first"].macs, found["first"].padded_macs) == (2 * 4 * 100, 4 * 16 * 18)
    assert (found["second"].macs, found["second"].padded_macs) == (4 * 2 * 100, 4 * 16 * 18)
    assert (found["logits"].macs, found["logits"].padded_macs) == (192, 192)
    assert (found["first"].reads_current, found["first"].constant) == (True, True)
    assert (found["second"].reads_current, found["second"].constant) == (False, False)


def test_layers_own_the_synapses_that_feed_them(maker) -> None:
    rows = [(layer.name, layer.neurons, layer.spikes, layer.synapses) for layer in layers(small(maker))]
    assert rows == [("n1", 64, 0, (0,)), ("n2", 64, 1, (1, 2)), ("readout", 0, None, (3,))]


def test_a_scale_on_a_current_is_no_operation_of_the_relu_network(maker) -> None:
    maker.add(ir.Input, "image", (3, 2, 2), amplitude=1.0)
    maker.add(ir.Scale, "scale", (3, 2, 2), "image", gain=np.asarray(0.5))
    maker.add(ir.Flatten, "flat", (12,), "scale")
    maker.add(ir.Dense, "dense", (2,), "flat", weight=np.ones((2, 12)) / 12)
    maker.add(ir.Readout, "readout", (2,), "dense", mode=ir.ReadoutMode.CURRENT)
    found = operations(maker.network())
    assert (found.ann_macs, found.ann_macs_padded) == (24, 24)
    assert (found.constant_macs, found.changing_macs_per_step) == (36, 0)


def test_a_scale_multiplies_each_value_once(maker) -> None:
    """Padded or not: it has one tap. On spikes it has no dense operations at all."""
    maker.add(ir.Input, "image", (2, 3, 4), amplitude=1.0)
    maker.add(ir.Scale, "scale", (2, 3, 4), "image", gain=np.ones((2, 1, 1)))
    maker.add(ir.Neuron, "n1", (2, 3, 4), "scale", threshold=np.asarray(1.0))
    maker.add(ir.Scale, "again", (2, 3, 4), "n1", gain=np.asarray(0.5))
    maker.add(ir.Flatten, "flat", (24,), "again")
    maker.add(ir.Readout, "readout", (24,), "flat", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    assert macs_of(network, network.by_name["scale"]) == (24, 24)
    found = dense_ops(network)
    assert set(found) == {"scale"}
    assert (found["scale"].macs, found["scale"].padded_macs, found["scale"].of_ann) == (24, 24, False)


@pytest.mark.parametrize("name", [BackendName.NUMPY, BackendName.AUTO])
@pytest.mark.parametrize("value", [-1.0, -2.0])
def test_a_negative_spike_is_an_operation_like_a_positive_one(name, value, maker) -> None:
    maker.add(ir.Input, "image", (2, 1, 1))
    maker.add(ir.Flatten, "flat", (2,), "image")
    maker.add(ir.Dense, "in", (2,), "flat", weight=np.eye(2))
    maker.add(ir.Neuron, "n", (2,), "in", threshold=np.asarray(1.0), spike_value=np.asarray(value))
    maker.add(ir.Dense, "out", (3,), "n", weight=np.ones((3, 2)))
    maker.add(ir.Readout, "readout", (3,), "out", mode=ir.ReadoutMode.CURRENT)
    network = maker.network(steps=4)
    image = np.array([1.0, 0.5], dtype=np.float32).reshape(1, 2, 1, 1)
    (chunk,) = choose(name, network).run(network, image, 4)
    assert chunk.recording.spikes[0, :, 0].tolist() == [1, 2, 1, 2]
    assert chunk.recording.synops[1, :, 0].tolist() == [3 * abs(value) * count for count in (1, 2, 1, 2)]
