"""A property of currents, such as their grid, followed channel by channel through the nodes between weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]


def along_channels(
    network: SpikingNetwork,
    weighted: Callable[[ir.Weighted, Array], Array],
    join: np.ufunc,
    *,
    image: int,
    spike: int,
    padding: int,
    pooled: Callable[[ir.SumPool], int] = lambda pool: 0,
) -> None:
    """Go through a network, from the image to the readout.

    Parameters
    ----------
    network : SpikingNetwork
        Its nodes in topological order.
    weighted : callable
        Takes a weighted node and, for each output channel, what it reads, (C,); gives what it makes, (C,).
    join : ufunc
        Joins what is added up, or read together: np.maximum or np.minimum.
    image, spike, padding : int
        Of the image, of spikes, and of channels that are padded with zeros.
    pooled : callable
        What the sums of a pool have more than what is summed.
    """
    given: dict[str, Array] = {}
    for node in network.nodes:
        inputs = [given[edge.source] for edge in network.incoming[node.name]]
        if isinstance(node, ir.Input):
            given[node.name] = np.full(node.shape[0], image)
        elif isinstance(node, ir.Neuron):
            given[node.name] = np.full(node.shape[0], spike)
        elif isinstance(node, ir.Weighted):
            given[node.name] = weighted(node, _by_output(node, join.reduce(inputs), join))
        elif isinstance(node, ir.SumPool):
            given[node.name] = join.reduce(inputs) + pooled(node)
        elif isinstance(node, ir.Concat) and node.axis == 0:
            given[node.name] = np.concatenate(inputs)
        else:
            given[node.name] = _moved(node, join.reduce(inputs), padding)


def keeps_channels(node: ir.Node) -> bool:
    """Say whether each output channel reads the input channel of its number, and no other."""
    return isinstance(node, ir.Scale) or (isinstance(node, ir.Conv) and node.groups == node.shape[0])


def _by_output(node: ir.Weighted, value: Array, join: np.ufunc) -> Array:
    """Join the input channels that each output channel reads."""
    if isinstance(node, ir.Scale):
        return value
    groups = node.groups if isinstance(node, ir.Conv) else 1
    of_groups: Array = join.reduce(value.reshape(groups, -1), axis=1)
    return of_groups.repeat(node.shape[0] // groups)


def _moved(node: ir.Node, value: Array, padding: int) -> Array:
    if isinstance(node, ir.Select):
        kept = value[node.starts[0] : node.stops[0] : node.steps[0]]
        padded: Array = np.pad(kept, (node.pads_before[0], node.pads_after[0]), constant_values=padding)
        return padded
    if isinstance(node, ir.Flatten):
        return value.repeat(node.shape[0] // len(value))
    return value
