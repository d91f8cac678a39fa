"""Between what the currents of a network can lie, whatever the images and the spikes.

For y = Σ wᵢ xᵢ + b with every xᵢ in [−lᵢ, hᵢ],

    h_y = Σ (wᵢ⁺ hᵢ + wᵢ⁻ lᵢ) + b⁺,   l_y = Σ (wᵢ⁺ lᵢ + wᵢ⁻ hᵢ) + b⁻,

w⁺ and w⁻ the positive and negative parts. Zero lies in each interval, so each partial sum, in any order, lies in
[−l_y, h_y] too. For spikes of 0 and 1 this is about half of Σ|w|, and one bit finer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.grid import rounded
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Bound:
    """A value lies in [−low, high], per channel: both (C,) and not negative."""

    low: Array
    high: Array

    @property
    def largest(self) -> Array:
        """The largest magnitude of each channel, (C,)."""
        return np.maximum(self.low, self.high)


def bounds(
    network: SpikingNetwork,
    found: dict[str, Flow],
    only: set[str] | None = None,
    grids: Mapping[str, Array] | None = None,
) -> dict[str, Bound]:
    """Give the bound of what each node adds up, by node name.

    Parameters
    ----------
    network : SpikingNetwork
    found : dict of str to Flow
        What flows out of each node.
    only : set of str, optional
        Take what all other weighted nodes and the input give as zero; these must read spikes.
    grids : mapping of str to ndarray, optional
        Take the parameters of these nodes, and what they give, as rounded to 2^-q, q one number or (C,).

    Returns
    -------
    dict of str to Bound
        For neurons and readouts what they add up in one step; for other nodes that is also what they give.
    """
    result: dict[str, Bound] = {}
    for node in network.nodes:
        if only is not None and isinstance(node, ir.Input | ir.Weighted) and node.name not in only:
            result[node.name] = Bound(np.zeros(node.shape[0]), np.zeros(node.shape[0]))
            continue
        grid = None if grids is None else grids.get(node.name)
        result[node.name] = _bound(network, found, node, result, grid)
    return result


def _bound(
    network: SpikingNetwork, found: dict[str, Flow], node: ir.Node, known: dict[str, Bound], grid: Array | None
) -> Bound:
    if isinstance(node, ir.Input):
        amplitude = np.full(node.shape[0], node.amplitude or 1.0)
        return Bound(amplitude, amplitude)
    incoming = [
        known[edge.source] if found[edge.source].kind is Kind.CURRENT else _spikes(network, found, edge.source)
        for edge in network.incoming[node.name]
    ]
    if isinstance(node, ir.Weighted):
        return _weighted(network, node, _total(incoming), grid)
    match node:
        case ir.SumPool():
            size = float(np.prod(node.kernel))
            return Bound(incoming[0].low * size, incoming[0].high * size)
        case ir.Flatten():
            times = node.shape[0] // len(incoming[0].low)
            return Bound(incoming[0].low.repeat(times), incoming[0].high.repeat(times))
        case ir.Select() | ir.Concat():
            low, high = max(float(b.low.max()) for b in incoming), max(float(b.high.max()) for b in incoming)
            return Bound(np.full(node.shape[0], low), np.full(node.shape[0], high))
        case ir.MaxPoolGate() | ir.MaxPoolCurrent():
            return incoming[0]  # what it gives lies between the least and the largest of the step's inputs
        case _:
            return _total(incoming)


def _spikes(network: SpikingNetwork, found: dict[str, Flow], name: str) -> Bound:
    channels = network.by_name[name].shape[0]
    # spikes of a Poisson input stand for λ_x
    each = (network.input.amplitude or 1.0) if found[name].train else 1.0
    return Bound(np.full(channels, -found[name].least * each), np.full(channels, found[name].largest * each))


def _total(parts: list[Bound]) -> Bound:
    return Bound(np.sum([part.low for part in parts], axis=0), np.sum([part.high for part in parts], axis=0))


def _weighted(network: SpikingNetwork, node: ir.Weighted, x: Bound, grid: Array | None) -> Bound:
    """Give the bound of what weights make of a value; with a grid, of weights rounded to it."""
    plus_b, minus_b = _offset(network, node, node.addend, grid)
    if isinstance(node, ir.Scale):
        plus, minus = _offset(network, node, node.gain, grid)
        bound = Bound(plus * x.low + minus * x.high + minus_b, plus * x.high + minus * x.low + plus_b)
        return bound if grid is None else Bound(_up(bound.low, grid), _up(bound.high, grid))
    plus, minus = _parts(network.tensors[node.factor].astype(np.float64), grid)
    low, high = x.low, x.high
    if isinstance(node, ir.Conv):
        plus, minus = (part.sum(axis=tuple(range(2, part.ndim))) for part in (plus, minus))
        # the input channels that each output channel reads: (O, I/groups)
        low, high = (v.reshape(node.groups, -1).repeat(node.shape[0] // node.groups, axis=0) for v in (low, high))
    bound = Bound((plus * low + minus * high).sum(axis=1) + minus_b, (plus * high + minus * low).sum(axis=1) + plus_b)
    return bound if grid is None else Bound(_up(bound.low, grid), _up(bound.high, grid))


def _up(bound: Array, grid: Array) -> Array:
    """Round a bound up to a grid: what currents make is rounded to it."""
    return np.ldexp(np.ceil(np.ldexp(bound, grid)), -grid)


def _parts(value: Array, grid: Array | None) -> tuple[Array, Array]:
    """Give the positive and the negative part of a parameter whose first axis is the channels, both not negative."""
    if grid is not None:
        value = rounded(value, grid.reshape(-1, *(1,) * (value.ndim - 1)))
    return np.maximum(value, 0.0), np.maximum(-value, 0.0)


def _offset(network: SpikingNetwork, node: ir.Node, name: str | None, grid: Array | None) -> tuple[Array, Array]:
    """Give the largest positive and negative parts of a broadcast parameter per channel, both (C,)."""
    channels, rank = node.shape[0], len(node.shape)
    if name is None:
        return np.zeros(channels), np.zeros(channels)
    value = network.tensors[name].astype(np.float64)
    full = value.reshape((1,) * (rank - value.ndim) + value.shape)
    full = np.broadcast_to(full, (channels, *full.shape[1:]))
    plus, minus = (part.max(axis=tuple(range(1, rank))) for part in _parts(full, grid))
    return plus, minus
