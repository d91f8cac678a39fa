"""What current arrives at each neuron at every step from biases alone.

It is the neuron's input without image and without spikes: the biases of convolutions and full connections and the
offsets of scales that lead to it, added up, and weighed where a current goes through weights again.
"""

from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.broadcast import at_its_largest
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]


def bias_currents(network: SpikingNetwork) -> dict[str, Array]:
    """Give the current of the biases at each layer of neurons, and at the readout.

    Biases with a step axis are taken at their largest magnitude, so that one that is ever there is one.

    Parameters
    ----------
    network : SpikingNetwork

    Returns
    -------
    dict of str to ndarray float64
        By name, of the node's shape, channels first. Zeros where no bias arrives.
    """
    carried: dict[str, Array] = {}  # nodes without an entry give no current of a bias
    ends: dict[str, Array] = {}
    for node in network.nodes:
        inputs = [carried.get(edge.source) for edge in network.incoming[node.name]]
        found = [value for value in inputs if value is not None]
        if isinstance(node, ir.Neuron | ir.Readout):
            ends[node.name] = np.sum(found, axis=0) if found else np.zeros(node.shape)
        elif isinstance(node, ir.Weighted):
            value = _weighted(network, node, np.sum(found, axis=0) if found else None)
            if value is not None:
                carried[node.name] = value
        elif isinstance(node, ir.Passive) and found:
            full = [
                np.zeros(network.by_name[edge.source].shape) if value is None else value
                for edge, value in zip(network.incoming[node.name], inputs, strict=True)
            ]
            carried[node.name] = node.carried(full)
    return ends


def _weighted(network: SpikingNetwork, node: ir.Weighted, current: Array | None) -> Array | None:
    """Give a node's bias, and what its weights make of the current that comes in; None where there is neither."""
    bias = None if node.addend is None else at_its_largest(network.tensors[node.addend], node.shape)
    if bias is not None and not bias.any():
        bias = None
    if current is None or not current.any():
        return bias
    made = node.times(network.tensors[node.factor].astype(np.float64), current)
    return made if bias is None else made + bias
