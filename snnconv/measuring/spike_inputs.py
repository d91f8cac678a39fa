"""What weighted nodes read in a chunk, as numbers, whatever the backend.

A backend may look through slices, pools and sums between neurons and weights, so that nothing holds what comes out of
them. Here they are made anew from the spikes of the neurons.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.nodes.operation import Operation, Site, summed
from snnconv.runtime.nodes.registry import build
from snnconv.runtime.watch import Seen

Array = np.ndarray[Any, Any]


class SpikeInputs:
    """Gives the inputs of weighted nodes, chunk by chunk.

    Parameters
    ----------
    network : SpikingNetwork
    names : sequence of str
        The weighted nodes that are asked for.
    batch, chunk : int
        N images, K steps at most.
    """

    def __init__(self, network: SpikingNetwork, names: Sequence[str], batch: int, chunk: int) -> None:
        self._network = network
        found = network.flows
        self._operations: list[tuple[str, Operation]] = []
        for node in _between(network, names):
            inputs = tuple(found[edge.source] for edge in network.incoming[node.name])
            site = Site(network, node, inputs, found[node.name], batch, chunk)
            self._operations.append((node.name, build(site)))
        self._values: dict[str, Array] = {}

    def reset(self) -> None:
        """Forget the images so far."""
        for _, operation in self._operations:
            operation.reset()

    def read(self, seen: Seen, steps: int) -> None:
        """Take in the chunk that was just run."""
        self._values = {}
        for name, operation in self._operations:
            inputs = [self._value(seen, edge.source) for edge in self._network.incoming[name]]
            self._values[name] = operation.advance(inputs, steps)

    def of(self, seen: Seen, name: str) -> Array:
        """Give what a weighted node read in the chunk, its inputs added up.

        Returns
        -------
        ndarray (K, N, H, W, C)
            (1, N, H, W, C) where it is constant in time.
        """
        return summed([self._value(seen, edge.source) for edge in self._network.incoming[name]])

    def _value(self, seen: Seen, name: str) -> Array:
        if name not in self._values:
            self._values[name] = seen.value(name)
        return self._values[name]


def watched(network: SpikingNetwork, names: Iterable[str]) -> frozenset[str]:
    """Give the nodes whose values `SpikeInputs` of some weighted nodes takes."""
    between = _between(network, names)
    read = {edge.source for name in (*names, *(node.name for node in between)) for edge in network.incoming[name]}
    return frozenset(read - {node.name for node in between})


def _between(network: SpikingNetwork, names: Iterable[str]) -> list[ir.Node]:
    """Give the nodes that move or add up spikes on their way to weighted nodes, in order."""
    wanted = {edge.source for name in names for edge in network.incoming[name]}
    result: list[ir.Node] = []
    for node in reversed(network.nodes):
        if node.name in wanted and isinstance(node, ir.Passive) and network.flows[node.name].kind is not Kind.CURRENT:
            result.insert(0, node)
            wanted.update(edge.source for edge in network.incoming[node.name])
    return result


def read_directly(network: SpikingNetwork, node: ir.Weighted) -> str | None:
    """Give the layer of neurons that is all that a node reads, spikes of 1 on one edge; None where it reads others."""
    edges = network.incoming[node.name]
    if len(edges) != 1:
        return None
    source = network.by_name[edges[0].source]
    unit = isinstance(source, ir.Neuron) and network.flows[source.name].carries == 1
    return source.name if unit else None


def on_currents(network: SpikingNetwork) -> set[str]:
    """Give the weighted nodes that read a current."""
    found = network.flows
    return {
        node.name
        for node in network.weighted
        if any(found[edge.source].kind is Kind.CURRENT for edge in network.incoming[node.name])
    }
