"""Rounds weights so that every sum of currents is exact, in any order.

**Sums of spikes in float32.** All weighted nodes that read spikes and whose currents meet share, for each output
channel, a grid of 2^-q,

    q = 24 − ⌈log₂ bound⌉,   at most 36,

with the bound of ``bounds.py`` on all partial sums of that channel over all their edges. Every partial sum is then a
whole number of 2^-q of at most 2^24, which float32 holds exactly: batch size, chunk, threads and backend cannot change
a spike. The rounding changes a weight by at most 2^-(q+1), 2^-25 of the bound. Channels are never added to each other
before a neuron, so a channel with large weights does not make the others coarse. q is at most 24 − ⌈log₂ max|w|⌉, for
all nodes: weights stay float32, also where spikes carry less than 1 or currents are small. Where currents change their
channels on the way (Select, Concat, Flatten), the whole group has the coarsest q.

**Very many inputs.** The more weights are added up, the larger the bound beside each of them, and the fewer bits are
left to it. Where a node has 16 inputs or more for an output, it and those whose currents meet its own are summed in
float64 (or int32) with q = min(29 − ⌈log₂ bound⌉, 24 − ⌈log₂ max|w|⌉): 29 bits for the sums, float32 for the weights.
Where such currents are pooled before other weights read them, the sums of the pool have 53 bits, and are in no bound.

**Sums of graded spikes in float64.** A count of k² spikes would cost 2 log₂ k bits of its weights in float32. So a node
that reads graded spikes is summed in float64; its weights keep float32 precision, q = 24 − ⌈log₂ max|w|⌉.

**Sums of currents in float64.** A weighted node that reads a current multiplies real numbers. The runtime does that in
float64 and rounds the result to the node's grid (``current_grids.py``).

Leak, and parameters with a step axis, are outside this law: such networks keep their values and have no grid.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.grid import FINEST, FLOAT32_BITS, FLOAT64_BITS, WIDE_BITS, rounded
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.sums import meeting, wide_sums
from snnconv.transforms.bounds import Bound, bounds
from snnconv.transforms.current_grids import with_currents
from snnconv.transforms.weight_grids import grid_of, largest_parameter

Array = np.ndarray[Any, Any]
Grids = dict[str, Array]

_MOVE_CHANNELS = (ir.Select, ir.Concat, ir.Flatten)


def exact_sums(network: SpikingNetwork) -> SpikingNetwork:
    """Give the network with its weights, biases and initial potentials on their grids.

    Parameters
    ----------
    network : SpikingNetwork
        Float parameters without a step axis, and no leak.

    Returns
    -------
    SpikingNetwork
        The same network with `grid` set at every weighted node, whatever its encoding. Weights and biases are float32.
    """
    # an encoding can be asked for when the network is run, so the grids are those of a constant input
    constant = replace(network, encoding=ir.Encoding.CONSTANT)
    return replace(_on_grids(constant), encoding=network.encoding)


def _on_grids(network: SpikingNetwork) -> SpikingNetwork:
    found = network.flows
    full = bounds(network, found)
    reads = {node.name: _reads(network, found, node) for node in network.nodes if isinstance(node, ir.Weighted)}
    grids = _spike_grids(network, found, {name for name, kind in reads.items() if kind is Kind.SPIKES})
    for name, kind in reads.items():
        if kind is Kind.GRADED:
            grids[name] = _graded_grid(network, name, full)
    return _rounded(network, with_currents(network, found, grids))


def _reads(network: SpikingNetwork, found: dict[str, Flow], node: ir.Node) -> Kind:
    """Give the widest kind among a node's inputs."""
    kinds = {found[edge.source].kind for edge in network.incoming[node.name]}
    return next(kind for kind in (Kind.CURRENT, Kind.GRADED, Kind.SPIKES) if kind in kinds)


