"""Which weighted nodes the kernel can sum, and what it needs of them.

The kernel adds int32 multiples of 2^-q. It takes a node that reads spikes, has a grid, and whose sums stay below 2^31.
What stands between is taken apart:

- a sum of spikes: y = W (s₁ + s₂) = W s₁ + W s₂;
- a ``Flatten`` in front of a ``Dense``, which then is a convolution with one output pixel;
- a ``SumPool`` whose windows tile its input: each weight is that of all pixels of its window;
- the signed spikes of a Poisson input: y = W s = W s⁺ + (−W) s⁻, with s⁺ and s⁻ of 0 and 1.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.event.spikes import BLOCK, aligned, blocks_of, plane
from snnconv.runtime.event.synapses import LARGEST_ROW, Part, Weights, Window, no_rows, parts, row_count
from snnconv.runtime.layout import channels_last, parameter

Array = np.ndarray[Any, Any]
Weighted = ir.Conv | ir.Dense | ir.Scale
"""What the kernel takes."""


Diagonal = tuple[int, Array, Array]
"""Source, offsets in blocks for each pixel, gain for each channel: see kernel.h."""

_LARGEST_SUM = 2**31 - 1

_MOST_READS = 64
"""Sums of sums of spikes are taken apart up to so many terms: each has weight rows of its own."""


class NotTakenError(Exception):
    """A node that the kernel does not take; it runs in NumPy. The message says why."""


@dataclass(frozen=True)
class Read:
    """A weighted node and the spikes that it reads.

    Attributes
    ----------
    node, source : str
    pool : tuple of int
        Rows and columns of the source that are one place to the node: (1, 1) unless a ``SumPool`` stands between.
    sign : int
        The sign of the spikes that are read, where the source gives spikes of both; else 0.
    """

    node: str
    source: str
    pool: tuple[int, int] = (1, 1)
    sign: int = 0

    @property
    def bits(self) -> str:
        """The name under which the bits are found."""
        return self.source + {0: "", 1: "+", -1: "-"}[self.sign]


@dataclass(frozen=True)
class Synapses:
    """Everything between some sources of spikes and the outputs of a layer.

    Attributes
    ----------
    sources : tuple of str
        Nodes whose spikes are read; with a sign behind the name where it is spikes of one sign.
    reads : tuple of Read
        Synaptic operations are counted by them.
    grid : ndarray (C,) int64
        q of each output channel: sums are in units of 2^-q.
    bias : ndarray (blocks · 16,) int32
    bound : int
        The largest magnitude of a sum.
    parts, diagonals : tuple
        As the kernel takes them.
    """

    sources: tuple[str, ...]
    reads: tuple[Read, ...]
    grid: Array
    bias: Array
    bound: int
    parts: tuple[Part, ...]
    diagonals: tuple[Diagonal, ...]


def connect(
    network: SpikingNetwork,
    found: dict[str, Flow],
    nodes: list[ir.Node],
    shape: tuple[int, ...],
    capacity: int,
    beside: tuple[ir.Node, ...] = (),
) -> Synapses:
    """Put weighted nodes with the same outputs together; none at all is a layer that constant currents drive.

    Parameters
    ----------
    network : SpikingNetwork
    found : dict of str to Flow
        What flows out of each node.
    nodes : list of Node
        ``Conv``, ``Dense`` or ``Scale``; their results are added.
    shape : tuple of int
        Of the result, channels first.
    capacity : int
        K, the steps that buffers of spikes have room for.
    beside : tuple of Node
        Nodes with a grid whose constant currents are added: the layer's grid is not coarser than theirs.

    Raises
    ------
    NotTakenError
        Naming the node and why the kernel does not take it.
    """
    taken = [_checked(node, network) for node in nodes]
    grid = np.max([np.zeros(shape[0], dtype=np.int64), *(_grid(network, node) for node in (*taken, *beside))], axis=0)
    sources: list[str] = []
    reads: list[Read] = []
    pending: list[tuple[ir.Conv | ir.Dense, Read, int, Array]] = []
    diagonals: list[Diagonal] = []
    bias = np.zeros(shape[0], dtype=np.int64)
    above, below = np.zeros(shape[0], dtype=np.int64), np.zeros(shape[0], dtype=np.int64)
    for node in taken:
        offset = node.addend
        bias += _whole(_per_channel(node, network.tensor(offset, 0.0)), grid, node)
        for read in _reads(network, found, node):
            value = read.sign or _carried(found, read.source, node)
            if read.bits not in sources:
                sources.append(read.bits)
            reads.append(read)
            at = sources.index(read.bits)
            _check_plane(network, read, capacity)
            if isinstance(node, ir.Scale):
                gain = _whole(_per_channel(node, network.tensor(node.gain, 1.0)), grid, node) * value
                diagonals.append(_diagonal(at, gain, node, capacity))
                values = gain[:, None]
            else:
                values = _whole(network.tensors[node.weight], grid, node) * value
                pending.append((node, read, at, values))
            above += np.maximum(values, 0).reshape(shape[0], -1).sum(axis=1) * read.pool[0] * read.pool[1]
            below += np.maximum(-values, 0).reshape(shape[0], -1).sum(axis=1) * read.pool[0] * read.pool[1]
    # every partial sum, in any order, lies between these two
    bound = int(max((above + np.maximum(bias, 0)).max(), (below + np.maximum(-bias, 0)).max()))
    if bound > _LARGEST_SUM:
        raise NotTakenError(f"{nodes[0].name} has sums of {bound} units of its grid, more than 31 bits")
    # only now: behind a pooling each weight stands for many
    weights = [_weights(network, *each) for each in pending]
    if weights and row_count(weights) > LARGEST_ROW:
        raise NotTakenError(f"{nodes[0].name} has more than {LARGEST_ROW} inputs for one output")
    return Synapses(
        sources=tuple(sources),
        reads=tuple(reads),
        grid=grid,
        bias=_padded(bias),
        bound=bound,
        parts=parts(weights, capacity) if weights else no_rows(shape[0], int(np.prod(shape[1:]))),
        diagonals=tuple(diagonals),
    )


def carried(flow: Flow) -> int | None:
    """Give the whole number that each spike carries; None where there is no such number."""
    return None if flow.carries is None or flow.carries != int(flow.carries) else int(flow.carries)


def _carried(found: dict[str, Flow], source: str, node: ir.Node) -> int:
    value = carried(found[source])
    if value is None:
        raise NotTakenError(f"{node.name} reads spikes of {source}, which do not all carry one whole number")
    return value


def _checked(node: ir.Node, network: SpikingNetwork) -> Weighted:
    if not isinstance(node, Weighted):
        raise NotTakenError(f"{node.name} is a {node.kind}")
    if node.grid is None:
        raise NotTakenError(f"{node.name} has no grid, so its sums are not exact")
    if isinstance(node, ir.Conv) and len(node.strides) != 2:
        raise NotTakenError(f"{node.name} is a convolution over {len(node.strides)} axes")
    return node


def _grid(network: SpikingNetwork, node: Any) -> Array:
    return np.broadcast_to(np.asarray(network.tensors[node.grid], dtype=np.int64), node.shape[:1])


def _check_plane(network: SpikingNetwork, read: Read, capacity: int) -> None:
    """Refuse sources whose places the kernel cannot count in 31 bits."""
    height, width, channels = plane(channels_last(network.by_name[read.source].shape))
    if capacity * height * (width + 2) * blocks_of(channels) * BLOCK > _LARGEST_SUM:
        raise NotTakenError(f"{read.node} reads {read.source}, which is too large for {capacity} steps at a time")


def _reads(network: SpikingNetwork, found: dict[str, Flow], node: Weighted) -> list[Read]:
    """Give the spikes that a weighted node reads, what stands between taken apart."""
    reads: list[Read] = []
    waiting = [(edge.source, (1, 1)) for edge in network.incoming[node.name]]
    while waiting:
        if len(reads) + len(waiting) > _MOST_READS:
            raise NotTakenError(f"{node.name} reads spikes that are added up on more than {_MOST_READS} ways")
        name, pool = waiting.pop(0)
        source = network.by_name[name]
        behind = [edge.source for edge in network.incoming[name]]
        if found[name].kind is Kind.CURRENT:
            raise NotTakenError(f"{node.name} reads the current of {name}")
        if found[name].train and isinstance(source, ir.Sum | ir.SumPool):
            # what arrives is counted by its value, and spikes of both signs may cancel each other before
            raise NotTakenError(f"{node.name} reads signed spikes of the image that are added up in {name}")
        if isinstance(source, ir.Sum) or (isinstance(source, ir.Flatten) and isinstance(node, ir.Dense)):
            waiting += [(other, pool) for other in behind]
        elif isinstance(source, ir.SumPool) and _tiles(source, network.by_name[behind[0]].shape, node):
            waiting.append((behind[0], (pool[0] * source.kernel[0], pool[1] * source.kernel[1])))
        elif isinstance(source, ir.SumPool | ir.Flatten):
            raise NotTakenError(f"{node.name} reads the {source.kind} {name}")
        elif found[name].kind is Kind.GRADED:
            raise NotTakenError(f"{node.name} reads graded spikes of {name}")
        elif found[name].train:
            reads += _by_sign(network, Read(node.name, name, pool))
        else:
            reads.append(Read(node.name, name, pool))
    return reads


def _by_sign(network: SpikingNetwork, read: Read) -> list[Read]:
    """Divide signed spikes into those of each sign."""
    halves = [replace(read, sign=sign) for sign in (1, -1)]
    taken = [half.bits for half in halves if half.bits in network.by_name]
    if taken:
        raise NotTakenError(
            f"{read.node} reads signed spikes of {read.source}, and another node has the name {taken[0]}"
        )
    return halves


def _tiles(pool: ir.SumPool, shape: tuple[int, ...], node: Weighted) -> bool:
    """Say whether the windows of a pooling cover its input without overlap, for a reader that has a weight for each."""
    if len(pool.kernel) != 2 or any(pool.pads):
        return False
    tiled = all(
        size * kernel == covered and (stride == kernel or size == 1)
        for size, kernel, stride, covered in zip(pool.shape[1:], pool.kernel, pool.strides, shape[1:], strict=True)
    )
    return tiled and (isinstance(node, ir.Dense) or (isinstance(node, ir.Conv) and set(node.dilations) == {1}))


def _per_channel(node: ir.Node, value: Array) -> Array:
    """Give a parameter as (C,) float64."""
    if value.ndim > len(node.shape):
        raise NotTakenError(f"{node.name} has a parameter with a step axis")
    last = parameter(value.astype(np.float64), len(node.shape))
    if last.size != last.shape[-1]:
        raise NotTakenError(f"{node.name} has a parameter that is not the same for all places of a channel")
    return np.broadcast_to(last.reshape(-1), node.shape[:1])


def _whole(value: Array, grid: Array, node: ir.Node) -> Array:
    """Give values (C, ...) in units of 2^-grid as int64."""
    scaled = np.ldexp(value.astype(np.float64), grid.reshape(-1, *(1,) * (value.ndim - 1)))
    if (scaled != np.rint(scaled)).any() or (np.abs(scaled) > _LARGEST_SUM).any():
        raise NotTakenError(f"{node.name} has weights off its grid, or beyond 31 bits of it")
    return scaled.astype(np.int64)


def _padded(values: Array) -> Array:
    made = aligned((blocks_of(len(values)) * BLOCK,), np.int32)
    made[: len(values)] = values
    return made


def _diagonal(source: int, gain: Array, node: ir.Node, capacity: int) -> tuple[int, Array, Array]:
    height, width, channels = plane(channels_last(node.shape))
    blocks = blocks_of(channels)
    rows, columns = np.arange(height)[:, None] * capacity * (width + 2), np.arange(width) + 1
    return source, ((rows + columns) * blocks).reshape(-1).astype(np.int32), _padded(gain)


def _weights(network: SpikingNetwork, node: ir.Conv | ir.Dense, read: Read, at: int, whole: Array) -> Weights:
    """Give a connection with its weights (O, I / groups, ...) in units of the grid."""
    shape = network.by_name[read.source].shape
    height, width = (1, 1, *shape[1:])[-2:]
    rows, columns = read.pool
    if isinstance(node, ir.Dense):
        # a full connection is a convolution whose kernel is as large as its input
        whole = whole.reshape(len(whole), shape[0], height // rows, width // columns)
        steps: tuple[int, ...] = (1, 1)
        pads: tuple[int, ...] = (0, 0)
        dilations: tuple[int, ...] = (1, 1)
        groups = 1
    else:
        steps, pads, dilations, groups = node.strides, node.pads, node.dilations, node.groups
    # a weight of a window is that of each of its pixels
    whole = whole.repeat(rows, axis=2).repeat(columns, axis=3)
    out_height, out_width = (1, 1, *node.shape[1:])[-2:]
    window = Window(
        kernel=(whole.shape[2], whole.shape[3]),
        strides=(steps[0] * rows, steps[1] * columns),
        pads=(pads[0] * rows, pads[1] * columns),
        dilations=(dilations[0], dilations[1]),
        height=height,
        width=width,
        out_height=out_height,
        out_width=out_width,
    )
    return Weights(at, whole, groups, window)
