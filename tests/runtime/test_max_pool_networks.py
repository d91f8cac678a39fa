"""Networks with maximum pooling: against the slow simulator, on every backend, and what their sums need."""

import functools
from typing import Any

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.ir.grid import FLOAT32_BITS, INPUT_GRID, WIDE_BITS
from snnconv.ir.sums import meeting, wide_sums
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.nodes.max_pool import state_bytes
from snnconv.transforms.bounds import bounds
from tests.runtime.test_backends import BACKENDS, images_for
from tests.runtime.test_max_pool import CURRENT, KINDS, WINDOWS, Array
from tests.runtime.wirings import Net
from tests.spiking import _slow_simulate


def pooled_network(kind: type, windows: Any, value: Array | None = None) -> Any:
    """Make a network with a pool of the stem's current, one of spikes, and one of a sum of currents."""
    m = Net()
    m.add(ir.Input, "image", (2, 9, 8), amplitude=2.0)
    stem = m.pool("stem_pool", m.conv("stem", "image", 3, (2, 2)), (3, 3), (2, 2), (1, 1, 1, 1), kind=CURRENT)
    spikes = m.neurons("n0", stem, **({} if value is None else {"spike_value": value}))
    pool = m.pool("pool", spikes, *windows, kind=kind)
    sums = m.put(ir.Sum, "sums", m.conv("c1", pool, 3), m.scale("s1", pool))
    branch = m.neurons("n1", m.scale("s2", sums))
    last = m.pool("last_pool", m.put(ir.Sum, "trunk", sums, m.conv("c2", branch, 3)), (2, 2), kind=CURRENT)
    one = {"kernel": (1, 1), "pads": (0, 0, 0, 0)}
    return m.finish(m.neurons("n2", m.conv("c3", last, 5, **one), m.conv("c4", last, 5, **one)))


VALUES = {"1": None, "2": np.asarray(2.0), "by place": np.where(np.arange(75) % 2, 1.0, 2.0).reshape(3, 5, 5)}


@functools.cache
def slow_case(kind: type, windows: str, value: str) -> Any:
    """Give a network, images, and what the slow simulator makes of them in 5 steps."""
    network = pooled_network(kind, WINDOWS[windows], VALUES[value])
    images = images_for(network, 2, 0)
    return network, images, _slow_simulate(network, images, 5)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("windows", WINDOWS)
@KINDS
def test_equals_the_slow_simulator_exactly(backend, windows, kind, value) -> None:
    network, images, expected = slow_case(kind, windows, value)
    found = backend(None, None).simulate(network, images, 5)
    for row, neuron in enumerate(network.neurons):
        counts = expected.spikes[neuron.name].reshape(5, 2, -1).sum(axis=2)
        np.testing.assert_array_equal(found.spikes[row], counts, err_msg=neuron.name)
    for row, node in enumerate(network.weighted):
        np.testing.assert_array_equal(found.synops[row], expected.synops[node.name], err_msg=node.name)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert (found.spikes.sum(axis=(1, 2)) > 0).all()
    assert found.synops.sum() > 0


@pytest.mark.parametrize("backend", BACKENDS)
@KINDS
def test_batch_chunk_and_images_before_change_nothing(backend, kind) -> None:
    network = pooled_network(kind, WINDOWS["overlap"], VALUES["by place"])
    images = images_for(network, 5, 0)
    expected = backend(1, 1).simulate(network, images, 12)
    for batch, chunk in ((5, 1), (2, 5), (3, 12)):
        found = backend(batch, chunk).simulate(network, images, 12)
        np.testing.assert_array_equal(found.spikes, expected.spikes)
        np.testing.assert_array_equal(found.synops, expected.synops)
        np.testing.assert_array_equal(found.scores, expected.scores)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_state_of_pools_is_counted_among_what_fits(backend, monkeypatch) -> None:
    """Of 2 channels: the sums, 8 × 7 with padding, with what is largest along rows; and 3 × 3 that were largest."""
    net = Net()
    net.start(2, 6, 5)
    net.pool("pool", "n0", *WINDOWS["overlap"], kind=CURRENT)
    network = net.finish("pool")
    assert state_bytes(network) == 16 * (2 * 8 * 7) + 8 * (2 * 3 * 3)
    module = "numpy_backend" if backend is NumpyBackend else "event_backend"
    monkeypatch.setattr(f"snnconv.runtime.backends.{module}._BYTES", 8 << 20)
    before = backend(None, 4).sizes(network)[0]
    monkeypatch.setattr(f"snnconv.runtime.backends.{module}.state_bytes", lambda network: 4 << 20)
    assert backend(None, 4).sizes(network)[0] <= 2 < before


