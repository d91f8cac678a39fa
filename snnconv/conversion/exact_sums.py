"""Rounds weights so that every sum of currents is exact in float32, in any order.

All weighted nodes whose currents meet share a grid of 2^-q,

    q = 24 − ⌈log₂ bound⌉,

with the bound of ``bounds.py`` on all partial sums over all incoming edges. Every partial sum is then a whole number of
2^-q of at most 2^24, which float32 holds exactly: batch size, chunk, threads and backend cannot change a spike. The
rounding changes a weight by at most 2^-(q+1), 2^-25 of the bound.

A weighted node that reads a current multiplies real numbers. The runtime does that in float64 and rounds the result to
the node's grid; q is kept small enough (q + q_in + ⌈log₂ bound⌉ ≤ 53) that the float64 sum is exact too.

Leak, and parameters with a step axis, are outside this law: such networks keep their values and have no grid.
"""

from dataclasses import replace
from math import ceil, log2

import numpy as np

from snnconv.conversion.bounds import Bound, bounds, of_spikes, total, weighted
from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind, flows
from snnconv.ir.grid import FLOAT32_BITS, FLOAT64_BITS, INPUT_GRID, rounded
from snnconv.ir.network import SpikingNetwork


def exact_sums(network: SpikingNetwork) -> SpikingNetwork:
    """Give the network with its weights, biases and initial potentials on their grids.

    Parameters
    ----------
    network : SpikingNetwork
        Float parameters without a step axis, and no leak.

    Returns
    -------
    SpikingNetwork
        The same network with `grid` set at every weighted node. Weights and biases are float32.
    """
    found = flows(network)
    return _rounded(network, _Grids(network, found, bounds(network, found)).all())


class _Grids:
    """Finds q for each group of nodes whose currents are added up."""

    def __init__(self, network: SpikingNetwork, found: dict[str, Flow], known: dict[str, Bound]) -> None:
        self._network = network
        self._found = found
        self._known = known
        self._groups = _meeting(network, found)
        self._grids: dict[str, int | None] = {}  # by group; None while it is being found

    def all(self) -> dict[str, int]:
        """Give q by node name."""
        return {node.name: self._of(node.name) for node in self._network.nodes}

    def _of(self, name: str) -> int:
        if isinstance(self._network.by_name[name], ir.Input):
            return INPUT_GRID
        group = self._groups[name]
        key = group[0]
        if key not in self._grids:
            self._grids[key] = None
            self._grids[key] = self._find(group)
        grid = self._grids[key]
        if grid is None:
            raise NetworkError(
                f"node {name}: two weighted layers without neurons between lie inside one sum of currents"
            )
        return grid

    def _find(self, group: list[str]) -> int:
        grid = FLOAT32_BITS - _bits(max(self._known[name].largest for name in group))
        for name in group:
            if isinstance(self._network.by_name[name], ir.WEIGHTED):
                for edge in self._network.incoming[name]:
                    if self._found[edge.source].kind is Kind.CURRENT:
                        free = FLOAT64_BITS - self._of(edge.source) - _bits(self._known[name].largest)
                        grid = min(grid, free)
        while _overflows(self._network, self._found, group, grid):
            grid -= 1
        return grid


def _meeting(network: SpikingNetwork, found: dict[str, Flow]) -> dict[str, list[str]]:
    """Give, for each node, the group of nodes whose currents are added up with its own."""
    leader = {node.name: node.name for node in network.nodes}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for edge in network.edges:
        reader = network.by_name[edge.target]
        if found[edge.source].kind is Kind.CURRENT and not isinstance(reader, ir.WEIGHTED):
            leader[find(edge.target)] = find(edge.source)
    groups: dict[str, list[str]] = {}
    for node in network.nodes:
        groups.setdefault(find(node.name), []).append(node.name)
    return {name: group for group in groups.values() for name in group}


def _bits(bound: float) -> int:
    return ceil(log2(bound)) if bound > 0 else 0


def _overflows(network: SpikingNetwork, found: dict[str, Flow], group: list[str], grid: int) -> bool:
    """Say whether rounding to the grid pushes a sum of spikes' currents beyond 24 bits."""
    for name in group:
        parts = []
        for edge in network.incoming[name]:
            source = network.by_name[edge.source]
            spikes = [e.source for e in network.incoming[source.name] if found[e.source].kind is not Kind.CURRENT]
            if isinstance(source, ir.WEIGHTED) and spikes:
                x = total([of_spikes(network, found, spike) for spike in spikes])
                parts.append(weighted(network, source, x, grid))
        if parts and total(parts).largest > 2.0 ** (FLOAT32_BITS - grid):
            return True
    return False


def _rounded(network: SpikingNetwork, grids: dict[str, int]) -> SpikingNetwork:
    tensors = {name: np.asarray(array, dtype=np.float64) for name, array in network.tensors.items()}
    nodes: list[ir.Node] = []
    for node in network.nodes:
        if isinstance(node, ir.WEIGHTED):
            for name in (getattr(node, field) for field in ir.TENSOR_FIELDS[node.kind]):
                if name is not None:
                    tensors[name] = rounded(tensors[name], grids[node.name]).astype(np.float32)
            nodes.append(node.model_copy(update={"grid": grids[node.name]}))
            continue
        if isinstance(node, ir.Neuron):
            for name in (node.threshold, node.initial_potential):
                if name is not None:
                    tensors[name] = rounded(tensors[name], grids[node.name])
        nodes.append(node)
    return replace(network, nodes=tuple(nodes), tensors=tensors)
