"""What weighted nodes read, on every backend, and which of them read one layer of neurons and nothing else."""

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.measuring.spike_inputs import SpikeInputs, on_currents, read_directly, watched
from snnconv.runtime.watch import Watch
from tests.runtime.test_backends import BACKENDS, images_for

HALVED = {"kernel": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}
STEPS = 7


def wired(maker):
    """Neurons, and weights that read them alone, by two edges, through a pool, and as a current."""
    one, gain = np.asarray(1.0), np.asarray(0.75)
    maker.add(ir.Input, "image", (2, 4, 4), amplitude=2.0)
    maker.add(ir.Scale, "first", (2, 4, 4), "image", gain=gain)
    maker.add(ir.Neuron, "n1", (2, 4, 4), "first", threshold=one)
    maker.add(ir.Scale, "alone", (2, 4, 4), "n1", gain=gain)
    maker.add(ir.Neuron, "n2", (2, 4, 4), "alone", threshold=one)
    maker.add(ir.Scale, "by-two", (2, 4, 4), "n1", "n2", gain=gain)
    maker.add(ir.Neuron, "triple", (2, 4, 4), "by-two", threshold=one, spike_value=np.asarray(3.0))
    maker.add(ir.Scale, "of-triple", (2, 4, 4), "triple", gain=gain)
    maker.add(ir.Neuron, "n3", (2, 4, 4), "of-triple", threshold=one)
    maker.add(ir.SumPool, "pool", (2, 2, 2), "n3", **HALVED)
    maker.add(ir.Flatten, "flat", (8,), "pool")
    maker.add(ir.Dense, "pooled", (3,), "flat", weight=np.ones((3, 8)) / 8)
    maker.add(ir.Dense, "late", (3,), "pooled", weight=np.ones((3, 3)))
    maker.add(ir.Readout, "readout", (3,), "late", mode=ir.ReadoutMode.CURRENT)
    return maker.network()


def test_one_layer_of_unit_spikes_is_read_directly(maker) -> None:
    network = wired(maker)
    names = ("first", "alone", "by-two", "of-triple", "pooled", "late")
    found = {name: read_directly(network, network.by_name[name]) for name in names}
    assert found == dict.fromkeys(names) | {"alone": "n1"}


def test_what_reads_a_current(maker) -> None:
    assert on_currents(wired(maker)) == {"first", "late"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_read_is_made_of_the_spikes(backend, maker) -> None:
    """Also where a backend looks through a pool and keeps nothing of it; once more after a reset."""
    network = wired(maker)
    names = ["alone", "by-two", "pooled"]
    inputs = SpikeInputs(network, names, 3, STEPS)
    watch = Watch(values=watched(network, names) | {"n1", "n2", "n3"})
    for seed in (1, 2):
        inputs.reset()
        (chunk,) = backend(3, STEPS).run(network, images_for(network, 3, seed), STEPS, watch=watch)
        seen = chunk.seen
        inputs.read(seen, STEPS)
        assert len(chunk.recording.scores) == STEPS
        n1, n2, n3 = (inputs._value(seen, name) for name in ("n1", "n2", "n3"))
        assert 0 < n3.mean() < 1
        np.testing.assert_array_equal(inputs.of(seen, "alone"), n1)
        np.testing.assert_array_equal(inputs.of(seen, "by-two"), n1 + n2)
        # (K, N, H, W, C) -> (K, N, H/2, W/2, C), and channels first where it is flat
        pooled = n3.reshape(STEPS, 3, 2, 2, 2, 2, 2).sum(axis=(3, 5))
        flat = np.moveaxis(pooled, -1, 2).reshape(STEPS, 3, 8)
        np.testing.assert_array_equal(inputs.of(seen, "pooled").reshape(flat.shape), flat)
