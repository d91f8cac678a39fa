"""Identity shortcuts whose weight is not λ_in/λ_out.

A spike of a layer stands for λ_in. Where it goes past the other layers of a residual block by an identity shortcut, it
must weigh λ_in/λ_out at the neurons that read it (Hu et al., Eq. 5-6), times the threshold where that is not 1. The
file has λ of every layer, so the weight can be checked, and put right.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]

_TOLERANCE = 1e-3
"""Relative; the rounding of weights to their grids is orders of magnitude finer."""

_PASSING = (ir.MaxPoolGate, ir.Select)
"""What spikes pass through on a shortcut without a change of what they stand for."""


@dataclass(frozen=True)
class WrongGain:
    """An identity shortcut that is off.

    Attributes
    ----------
    node, tensor : str
        The `Scale`, and its gain.
    layer : str
        The neurons that read it.
    found, expected : float
        Mean gain.
    repaired : ndarray
        λ_in/λ_out, broadcast to the node's shape.
    """

    node: str
    tensor: str
    layer: str
    found: float
    expected: float
    repaired: Array


def wrong_gains(network: SpikingNetwork) -> tuple[WrongGain, ...]:
    """Find the identity shortcuts of a network without compensation whose gain is not λ_in/λ_out.

    A `Scale` of a network may also be a normalisation of its model, with a gain of its own. Whether one is wrong shows
    only when the network computes the model with the repaired gains and did not before.
    """
    found = []
    for node in network.nodes:
        if not isinstance(node, ir.Scale) or node.offset is not None:
            continue
        source, reader = _source(network, node), _reader(network, node)
        if source is None or reader is None:
            continue
        expected = _expected(network, source, reader)
        gain = network.tensor(node.gain, 1.0).astype(np.float64)
        if expected is None or np.allclose(gain, expected, rtol=_TOLERANCE, atol=0):
            continue
        found.append(WrongGain(node.name, node.gain, reader.name, float(gain.mean()), float(expected.mean()), expected))
    return tuple(found)


def _source(network: SpikingNetwork, node: ir.Node) -> ir.Neuron | None:
    """Give the layer whose spikes a node reads, past nodes that only pass them on; None where it is not one layer."""
    while True:
        edges = network.incoming[node.name]
        if len(edges) != 1:
            return None
        node = network.by_name[edges[0].source]
        if isinstance(node, ir.Neuron):
            return node
        if not isinstance(node, _PASSING):
            return None


def _reader(network: SpikingNetwork, node: ir.Node) -> ir.Neuron | None:
    """Give the layer that adds a node's current to others; None where there is no addition, or not one layer."""
    adds = False
    while True:
        edges = network.outgoing[node.name]
        if len(edges) != 1:
            return None
        node = network.by_name[edges[0].target]
        adds = adds or len(network.incoming[node.name]) > 1
        if isinstance(node, ir.Neuron):
            return node if adds else None
        if not isinstance(node, ir.Sum):
            return None


def _expected(network: SpikingNetwork, source: ir.Neuron, reader: ir.Neuron) -> Array | None:
    """Give λ_in θ/λ_out; None where the file lacks a λ, or channels are moved between layers of λ by channel."""
    if source.source_scale is None or reader.source_scale is None:
        return None
    scale_in, scale_out = (network.tensor(n.source_scale, 1.0).astype(np.float64) for n in (source, reader))
    threshold = network.tensor(reader.threshold, 1.0).astype(np.float64)
    if scale_in.ndim and source.shape != reader.shape:
        return None
    rank = len(reader.shape)
    return _wide(scale_in, rank) / _wide(scale_out, rank) * threshold


def _wide(scale: Array, rank: int) -> Array:
    return scale.reshape(-1, *(1,) * (rank - 1)) if scale.ndim else scale
