"""The layers of a network as a reader of results knows them: neurons, and the synapses that feed them."""

from dataclasses import dataclass

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork


@dataclass(frozen=True)
class Layer:
    """A layer of neurons, or the readout, with the weighted nodes that feed it.

    Attributes
    ----------
    name : str
    neurons : int
        0 for a readout that accumulates current.
    spikes : int or None
        Row of ``Recording.spikes``; None for the readout.
    synapses : tuple of int
        Rows of ``Recording.synops``.
    """

    name: str
    neurons: int
    spikes: int | None
    synapses: tuple[int, ...]


def layers(network: SpikingNetwork) -> tuple[Layer, ...]:
    """Give the layers from the input to the readout.

    A weighted node whose current several layers read belongs to the first of them, so that sums over the layers are
    sums over the network.
    """
    owner = _owners(network)
    rows = {node.name: index for index, node in enumerate(network.weighted)}
    result = []
    ends = [*network.neurons, network.readout]
    for index, node in enumerate(ends):
        synapses = tuple(row for name, row in rows.items() if owner[name] == node.name)
        if isinstance(node, ir.Neuron):
            result.append(Layer(node.name, int(np.prod(node.shape)), index, synapses))
        elif synapses:
            result.append(Layer(node.name, 0, None, synapses))
    return tuple(result)


def _owners(network: SpikingNetwork) -> dict[str, str]:
    """Give, for each node, the first layer of neurons or readout that its output reaches."""
    position = {node.name: index for index, node in enumerate(network.nodes)}
    owner: dict[str, str] = {}
    for node in reversed(network.nodes):
        ends = []
        for edge in network.outgoing[node.name]:
            reader = network.by_name[edge.target]
            ends.append(reader.name if isinstance(reader, ir.Neuron | ir.Readout) else owner[reader.name])
        owner[node.name] = min(ends, key=position.__getitem__) if ends else node.name
    return owner
