"""What weighted nodes read in a chunk, as numbers, whatever the backend.

A backend may look through slices, pools and sums between neurons and weights, so that nothing holds what comes out of
them. Here they are made anew from the spikes of the neurons.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.nodes.operation import Operation, Site, summed
from snnconv.runtime.nodes.registry import build
from snnconv.runtime.program import Program

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
        wanted = {edge.source for name in names for edge in network.incoming[name]}
        self._operations: list[tuple[str, Operation]] = []
        for node in reversed(network.nodes):
            moves = not isinstance(node, ir.Weighted | ir.Input | ir.Neuron | ir.Readout)
            if node.name in wanted and moves and found[node.name].kind is not Kind.CURRENT:
                inputs = tuple(found[edge.source] for edge in network.incoming[node.name])
                site = Site(network, node, inputs, found[node.name], batch, chunk)
                self._operations.insert(0, (node.name, build(site)))
                wanted.update(edge.source for edge in network.incoming[node.name])
        self._values: dict[str, Array] = {}

    def reset(self) -> None:
        """Forget the images so far."""
        for _, operation in self._operations:
            operation.reset()

    def read(self, program: Program, steps: int) -> None:
        """Take in the chunk that a program has just run."""
        self._values = {}
        for name, operation in self._operations:
            inputs = [self._value(program, edge.source) for edge in self._network.incoming[name]]
            self._values[name] = operation.advance(inputs, steps)

    def of(self, program: Program, name: str) -> Array:
        """Give what a weighted node read in the chunk, its inputs added up.

        Returns
        -------
        ndarray (K, N, H, W, C)
            (1, N, H, W, C) where it is constant in time.
        """
        return summed([self._value(program, edge.source) for edge in self._network.incoming[name]])

    def _value(self, program: Program, name: str) -> Array:
        if name not in self._values:
            value = program.values[name]
            # backends that keep spikes as bits give them as numbers
            self._values[name] = value if isinstance(value, np.ndarray) else value.dense()
        return self._values[name]


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
