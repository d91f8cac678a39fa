"""What current arrives at each neuron at every step from biases alone.

It is the neuron's input without image and without spikes: the biases of convolutions and full connections and the
offsets of scales that lead to it, added up, and weighed where a current goes through weights again.
"""

from typing import Any

import numpy as np

from snnconv.account.passive import moved, over_windows, summed
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.product import product

Array = np.ndarray[Any, Any]


def bias_currents(network: SpikingNetwork) -> dict[str, Array]:
    """Give the current of the biases at each layer of neurons, and at the readout.

    Biases with a step axis are taken at their largest magnitude, so that one that is ever there is one.

    Parameters
    ----------
    network : SpikingNetwork

    Returns
    -------
    dict of str to ndarray float64
        By name, of the node's shape, channels first. Zeros where no bias arrives.
    """
    carried: dict[str, Array] = {}  # nodes without an entry give no current of a bias
    ends: dict[str, Array] = {}
    for node in network.nodes:
        inputs = [carried.get(edge.source) for edge in network.incoming[node.name]]
        found = [value for value in inputs if value is not None]
        if isinstance(node, ir.Neuron | ir.Readout):
            ends[node.name] = summed(found) if found else np.zeros(node.shape)
        elif isinstance(node, ir.WEIGHTED):
            value = _weighted(network, node, summed(found) if found else None)
            if value is not None:
                carried[node.name] = value
        elif found:
            full = [
                np.zeros(network.by_name[edge.source].shape) if value is None else value
                for edge, value in zip(network.incoming[node.name], inputs, strict=True)
            ]
            carried[node.name] = _passed_on(node, full)
    return ends


def _passed_on(node: ir.Node, inputs: list[Array]) -> Array:
    if isinstance(node, ir.SumPool):
        return over_windows(node, inputs[0], np.sum)
    if isinstance(node, ir.MaxPoolCurrent | ir.MaxPoolGate):
        return over_windows(node, inputs[0], np.max, padding=-np.inf)
    return moved(node, inputs)


def _weighted(network: SpikingNetwork, node: ir.Conv | ir.Dense | ir.Scale, current: Array | None) -> Array | None:
    """Give a node's bias, and what its weights make of the current that comes in; None where there is neither."""
    name = node.offset if isinstance(node, ir.Scale) else node.bias
    bias = None if name is None else _full(network.tensors[name], node.shape)
    if bias is not None and not bias.any():
        bias = None
    if current is None or not current.any():
        return bias
    made = _times(network, node, current)
    return made if bias is None else made + bias


def _full(value: Array, shape: tuple[int, ...]) -> Array:
    """Broadcast a parameter to its node's shape."""
    whole = np.asarray(value, dtype=np.float64)
    if whole.ndim > len(shape):
        steps = whole.reshape(len(whole), -1)
        largest = np.abs(steps).argmax(axis=0)
        whole = np.take_along_axis(steps, largest[None], axis=0).reshape(whole.shape[1:])
    return np.broadcast_to(whole, shape)


def _times(network: SpikingNetwork, node: ir.Conv | ir.Dense | ir.Scale, current: Array) -> Array:
    if isinstance(node, ir.Scale):
        return _full(network.tensors[node.gain], node.shape) * current
    weight = network.tensors[node.weight].astype(np.float64)
    if isinstance(node, ir.Dense):
        return product(weight, current)
    return _convolved(node, weight, current)


def _convolved(node: ir.Conv, weight: Array, current: Array) -> Array:
    """Convolve a map tap by tap: rare enough to be simple."""
    spatial = len(node.strides)
    padded = np.pad(current, [(0, 0), *zip(node.pads[:spatial], node.pads[spatial:], strict=True)])
    groups = weight.reshape(node.groups, -1, *weight.shape[1:])
    out = np.zeros((node.groups, groups.shape[1], *node.shape[1:]))
    for tap in np.ndindex(weight.shape[2:]):
        places = tuple(
            slice(k * dilation, k * dilation + (size - 1) * stride + 1, stride)
            for k, dilation, stride, size in zip(tap, node.dilations, node.strides, node.shape[1:], strict=True)
        )
        inputs = padded[(slice(None), *places)].reshape(node.groups, -1, *node.shape[1:])
        out += np.einsum("goc,gc...->go...", groups[(..., *tap)], inputs)
    return out.reshape(node.shape)
