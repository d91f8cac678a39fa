"""Grids of the weighted nodes that read currents: 53 bits, shared between the weights and what they read.

A sum of products of weights on multiples of 2^-q with currents on multiples of 2^-p is made in float64. It is exact if

    q + p + ⌈log₂ bound⌉ ≤ 53,

and its result is rounded to 2^-q. The weights want float32's 24 bits, q = 24 − ⌈log₂ max|w|⌉, and a current is as fine
as what makes it. Where there is no room for both, as behind many residual sums, each side goes without the same number
of bits, counted from its largest part:

    (24 − ⌈log₂ max|w|⌉) − q = (26 − ⌈log₂ max|v|⌉) − p,

with v the weights of the nodes that make the current; these get the coarser grid p. One side alone would lose them all,
and each side's error is multiplied by the other. The current has two bits more to begin with, since its error is that
of many weights. For the sum over k² places of a pool it has ½ log₂ k fewer: errors partly cancel each other there. If
what makes the current reads a current itself, of the size 2^a, its weights want a bits more than its results.

The image stays on its grid. What weights make of it has 29 bits at most, since spikes may stand for it, and what there
is of it without neurons between keeps within 52, since images may be twice as large as in the calibration. What a whole
number is multiplied with stays on its grid: a shortcut of weight 1 takes no bits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.grid import FINEST, FLOAT32_BITS, FLOAT64_BITS, INPUT_GRID, WIDE_BITS
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.sums import meeting
from snnconv.transforms.bounds import bounds
from snnconv.transforms.channel_flow import along_channels, keeps_channels
from snnconv.transforms.weight_grids import grid_of, largest_parameter

Array = np.ndarray[Any, Any]
Grids = dict[str, Array]

_MORE = 2
"""Bits that a current has beyond float32's 24 before it goes without. Without them, or with four, the largest errors of
drawn deep networks (tests/fuzz/deep.py) were up to 1.8 times as large."""


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
        if node.name in read and isinstance(node, ir.Weighted):
            sharing.share(node, read[node.name])
    while sharing.takes_more():
        pass
    return sharing.grids()[0]


class _Sharing:
    def __init__(self, network: SpikingNetwork, found: dict[str, Flow], spikes: Mapping[str, Array]) -> None:
        self._network = network
        self._found = found
        self._of_image = _of_image(network)
        # q at most; of nodes that read currents p + q at most too
        self._most = dict(spikes)
        self._room: Grids = {}
        # sums of spikes have room for multiples of one grid
        together = ([name for name in group if name in spikes] for group in meeting(network, found))
        self._together = {name: group for group in together for name in group}
        full = bounds(network, found)
        self._silent = {name: bound.largest == 0 for name, bound in full.items()}
        self._float32 = {
            node.name: grid_of(largest_parameter(network, node))
            for node in network.nodes
            if isinstance(node, ir.Weighted)
        }
        for name in self._float32.keys() - spikes.keys():
            self._most[name] = self._float32[name]
            self._room[name] = self._room_beside(name, full[name].largest)
            if network.input.name in self._sources(network.by_name[name])[0]:
                # spikes may stand for the image, and sums of spikes are of 29 bits
                self._most[name] = np.minimum(self._most[name], grid_of(full[name].largest, WIDE_BITS))
        self._wants = self._wanted_of_currents()

    def grids(self) -> tuple[Grids, Grids]:
        """Give q of every weighted node, and for those that read currents p of what each output channel reads."""
        grids: Grids = {}
        read: Grids = {}

        def make(node: ir.Weighted, p: Array) -> Array:
            q = self._most[node.name]
            if node.name in self._room:
                read[node.name] = p
                q = np.minimum(self._wanted(node, p), self._room[node.name] - p)
            grids[node.name] = q
            # a channel that is always 0 is a multiple of anything, as padding is
            return np.where(self._silent[node.name], np.minimum(q, 0), q)

        along_channels(self._network, make, np.maximum, image=INPUT_GRID, spike=0, padding=0)
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

    def share(self, node: ir.Weighted, p: Array) -> None:
        """Make what a node reads coarser, where else its weights alone would go without bits."""
        wanted, room = self._wanted(node, p), self._room[node.name]
        lacks = wanted + p > room
        if not lacks.any():
            return
        coarsest = np.where(lacks, -((wanted - room - self._wants[node.name]) // 2), FINEST)
        sources, moved = self._sources(node)
        if any(isinstance(self._network.by_name[name], ir.Input) for name in sources):
            coarsest = np.maximum(coarsest, INPUT_GRID)  # nothing is won by currents beside it that are coarser
        for name in sources:
            for other in self._together.get(name, [name] if name in self._most else []):
                same = not moved and keeps_channels(node) and self._most[other].shape == coarsest.shape
                self._most[other] = np.minimum(self._most[other], coarsest if same else coarsest.min())

    def _room_beside(self, name: str, bound: Array) -> Array:
        """Give how large q + p may be for sums up to a bound."""
        bits = np.ceil(np.log2(np.where(bound > 0, bound, 1.0))).astype(np.int64)
        # images may be twice as large as in the calibration
        room: Array = FLOAT64_BITS - bits - (name in self._of_image)
        return room

    def _wanted(self, node: ir.Weighted, p: Array) -> Array:
        """Give q as weights and readers want it; what a gain makes of currents on 2^-p may need less."""
        most: Array = self._most[node.name]
        return np.minimum(most, p + _places(self._network, node)) if _is_gain(node) else most

    def _wanted_of_currents(self) -> Grids:
        """Give the grid on which what each node reads has float32's bits beside its largest part, by output channel."""
        sizes: Grids = {}

        def size(node: ir.Weighted, grid: Array) -> Array:
            sizes[node.name] = grid
            return self._float32[node.name] + grid - FLOAT32_BITS

        def pooled(pool: ir.SumPool) -> int:
            # over k² places roundings of results partly cancel each other, those of weights do not: half of log₂ k bits
            return -int(np.log2(np.prod(pool.kernel)) / 4)

        along_channels(
            self._network, size, np.minimum, image=FLOAT32_BITS, spike=FLOAT32_BITS, padding=FINEST, pooled=pooled
        )
        wants: Grids = {}

        def own_weights(node: ir.Weighted, more: Array) -> Array:
            wants[node.name] = sizes[node.name] + more + _MORE
            whole = _is_gain(node) and not _places(self._network, node).any()
            own: Array = np.maximum(FLOAT32_BITS - sizes[node.name], 0)
            return 0 * own if whole or node.name not in self._room else own

        along_channels(self._network, own_weights, np.maximum, image=0, spike=0, padding=0)
        return wants

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
            if isinstance(source, ir.Input | ir.Weighted):
                sources.append(name)
            else:
                moved = moved or isinstance(source, ir.Select | ir.Concat | ir.Flatten)
                waiting += [edge.source for edge in self._network.incoming[name]]
        return sources, moved


def _is_gain(node: ir.Weighted) -> bool:
    return isinstance(node, ir.Scale) and node.offset is None


def _places(network: SpikingNetwork, node: ir.Weighted) -> Array:
    """Give how many binary places the gains of a `Scale` have, for each channel: 0 for whole numbers."""
    gain = network.tensor(node.gain if isinstance(node, ir.Scale) else None, 1.0).astype(np.float64)
    fraction, exponent = np.frexp(gain)
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
