"""The spiking network in memory: nodes in topological order, edges, tensors."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from snnconv.data import Preprocessing
from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow
from snnconv.ir.manifest import Provenance

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class SpikingNetwork:
    """A directed acyclic graph of spiking layers, with its parameters and where they come from.

    Attributes
    ----------
    nodes : tuple of Node
        In topological order: the order in which a step works through them.
    edges : tuple of Edge
        The order among the edges of one target is the order of its inputs.
    tensors : mapping of str to ndarray
        Parameters by name, channels first.
    steps : int
        T, the default number of time steps.
    encoding : Encoding
        The default encoding of the input.
    preprocessing : Preprocessing, optional
        What was done to the images of the calibration.
    classes : tuple of str, optional
        Class names in the order of the readout.
    provenance : Provenance
        Tool version, hashes, method, options, citations.
    """

    nodes: tuple[ir.Node, ...]
    edges: tuple[ir.Edge, ...]
    tensors: Mapping[str, Array]
    steps: int
    provenance: Provenance
    encoding: ir.Encoding = ir.Encoding.CONSTANT
    preprocessing: Preprocessing | None = None
    classes: tuple[str, ...] | None = None

    @cached_property
    def by_name(self) -> dict[str, ir.Node]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def incoming(self) -> dict[str, tuple[ir.Edge, ...]]:
        """Edges into each node, in order."""
        found: dict[str, list[ir.Edge]] = {node.name: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.target].append(edge)
        return {name: tuple(edges) for name, edges in found.items()}

    @cached_property
    def outgoing(self) -> dict[str, tuple[ir.Edge, ...]]:
        """Edges out of each node, in order."""
        found: dict[str, list[ir.Edge]] = {node.name: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.source].append(edge)
        return {name: tuple(edges) for name, edges in found.items()}

    @cached_property
    def flows(self) -> dict[str, Flow]:
        """What flows out of each node, by node name.

        Raises
        ------
        NetworkError
            If a node cannot read what flows into it, as a ``MaxPoolGate`` no currents.
        """
        result: dict[str, Flow] = {}
        for node in self.nodes:
            result[node.name] = node.flow(self, [result[edge.source] for edge in self.incoming[node.name]])
        return result

    def input_shapes(self, node: ir.Node) -> list[tuple[int, ...]]:
        """Give the shapes of what a node reads, in the order of its edges."""
        return [self.by_name[edge.source].shape for edge in self.incoming[node.name]]

    @property
    def input(self) -> ir.Input:
        """The one input node."""
        return next(node for node in self.nodes if isinstance(node, ir.Input))

    @property
    def readout(self) -> ir.Readout:
        """The one readout node."""
        return next(node for node in self.nodes if isinstance(node, ir.Readout))

    @property
    def neurons(self) -> tuple[ir.Neuron, ...]:
        """The layers of neurons, from the input to the readout."""
        return tuple(node for node in self.nodes if isinstance(node, ir.Neuron))

    @property
    def weighted(self) -> tuple[ir.Weighted, ...]:
        """The nodes whose spikes cause synaptic operations, in order: those with weights."""
        return tuple(node for node in self.nodes if isinstance(node, ir.Weighted))

    @property
    def neuron_count(self) -> int:
        """How many neurons there are in all layers."""
        return sum(prod(node.shape) for node in self.neurons)

    @property
    def parameter_count(self) -> int:
        """How many weights and biases there are."""
        return sum(array.size for name, array in self.tensors.items() if name.endswith((".weight", ".bias")))

    def tensor(self, name: str | None, default: float) -> Array:
        """Give a tensor by name, or a scalar array of `default` where the name is None."""
        return np.asarray(default, dtype=np.float64) if name is None else np.asarray(self.tensors[name])


def topological_order(nodes: list[ir.Node], edges: list[ir.Edge]) -> tuple[ir.Node, ...]:
    """Sort nodes so that every edge points forward; nodes keep their order where edges leave it open.

    Raises
    ------
    NetworkError
        If the edges form a cycle.
    """
    position = {node.name: index for index, node in enumerate(nodes)}
    readers: dict[str, set[int]] = {node.name: set() for node in nodes}
    for edge in edges:
        readers[edge.source].add(position[edge.target])
    missing = [0] * len(nodes)
    for targets in readers.values():
        for index in targets:
            missing[index] += 1
    ready = [index for index, count in enumerate(missing) if count == 0]
    ordered: list[ir.Node] = []
    while ready:
        node = nodes[heapq.heappop(ready)]
        ordered.append(node)
        for index in readers[node.name]:
            missing[index] -= 1
            if missing[index] == 0:
                heapq.heappush(ready, index)
    if len(ordered) < len(nodes):
        names = sorted({node.name for node in nodes} - {node.name for node in ordered})
        raise NetworkError(f"the edges form a cycle; it holds or feeds {', '.join(names[:5])}")
    return tuple(ordered)
