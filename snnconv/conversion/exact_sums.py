"""Rounds weights so that every sum of currents is exact in float32, in any order.

All weighted nodes whose currents meet share a grid of 2^-q,

    q = 24 − ⌈log₂ max over outputs of (Σ|w| · largest spike + |b|)⌉,

the maximum over all incoming edges. Every partial sum is then a whole number of 2^-q below 2^24, which float32 holds
exactly: batch size, chunk, threads and backend cannot change a spike. The rounding changes a weight by at most
2^-(q+1), about 2^-25 of the largest possible current.

A weighted node that reads a current multiplies real numbers. The runtime does that in float64 and rounds the result to
the node's grid; q is kept small enough (q + q_in + ⌈log₂ bound⌉ ≤ 53) that the float64 sum is exact too.

Leak, and parameters with a step axis, are outside this law: such networks keep their values and have no grid.
"""

from dataclasses import replace
from math import ceil, log2
from typing import Any

import numpy as np

from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind, flows
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]

FLOAT32_BITS = 24
FLOAT64_BITS = 53
INPUT_GRID = 28
"""The runtime rounds a preprocessed image to multiples of 2^-28, finer than float32 for values above 1/16."""


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
    bounds: dict[str, Array] = {}
    for node in network.nodes:
        bounds[node.name] = _bound(network, found, node, bounds)
    return _rounded(network, _Grids(network, found, bounds).all())


class _Grids:
    """Finds q for each group of nodes whose currents are added up."""

    def __init__(self, network: SpikingNetwork, found: dict[str, Flow], bounds: dict[str, Array]) -> None:
        self._network = network
        self._found = found
        self._bounds = bounds
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
            raise NetworkError(f"node {name}: two weighted layers without neurons between lie inside one sum of currents")
        return grid

    def _find(self, group: list[str]) -> int:
        largest = max(float(self._bounds[name].max()) for name in group)
        grid = FLOAT32_BITS - _bits(largest)
        for name in group:
            if isinstance(self._network.by_name[name], ir.WEIGHTED):
                for edge in self._network.incoming[name]:
                    if self._found[edge.source].kind is Kind.CURRENT:
                        free = FLOAT64_BITS - self._of(edge.source) - _bits(float(self._bounds[name].max()))
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
    """Say whether rounding to the grid could push a sum of spikes' currents beyond 24 bits."""
    for name in group:
        node = network.by_name[name]
        parts = [
            _weighted_bound(network, found, source, grid)
            for source in _weighted_sources(network, node)
            if not any(found[edge.source].kind is Kind.CURRENT for edge in network.incoming[source.name])
        ]
        if parts and float(np.max(sum(parts))) > 2.0 ** (FLOAT32_BITS - grid):
            return True
    return False


def _weighted_sources(network: SpikingNetwork, node: ir.Node) -> list[ir.Conv | ir.Dense | ir.Scale]:
    sources = [network.by_name[edge.source] for edge in network.incoming[node.name]]
    return [source for source in sources if isinstance(source, ir.WEIGHTED)]


def _bound(network: SpikingNetwork, found: dict[str, Flow], node: ir.Node, bounds: dict[str, Array]) -> Array:
    """Give the largest possible magnitude of what a node adds up, per channel (C,)."""
    if isinstance(node, ir.Input):
        return np.full(node.shape[0], node.amplitude or 1.0)
    incoming = [
        bounds[e.source] if found[e.source].kind is Kind.CURRENT else _spikes(network, found, e.source)
        for e in network.incoming[node.name]
    ]
    if isinstance(node, ir.WEIGHTED):
        return _weighted(network, node, np.sum(incoming, axis=0), None)
    match node:
        case ir.SumPool():
            return incoming[0] * float(np.prod(node.kernel))
        case ir.Flatten():
            return incoming[0].repeat(node.shape[0] // len(incoming[0]))
        case ir.Select() | ir.Concat():
            return np.full(node.shape[0], max(float(current.max()) for current in incoming))
        case _:
            total: Array = np.sum(incoming, axis=0)
            return total


def _spikes(network: SpikingNetwork, found: dict[str, Flow], name: str) -> Array:
    return np.full(network.by_name[name].shape[0], found[name].largest)


def _weighted_bound(
    network: SpikingNetwork, found: dict[str, Flow], node: ir.Conv | ir.Dense | ir.Scale, grid: int
) -> Array:
    incoming = [_spikes(network, found, edge.source) for edge in network.incoming[node.name]]
    return _weighted(network, node, np.sum(incoming, axis=0), grid)


def _weighted(network: SpikingNetwork, node: ir.Conv | ir.Dense | ir.Scale, x: Array, grid: int | None) -> Array:
    """Give Σ|w| x + |b| per output channel, with parameters rounded to `grid` where one is given."""

    def magnitude(name: str) -> Array:
        value = np.abs(network.tensors[name].astype(np.float64))
        return value if grid is None else _round(value, grid)

    channels, rank = node.shape[0], len(node.shape)
    offset_name = node.offset if isinstance(node, ir.Scale) else node.bias
    offset = np.zeros(channels)
    if offset_name is not None:
        offset = _channel_maximum(magnitude(offset_name), channels, rank)
    match node:
        case ir.Dense():
            total = magnitude(node.weight) @ x
        case ir.Conv():
            taps = magnitude(node.weight).sum(axis=tuple(range(2, rank + 1)))  # (O, I/groups)
            grouped = x.reshape(node.groups, -1).repeat(channels // node.groups, axis=0)
            total = (taps * grouped).sum(axis=1)
        case _:
            total = _channel_maximum(magnitude(node.gain), channels, rank) * x
    result: Array = total + offset
    return result


def _channel_maximum(value: Array, channels: int, rank: int) -> Array:
    """Give the largest of a parameter per channel, (C,), from its broadcast form."""
    full = value.reshape((1,) * (rank - value.ndim) + value.shape)
    return np.broadcast_to(full.max(axis=tuple(range(1, rank))), (channels,))


def _round(value: Array, grid: int) -> Array:
    return np.ldexp(np.rint(np.ldexp(value, grid)), -grid)


def _rounded(network: SpikingNetwork, grids: dict[str, int]) -> SpikingNetwork:
    tensors = {name: np.asarray(array, dtype=np.float64) for name, array in network.tensors.items()}
    nodes: list[ir.Node] = []
    for node in network.nodes:
        if isinstance(node, ir.WEIGHTED):
            for name in (getattr(node, field) for field in ir.TENSOR_FIELDS[node.kind]):
                if name is not None:
                    tensors[name] = _round(tensors[name], grids[node.name]).astype(np.float32)
            nodes.append(node.model_copy(update={"grid": grids[node.name]}))
            continue
        if isinstance(node, ir.Neuron):
            for name in (node.threshold, node.initial_potential):
                if name is not None:
                    tensors[name] = _round(tensors[name], grids[node.name])
        nodes.append(node)
    return replace(network, nodes=tuple(nodes), tensors=tensors)
