"""Grids by hand, where currents are pooled and read by weights; the laws are tested with the runtime."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.spiking import NetworkMaker


def _stream() -> SpikingNetwork:
    """Spikes of 4 channels make a current of 16, which is averaged over 8 × 8 places and classified."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (4, 8, 8), amplitude=1.0)
    m.add(ir.Neuron, "n", (4, 8, 8), "image", threshold=np.asarray(1.0))
    plain = {"strides": (1, 1), "dilations": (1, 1)}
    m.add(ir.Conv, "stream", (16, 8, 8), "n", weight=np.full((16, 4, 3, 3), 8.0), pads=(1, 1, 1, 1), **plain)
    m.add(ir.SumPool, "pool", (16, 1, 1), "stream", kernel=(8, 8), strides=(8, 8), pads=(0, 0, 0, 0))
    m.add(ir.Flatten, "flat", (16,), "pool")
    m.add(ir.Dense, "logits", (10,), "flat", weight=np.full((10, 16), 1e-3))
    m.add(ir.Readout, "readout", (10,), "logits", mode=ir.ReadoutMode.CURRENT)
    return m.network()


def test_a_pool_of_currents_takes_no_bits_from_them() -> None:
    """36 weights of 8 are 288, 9 bits of 29; the 6 bits of 64 places are float64's."""
    assert _stream().tensors["stream.grid"] == 20


def test_weights_on_currents_take_what_float64_leaves() -> None:
    """64 · 288 · 16 · 0.001 are 295, 9 bits: 53 − 20 − 9. The weight alone would take 24 + 9."""
    network = _stream()
    assert network.tensors["logits.grid"] == 24
    assert abs(network.tensors["logits.weight"].astype(np.float64) - 1e-3).max() <= 2.0**-25
