"""Grids of the weighted nodes that read currents: 53 bits, shared between the weights and what they read.

A sum of products of weights on multiples of 2^-q with currents on multiples of 2^-p is made in float64. It is exact if

    q + p + ⌈log₂ bound⌉ ≤ 53,

and its result is rounded to 2^-q. The weights want float32's 24 bits, q = 24 − ⌈log₂ max|w|⌉, and a current is as fine
as what makes it. Where there is no room for both, as behind many residual sums, each side goes without the same number
of bits, counted from its largest weight:

    (24 − ⌈log₂ max|w|⌉) − q = (24 − ⌈log₂ max|v|⌉) − p,

with v the weights of the nodes that make the current; these get the coarser grid p. One side alone would lose them all,
and each side's error is multiplied by the other.

The image stays on its grid. What is made of it without neurons between has 29 bits at most and keeps within 52, since
images may be twice as large as in the calibration. What a whole number is multiplied with stays on its grid: a shortcut
of weight 1 takes no bits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from snnconv.conversion.bounds import bounds
from snnconv.conversion.weight_grids import grid_of, largest_parameter
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.grid import FLOAT64_BITS, INPUT_GRID, WIDE_BITS
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.sums import meeting

Array = np.ndarray[Any, Any]
Grids = dict[str, Array]
Weighted = ir.Conv | ir.Dense | ir.Scale


def with_currents(network: SpikingNetwork, found: dict[str, Flow], spikes: Mapping[str, Array]) -> Grids:
    """Give the grids of all weighted nodes.

    Parameters
    ----------
    network : SpikingNetwork
        Its nodes in topological order.
    found : dict of str to Flow
        What flows out of each node.
    spikes : mapping of str to ndarray (C,) int64
        q of the nodes that read spikes, graded ones too.

    Returns
    -------
    dict of str to ndarray (C,) int64
        q of every weighted node; coarser than in `spikes` where readers of the current need the bits more.
    """
    sharing = _Sharing(network, found, spikes)
    _, read = sharing.grids()
    for node in reversed(network.nodes):
        if node.name in read and isinstance(node, ir.WEIGHTED):
            sharing.share(node, read[node.name])
    while sharing.takes_more():
        pass
    return sharing.grids()[0]


class _Sharing:
    def __init__(
        self,
        network: SpikingNetwork,
        found: dict[str, Flow],
        spikes: Mapping[str, Array],
    ) -> None:
        self._network = network
        self._found = found
        self._most = dict(spikes)
        self._float32: Grids = {}
        self._room: Grids = {}
        self._of_image = _of_image(network)
        # sums of spikes have room for multiples of one grid
        together = ([name for name in group if name in spikes] for group in meeting(network, found))
        self._together = {name: group for group in together for name in group}
        full = bounds(network, found)
        for node in network.nodes:
            if not isinstance(node, ir.WEIGHTED):
                continue
            largest = largest_parameter(network, node)
            if largest.any():  # a branch of zeros needs no bits
                self._float32[node.name] = grid_of(largest)
            if node.name in spikes:
                continue
            self._most[node.name] = grid_of(largest)
            bound = full[node.name].largest
            self._room[node.name] = self._room_beside(node.name, bound)
            if node.name in self._of_image:
                self._most[node.name] = np.minimum(self._most[node.name], grid_of(bound, WIDE_BITS))

    def grids(self) -> tuple[Grids, Grids]:
        """Give q of every weighted node, and for those that read currents p of what each output channel reads."""
        grids: Grids = {}
        read: Grids = {}
        given: Grids = {}
        for node in self._network.nodes:
            inputs = [given[edge.source] for edge in self._network.incoming[node.name]]
            if not isinstance(node, ir.WEIGHTED):
                given[node.name] = _passed_on(node, inputs)
                continue
            q = self._most[node.name]
            if node.name in self._room:
                p = read[node.name] = _by_output(node, np.maximum.reduce(inputs))
                q = np.minimum(self._wanted(node, p), self._room[node.name] - p)
            grids[node.name] = given[node.name] = q
        return grids, read

    def takes_more(self) -> bool:
        """Say whether rounding pushed a sum beyond its bits; such channels have less room from then on."""
        grids, read = self.grids()
        met = bounds(self._network, self._found, grids=grids)
        changed = False
        for name, p in read.items():
            beyond = grids[name] + p > self._room_beside(name, met[name].largest)
            self._room[name] = self._room[name] - beyond
            changed = changed or bool(beyond.any())
        return changed

    def _room_beside(self, name: str, bound: Array) -> Array:
        """Give how large q + p may be for sums up to a bound."""
        bits = np.ceil(np.log2(np.where(bound > 0, bound, 1.0))).astype(np.int64)
        # images may be twice as large as in the calibration
        room: Array = FLOAT64_BITS - bits - (name in self._of_image)
        return room

    def share(self, node: Weighted, p: Array) -> None:
        """Make what a node reads coarser, where else its weights alone would go without bits."""
        wanted = self._wanted(node, p)
        if (wanted + p <= self._room[node.name]).all() or node.name not in self._float32:
            return
        sources, moved = self._sources(node)
        alone = not moved and _keeps_channels(node)
        of_currents = [self._by_channel(name, alone) for name in sources if name in self._float32]
        if not of_currents:
            return
        room = self._room[node.name] - wanted
        coarsest: Array = -(
            (-np.maximum.reduce(of_currents) - (room if alone else room.min())) // 2
        )  # halves to the currents
        if any(isinstance(self._network.by_name[name], ir.Input) for name in sources):
            coarsest = np.maximum(coarsest, INPUT_GRID)  # nothing is won by currents beside it that are coarser
        for name in sources:
            for other in self._together.get(name, [name] if name in self._most else []):
                same = alone and self._most[other].shape == coarsest.shape
                self._most[other] = np.minimum(self._most[other], coarsest if same else coarsest.min())

    def _wanted(self, node: Weighted, p: Array) -> Array:
        """Give q as weights and caps want it; what a gain makes of currents on 2^-p may need less."""
        most: Array = self._most[node.name]
        if isinstance(node, ir.Scale) and node.offset is None:
            most = np.minimum(most, p + _places(self._network.tensors[node.gain], node))
        return most

    def _by_channel(self, name: str, alone: bool) -> Array:
        """Give the grid of float32 weights, of each channel or of that with the largest ones."""
        grid = self._float32[name]
        return grid if alone else grid.min()

    def _sources(self, node: ir.Node) -> tuple[list[str], bool]:
        """Give the weighted nodes, or the input, whose currents a node reads, and whether channels move on the way."""
        sources: list[str] = []
        moved = False
        seen: set[str] = set()
        waiting = [edge.source for edge in self._network.incoming[node.name]]
        while waiting:
            name = waiting.pop()
            if name in seen or self._found[name].kind is not Kind.CURRENT:
                continue
            seen.add(name)
            source = self._network.by_name[name]
            if isinstance(source, ir.Input | ir.Conv | ir.Dense | ir.Scale):
                sources.append(name)
            else:
                moved = moved or isinstance(source, ir.Select | ir.Concat | ir.Flatten)
                waiting += [edge.source for edge in self._network.incoming[name]]
        return sources, moved


def _passed_on(node: ir.Node, inputs: list[Array]) -> Array:
    """Give the finest grid of each channel of what a node without weights gives; spikes are whole numbers."""
    if isinstance(node, ir.Input):
        return np.full(node.shape[0], INPUT_GRID)
    if isinstance(node, ir.Neuron):
        return np.zeros(node.shape[0], dtype=np.int64)
    if isinstance(node, ir.Concat) and node.axis == 0:
        return np.concatenate(inputs)
    finest: Array = np.maximum.reduce(inputs)
    if isinstance(node, ir.Select):
        kept = finest[node.starts[0] : node.stops[0] : node.steps[0]]
        padded: Array = np.pad(kept, (node.pads_before[0], node.pads_after[0]))
        return padded
    if isinstance(node, ir.Flatten):
        return finest.repeat(node.shape[0] // len(finest))
    return finest


def _keeps_channels(node: Weighted) -> bool:
    """Say whether each output channel reads the input channel of its number, and no other."""
    return isinstance(node, ir.Scale) or (isinstance(node, ir.Conv) and node.groups == node.shape[0])


def _by_output(node: Weighted, finest: Array) -> Array:
    """Give the finest grid among the input channels that each output channel reads."""
    if isinstance(node, ir.Scale):
        return finest
    groups = node.groups if isinstance(node, ir.Conv) else 1
    of_groups: Array = finest.reshape(groups, -1).max(axis=1)
    return of_groups.repeat(node.shape[0] // groups)


def _places(gain: Array, node: ir.Node) -> Array:
    """Give how many binary places a gain has, for each channel: 0 for a whole number."""
    fraction, exponent = np.frexp(gain.astype(np.float64))
    whole = np.abs(np.ldexp(fraction, FLOAT64_BITS)).astype(np.int64)
    zeros = np.log2(np.where(whole > 0, whole & -whole, 1)).astype(np.int64)  # exact: powers of two
    places = np.where(whole > 0, np.maximum(FLOAT64_BITS - zeros - exponent, 0), 0)
    rank = len(node.shape)
    full = places.reshape((1,) * (rank - places.ndim) + places.shape)
    result: Array = np.broadcast_to(full.max(axis=tuple(range(1, rank))), (node.shape[0],))
    return result


def _of_image(network: SpikingNetwork) -> set[str]:
    """Give the nodes whose currents grow with the image: there is no neuron between."""
    result = {network.input.name}
    for node in network.nodes:
        if not isinstance(node, ir.Neuron) and any(e.source in result for e in network.incoming[node.name]):
            result.add(node.name)
    return result
