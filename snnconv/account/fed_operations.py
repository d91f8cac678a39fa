"""The dense synaptic operations that each layer of neurons feeds, as Sengupta et al. (2019), section 7.4, count.

They weigh the mean number of spikes of a neuron by what the ReLU network would do with one value of every neuron. Our
SynOps weigh each spike by its real fan-out instead; the two differ where fan-outs differ within a layer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.account.counts import dense_ops, fan_out
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class FedOperations:
    """What the layers of neurons feed.

    Attributes
    ----------
    by_layer : dict of str to int
        Synaptic operations that one value of every neuron of the layer causes in the weighted nodes that read its
        spikes, taps on padding left out; a ``Scale`` makes one for each value.
    macs : int
        MACs of the ReLU network in the same weighted nodes: without ``Scale``, and once where several layers meet.
    """

    by_layer: dict[str, int]
    macs: int


def fed_operations(network: SpikingNetwork) -> FedOperations:
    """Count what each layer of neurons feeds, through everything that passes spikes on."""
    dense = dense_ops(network)
    on_current = {name for name, ops in dense.items() if ops.reads_current}
    by_layer: dict[str, int] = {}
    read: set[str] = set()
    for layer in network.neurons:
        fed = {
            node.name: int((arriving * fan_out(network, node)).sum())
            for node, arriving in arrivals(network, layer)
            if node.name not in on_current
        }
        by_layer[layer.name] = sum(fed.values())
        read.update(fed)
    # a Scale on spikes has no dense operations: the ReLU network adds there
    return FedOperations(by_layer, sum(dense[name].macs for name in read if name in dense))


def arrivals(network: SpikingNetwork, layer: ir.Neuron) -> list[tuple[ir.Weighted, Array]]:
    """Give the weighted nodes that a layer reaches, and how often it reaches each place of their input.

    Returns
    -------
    list of (node, ndarray int64 of the input's shape)
    """
    # 0 where the layer does not come to, 1 where it does, more where it comes by several ways that are summed
    reach: dict[str, Array] = {layer.name: np.ones(layer.shape, dtype=np.int64)}
    result = []
    for node in network.nodes:
        sources = [edge.source for edge in network.incoming[node.name]]
        if not any(source in reach for source in sources):
            continue
        inputs = [reach.get(source, np.zeros(network.by_name[source].shape, dtype=np.int64)) for source in sources]
        if isinstance(node, ir.Weighted):
            result.append((node, np.sum(inputs, axis=0)))
        elif isinstance(node, ir.Passive):
            reach[node.name] = node.reached(inputs)
    return result