def unit_conv(net: Net, name: str, source: str, weight: Array) -> str:
    """Add a convolution of one place."""
    one = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
    return net.put(ir.Conv, name, source, weight=weight.reshape(2, 2, 1, 1), **one)


def test_weights_of_layers_that_meet_behind_a_pool_share_their_grids() -> None:
    """A branch and a shortcut that is pooled: per channel one q for both, by the sum of their bounds."""
    net = Net()
    net.start(2, 4, 4)
    pool = net.pool("pool", unit_conv(net, "branch", "n0", np.array([[3.0, 0.0], [0.0, -0.3]])), (2, 2), kind=CURRENT)
    cut = net.select("cut", "n0", stops=(2, 3, 3))
    shortcut = net.put(ir.Scale, "shortcut", cut, gain=np.asarray(1.5))
    network = net.finish(net.neurons("n1", pool, shortcut))
    found = network.flows
    assert {"branch", "pool", "shortcut", "n1"} in [set(group) for group in meeting(network, found)]
    limits = bounds(network, found)
    # what is largest lies between the inputs of the step, per channel
    for side, expected in (("low", [0.0, limits["branch"].low[1]]), ("high", [3.0, 0.0])):
        assert getattr(limits["pool"], side).tolist() == expected
    # sums up to 4.5, and from −0.3 to 1.5: 3 bits and 1 bit
    for name in ("branch", "shortcut"):
        assert network.tensors[network.by_name[name].grid].tolist() == [FLOAT32_BITS - 3, FLOAT32_BITS - 1]


def test_a_layer_behind_a_pool_of_currents_is_exact_in_float64() -> None:
    """Its grid leaves room for that of the currents, seen through the pool."""
    net = Net()
    net.start(2, 4, 4)
    pool = net.pool("pool", unit_conv(net, "c1", "n0", np.array([[3.0, 0.0], [0.0, 1e-3]])), (2, 2), kind=CURRENT)
    image = net.pool("image_pool", "image", (2, 2), kind=CURRENT)
    for name, source in (("behind", pool), ("of_image", image)):
        net.neurons(f"n_{name}", unit_conv(net, name, source, np.array([[0.5, 1.0], [0.25, 0.125]])))
    network = net.finish(net.put(ir.Concat, "both", "n_behind", "n_of_image", axis=0))
    grids = {
        name: np.broadcast_to(network.tensors[f"{name}.grid"], (2,)).astype(int)
        for name in ("c1", "behind", "of_image")
    }
    limits = bounds(network, network.flows)
    for name, finest in (("behind", grids["c1"].max()), ("of_image", INPUT_GRID)):
        bits = np.ceil(np.log2(limits[name].largest))
        # one bit is left where the image may grow
        room = 52 if name == "of_image" else 53
        assert (grids[name] + finest + bits <= room).all()
        # no coarser than it has to be
        own = np.minimum(WIDE_BITS - bits, FLOAT32_BITS - np.ceil(np.log2([1.0, 0.25])))
        np.testing.assert_array_equal(grids[name], np.minimum(own, room - finest - bits))


def test_very_many_inputs_are_seen_through_a_pool() -> None:
    """What meets a wide sum behind a pool is wide too; spikes through a pool end the group."""
    net = Net()
    net.start(130, 4, 4)
    pool = net.pool("pool", net.conv("wide", "n0", 3), (2, 2), kind=CURRENT)
    net.neurons("n1", pool, net.conv("narrow", net.select("cut", "n0", stops=(2, 3, 3)), 3))
    gate = net.pool("gate", "n1", (2, 2), kind=ir.MaxPoolGate)
    net.neurons("n2", net.conv("behind", gate, 3, kernel=(1, 1), pads=(0, 0, 0, 0)))
    network = net.finish("n2")
    wide = wide_sums(network, network.flows)
    assert {"wide", "pool", "narrow", "n1"} <= wide
    assert not {"gate", "behind", "n2"} & wide
