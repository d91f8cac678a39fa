"""Grids by hand, where currents are pooled and read by weights; the laws are tested with the runtime."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.spiking import NetworkMaker


def _stream(end: str) -> SpikingNetwork:
    """Spikes of 4 channels make a current of 16, of which means over windows are read by neurons or by weights."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (4, 8, 8), amplitude=1.0)
    m.add(ir.Neuron, "n", (4, 8, 8), "image", threshold=np.asarray(1.0))
    plain = {"strides": (1, 1), "dilations": (1, 1)}
    m.add(ir.Conv, "stream", (16, 8, 8), "n", weight=np.full((16, 4, 3, 3), 8.0), pads=(1, 1, 1, 1), **plain)
    size = 2 if end == "neurons" else 8
    pooled = (16, 8 // size, 8 // size)
    m.add(ir.SumPool, "pool", pooled, "stream", kernel=(size, size), strides=(size, size), pads=(0, 0, 0, 0))
    if end == "neurons":
        m.add(ir.Scale, "mean", pooled, "pool", gain=np.asarray(1 / size**2))
        m.add(ir.Neuron, "n2", pooled, "mean", threshold=np.asarray(1.0))
    m.add(ir.Flatten, "flat", (16 * pooled[1] * pooled[2],), "n2" if end == "neurons" else "pool")
    weight = np.full((10, 16 * pooled[1] * pooled[2]), 1e-3)
    m.add(ir.Dense, "logits", (10,), "flat", weight=weight)
    m.add(ir.Readout, "readout", (10,), "logits", mode=ir.ReadoutMode.CURRENT)
    return m.network()


def test_a_pool_of_currents_takes_no_bits_from_them() -> None:
    """36 weights of 8 are 288, 9 bits of 29; the 2 bits of 4 places are float64's."""
    assert _stream("neurons").tensors["stream.grid"] == 20


def test_weights_and_the_currents_that_they_read_go_without_as_many_bits() -> None:
    """64 · 288 · 16 · 0.001 are 295, 9 bits of 53; 33 and 22 are wanted, 11 too many.

    The weights want 24 + 9. The current has 24 − 3 and 2 more, and 1 less behind 8 × 8 places.
    """
    network = _stream("weights")
    assert network.tensors["logits.grid"] == 33 - 6
    assert network.tensors["stream.grid"] == 22 - 5
    assert abs(network.tensors["logits.weight"].astype(np.float64) - 1e-3).max() <= 2.0**-28


def test_a_channel_that_is_always_0_takes_no_bits_from_weights_on_currents() -> None:
    """288 · 0.001 is less than 1: there is room for the 24 + 9 bits of the weights beside the 20 of the current."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (36,), amplitude=1.0)
    m.add(ir.Neuron, "n", (36,), "image", threshold=np.asarray(1.0))
    m.add(ir.Dense, "stream", (2,), "n", weight=np.asarray([[0.0] * 36, [8.0] * 36]))
    m.add(ir.Dense, "logits", (3,), "stream", weight=np.full((3, 2), 1e-3))
    m.add(ir.Readout, "readout", (3,), "logits", mode=ir.ReadoutMode.CURRENT)
    tensors = m.network().tensors
    assert tensors["stream.grid"][1] == 20
    assert tensors["logits.grid"] == 33


def test_a_threshold_of_1_beside_weights_of_2_to_the_30_is_still_1() -> None:
    """The weights are whole numbers of 2^6; a membrane has whole numbers in any case."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (1, 1, 1), amplitude=1.0)
    m.add(ir.Neuron, "n", (1, 1, 1), "image", threshold=np.asarray(1.0))
    m.add(ir.Scale, "large", (1, 1, 1), "n", gain=np.asarray(2.0**30))
    m.add(ir.Neuron, "n2", (1, 1, 1), "large", threshold=np.asarray(1.0))
    m.add(ir.Flatten, "flat", (1,), "n2")
    m.add(ir.Readout, "readout", (1,), "flat", mode=ir.ReadoutMode.CURRENT)
    tensors = m.network().tensors
    assert tensors["large.grid"] == -6
    assert tensors["n2.threshold"] == 1
