"""The dense synaptic operations that each layer of neurons feeds, as Sengupta et al. (2019), section 7.4, count.

They weigh the mean number of spikes of a neuron by what the ReLU network would do with one value of every neuron. Our
SynOps weigh each spike by its real fan-out instead; the two differ where fan-outs differ within a layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.counts import dense_ops, fan_out

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class FedOperations:
    """What the layers of neurons feed.

    Attributes
    ----------
    by_layer : dict of str to int
        Synaptic operations that one value of every neuron of the layer causes in the weighted nodes that read its
        spikes, taps on padding left out; a ``Scale`` makes one for each value.
    macs : int
        MACs of the ReLU network in the same weighted nodes: without ``Scale``, and once where several layers meet.
    """

    by_layer: dict[str, int]
    macs: int


def fed_operations(network: SpikingNetwork) -> FedOperations:
    """Count what each layer of neurons feeds, through everything that passes spikes on."""
    dense = dense_ops(network)
    on_current = {name for name, ops in dense.items() if ops.reads_current}
    by_layer: dict[str, int] = {}
    read: set[str] = set()
    for layer in network.neurons:
        fed = {
            node.name: int((arriving * fan_out(network, node)).sum())
            for node, arriving in _arrivals(network, layer)
            if node.name not in on_current
        }
        by_layer[layer.name] = sum(fed.values())
        read.update(fed)
    # a Scale on spikes has no dense operations: the ReLU network adds there
    return FedOperations(by_layer, sum(dense[name].macs for name in read if name in dense))


def _arrivals(network: SpikingNetwork, layer: ir.Neuron) -> list[tuple[ir.Conv | ir.Dense | ir.Scale, Array]]:
    """Give the weighted nodes that a layer reaches, and how often it reaches each place of their input.

    Returns
    -------
    list of (node, ndarray int64 of the input's shape)
    """
    # 0 where the layer does not come to, 1 where it does, more where it comes by several ways that are summed
    reach: dict[str, Array] = {layer.name: np.ones(layer.shape, dtype=np.int64)}
    result = []
    for node in network.nodes:
        sources = [edge.source for edge in network.incoming[node.name]]
        if not any(source in reach for source in sources):
            continue
        inputs = [reach.get(source, np.zeros(network.by_name[source].shape, dtype=np.int64)) for source in sources]
        if isinstance(node, ir.WEIGHTED):
            result.append((node, _sum(inputs)))
        elif not isinstance(node, ir.Neuron | ir.Readout):
            reach[node.name] = _passed_on(node, inputs)
    return result


def _passed_on(node: ir.Node, inputs: Sequence[Array]) -> Array:
    match node:
        case ir.Concat():
            return np.concatenate(inputs, axis=node.axis)
        case ir.Flatten():
            return inputs[0].reshape(-1)
        case ir.Select():
            slices = tuple(slice(*bounds) for bounds in zip(node.starts, node.stops, node.steps, strict=True))
            return np.pad(inputs[0][slices], tuple(zip(node.pads_before, node.pads_after, strict=True)))
        case ir.SumPool() | ir.MaxPoolGate() | ir.MaxPoolCurrent():
            return _pooled(node, inputs[0])
        case _:
            return _sum(inputs)


def _sum(inputs: Sequence[Array]) -> Array:
    total: Array = np.sum(inputs, axis=0)
    return total


def _pooled(node: ir.SumPool | ir.MaxPoolGate | ir.MaxPoolCurrent, reach: Array) -> Array:
    """Give a window one value, as in the ReLU network, however many neurons it reads."""
    spatial = len(node.kernel)
    value = np.pad(reach, [(0, 0), *zip(node.pads[:spatial], node.pads[spatial:], strict=True)])
    for axis, (kernel, stride) in enumerate(zip(node.kernel, node.strides, strict=True), start=1):
        windows = np.lib.stride_tricks.sliding_window_view(value, kernel, axis=axis)
        value = windows.max(axis=-1)[(slice(None),) * axis + (slice(None, None, stride),)]
    return value
