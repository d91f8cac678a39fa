"""Signals (C, L): convolution and pooling over one axis are those of an image with one row."""

from typing import Any

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.runtime.test_backends import BACKENDS
from tests.runtime.wirings import Net


def signal_network(rows: bool, groups: int, kind: type) -> SpikingNetwork:
    """Make a network of signals, or of images with one row; weights are the same."""
    m = Net()

    def wide(axes: tuple[int, ...], fill: int) -> tuple[int, ...]:
        return (fill, *axes) if rows else axes

    def pads(before: int, after: int) -> tuple[int, ...]:
        return (0, before, 0, after) if rows else (before, after)

    def conv(name: str, source: str, out: int, kernel: int, stride: int, dilation: int, around: Any, by: int) -> str:
        inputs = m.shape(source)[0] // by
        weight = m.rng.normal(0.15, 0.7, (out, inputs, kernel)) / np.sqrt(inputs * kernel)
        bias = m.rng.normal(0.2, 0.2, (out, 1))
        return m.put(
            ir.Conv,
            name,
            source,
            weight=weight.reshape(out, inputs, *wide((kernel,), 1)),
            bias=bias.reshape(out, *wide((1,), 1)),
            strides=wide((stride,), 1),
            dilations=wide((dilation,), 1),
            pads=pads(*around),
            groups=by,
        )

    m.add(ir.Input, "image", (2, *wide((23,), 1)), amplitude=2.0)
    first = m.neurons("n0", conv("c0", "image", 6, 5, 1, 1, (2, 2), 1))
    windows = {"kernel": wide((3,), 1), "strides": wide((2,), 1), "pads": pads(1, 0)}
    pooled = m.put(kind, "pool", first, **windows)
    second = m.neurons("n1", conv("c1", first, 18, 4, 2, 2, (3, 2), groups), conv("c2", pooled, 18, 3, 1, 1, (1, 1), 1))
    sums = m.put(ir.SumPool, "sums", second, kernel=wide((4,), 1), strides=wide((3,), 1), pads=pads(0, 1))
    third = m.neurons("n2", conv("c3", sums, 7, 1, 1, 1, (0, 0), 1))
    whole = m.put(
        ir.SumPool,
        "whole",
        third,
        kernel=wide((m.shape(third)[-1],), 1),
        strides=wide((1,), 1),
        pads=pads(0, 0),
    )
    return m.finish(whole)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("kind", [ir.SumPool, ir.MaxPoolGate, ir.MaxPoolCurrent])
def test_a_signal_is_an_image_with_one_row(backend, groups, kind) -> None:
    signals, images = signal_network(False, groups, kind), signal_network(True, groups, kind)
    x = np.random.default_rng(0).uniform(-1, 2, (3, 2, 23)).astype(np.float32)
    found = backend(2, 5).simulate(signals, x, 40)
    expected = backend(2, 5).simulate(images, x[:, :, None], 40)
    np.testing.assert_array_equal(found.spikes, expected.spikes)
    np.testing.assert_array_equal(found.synops, expected.synops)
    np.testing.assert_array_equal(found.scores, expected.scores)
    rates = found.spikes.mean(axis=(1, 2)) / [np.prod(n.shape) for n in signals.neurons]
    assert ((rates > 0.02) & (rates < 0.98)).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_convolution_over_one_axis_by_hand(backend) -> None:
    """Weights 1 and 2 on 3 places with one empty place before and a stride of 2: 2·x₀, then x₁ + 2·x₂."""
    m = Net()
    m.add(ir.Input, "image", (1, 3), amplitude=1.0)
    m.put(
        ir.Conv,
        "conv",
        m.put(ir.Neuron, "n", "image", threshold=np.asarray(1.0)),
        weight=np.array([[[1.0, 2.0]]]),
        strides=(2,),
        pads=(1, 0),
        dilations=(1,),
    )
    m.put(ir.Readout, "readout", m.put(ir.Flatten, "flat", "conv"), mode=ir.ReadoutMode.CURRENT)
    x = np.array([[[1.0, 1.0, 0.5]]], dtype=np.float32)
    # the third input spikes at every second step
    found = backend(1, 2).simulate(m.network(), x, 2)
    assert found.scores[:, 0].tolist() == [[2.0, 1.0], [4.0, 4.0]]
    assert found.synops[0, :, 0].tolist() == [2, 3]