def _spike_grids(network: SpikingNetwork, found: dict[str, Flow], narrow: set[str]) -> Grids:
    """Find q per channel for the nodes that read spikes."""
    wide = wide_sums(network, found)
    groups = []
    for group in meeting(network, found):
        members = [name for name in group if name in narrow]
        if members and members[0] in wide:
            groups.append((_unpooled(network, group), members, WIDE_BITS))
        elif members:
            groups.append((group, members, FLOAT32_BITS))
    met = bounds(network, found, only=narrow)
    grids: Grids = {}
    for group, members, width in groups:
        # the weights themselves stay float32: a bound says nothing of them where spikes carry less than 1
        weights = {
            name: Bound(largest, largest)
            for name in members
            for largest in [largest_parameter(network, network.by_name[name])]
        }
        grid = np.minimum(grid_of(_limits(network, group, met), width), grid_of(_limits(network, members, weights)))
        grids |= dict.fromkeys(members, grid)
    # rounding up can push a sum beyond its bits: such a channel gets a coarser grid
    changed = True
    while changed:
        changed = False
        met = bounds(network, found, only=narrow, grids=grids)
        for group, members, width in groups:
            too_large = _limits(network, group, met) > np.ldexp(1.0, width - grids[members[0]])
            changed = changed or bool(too_large.any())
            for name in members:
                grids[name] = grids[name] - too_large
    return grids


def _unpooled(network: SpikingNetwork, group: list[str]) -> list[str]:
    """Leave out pools of currents and what passes their sums on, up to neurons and weights: float64 has room for them.

    A mean over a whole map, whose sums are k² times the currents before it, would else cost these 2 log₂ k bits.
    """
    pooled: set[str] = set()
    for name in group:  # in topological order
        node = network.by_name[name]
        behind = any(edge.source in pooled for edge in network.incoming[name])
        if isinstance(node, ir.SumPool) or (behind and not isinstance(node, ir.Neuron)):
            pooled.add(name)
    return [name for name in group if name not in pooled]


def _limits(network: SpikingNetwork, group: list[str], met: dict[str, Bound]) -> Array:
    """Give the largest bound of each channel over the group, or one for all where channels move."""
    limits: Array = np.maximum.reduce([_per_channel(network, group, met[name].largest) for name in group])
    return limits


def _per_channel(network: SpikingNetwork, group: list[str], largest: Array) -> Array:
    """Give the bounds per channel where the group keeps its channels, else the largest of all."""
    nodes = [network.by_name[name] for name in group]
    moved = any(isinstance(node, _MOVE_CHANNELS) for node in nodes) or len({node.shape[0] for node in nodes}) > 1
    return np.array([largest.max()]) if moved else largest


def _graded_grid(network: SpikingNetwork, name: str, full: dict[str, Bound]) -> Array:
    """Give q per channel for a node that reads graded spikes: float32 weights, float64 sums."""
    limit = FLOAT64_BITS - np.ceil(np.log2(np.maximum(full[name].largest, 2.0**-FINEST)))
    grid: Array = np.minimum(grid_of(largest_parameter(network, network.by_name[name])), limit).astype(np.int64)
    return grid


def _rounded(network: SpikingNetwork, grids: Grids) -> SpikingNetwork:
    tensors = {name: np.asarray(array, dtype=np.float64) for name, array in network.tensors.items()}
    nodes: list[ir.Node] = []
    for node in network.nodes:
        if isinstance(node, ir.Weighted):
            grid = grids[node.name]
            same = bool((grid == grid[0]).all())
            for field in node.PARAMETERS:
                name = getattr(node, field)
                if name is not None:
                    rank = tensors[name].ndim if field == "weight" else len(node.shape)
                    by_channel = grid[0] if same else grid.reshape(-1, *(1,) * (rank - 1))  # (C,) -> (C, 1, 1)
                    tensors[name] = rounded(tensors[name], by_channel).astype(np.float32)
            tensors[f"{node.name}.grid"] = (grid[0] if same else grid).astype(np.int16)
            nodes.append(node.model_copy(update={"grid": f"{node.name}.grid"}))
            continue
        if isinstance(node, ir.Neuron):
            sources = [grids[e.source] for e in network.incoming[node.name] if e.source in grids]
            # a membrane has whole numbers at least: beside weights of 2^25 a threshold of 1 is still one
            coarsest = max(min((int(grid.min()) for grid in sources), default=FLOAT32_BITS), 0)
            for name in (node.threshold, node.initial_potential):
                if name is not None:
                    tensors[name] = rounded(tensors[name], np.asarray(coarsest))
        nodes.append(node)
    return replace(network, nodes=tuple(nodes), tensors=tensors)
