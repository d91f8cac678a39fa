"""The same network with other λ: what it would do if its layers used their range.

With λ′ = c λ a spike stands for c times as much: the layer's threshold is c θ, and what reads its spikes weighs c times
as much. Biases stay. Without clipping both networks compute the same.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.transforms.with_tensors import with_tensors


def rescaled(network: SpikingNetwork, factors: Mapping[str, float]) -> SpikingNetwork | None:
    """Give a network with λ of some layers multiplied.

    Parameters
    ----------
    network : SpikingNetwork
        Converted: no tensor belongs to two nodes.
    factors : mapping of str to float
        c by layer of neurons; others keep their λ.

    Returns
    -------
    SpikingNetwork or None
        None where one node reads spikes of layers with different factors.
    """
    tensors: dict[str, Any] = {}
    carried: dict[str, float] = {}

    def multiply(name: str | None, factor: float) -> None:
        if name is not None and factor != 1:
            tensors[name] = np.asarray(network.tensors[name], dtype=np.float64) * factor

    for node in network.nodes:
        read = {carried[edge.source] for edge in network.incoming[node.name]} or {1.0}
        if len(read) > 1:
            return None
        factor = read.pop()
        if isinstance(node, ir.Weighted):
            multiply(getattr(node, node.PARAMETERS[0]), factor)
            factor = 1.0
        elif isinstance(node, ir.Neuron):
            if factor != 1:  # spikes right onto a membrane have no weight that could change
                return None
            factor = factors.get(node.name, 1.0)
            for name in (node.threshold, node.initial_potential, node.source_scale):
                multiply(name, factor)
        carried[node.name] = factor
    return with_tensors(network, tensors)
