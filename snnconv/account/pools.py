"""What sums over windows add up where no synapse stands for it.

Behind a pool that weights read, each spike is counted at those weights, once for each window that it lies in. A pool of
currents, and a pool whose sum reaches neurons or the readout without weights, is in no such count: it *stands alone*.
"""

import numpy as np
from pydantic import NonNegativeInt

from snnconv.files.records import Name, Record
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.windows import Array, taps


class LonePool(Record):
    """A ``SumPool`` that stands alone."""

    name: Name
    current_adds: NonNegativeInt | None
    """Additions of one evaluation, taps on padding left out; None for a pool of spikes."""
    constant: bool
    """Whether its currents are the same at every step."""
    adds_per_spike: dict[Name, NonNegativeInt] | None
    """Additions for each spike, by layer of neurons.

    None for a pool of currents, and where they differ from neuron to neuron: windows that overlap or leave out places,
    or slices between neurons and pool.
    """


def lone_pools(network: SpikingNetwork) -> tuple[LonePool, ...]:
    """Give the pools that stand alone, from the input to the readout."""
    found = network.flows
    result = []
    # how many times each spike of a layer arrives at a node; None where that differs from neuron to neuron
    arriving: dict[str, dict[str, int] | None] = {}
    for node in network.nodes:
        inputs = [arriving[edge.source] for edge in network.incoming[node.name]]
        arriving[node.name] = _arriving(network, node, inputs, found)
        if not isinstance(node, ir.SumPool):
            continue
        if found[node.name].kind is Kind.CURRENT:
            adds = int(np.prod([covered.sum() for covered in _coverage(network, node)])) * node.shape[0]
            result.append(_pool(node, adds, found[node.name].constant, None))
        elif _ends_without_weights(network, node.name):
            result.append(_pool(node, None, False, arriving[node.name]))
    return tuple(result)


def _pool(node: ir.SumPool, adds: int | None, constant: bool, per_spike: dict[str, int] | None) -> LonePool:
    return LonePool(name=node.name, current_adds=adds, constant=constant, adds_per_spike=per_spike)


def _arriving(
    network: SpikingNetwork, node: ir.Node, inputs: list[dict[str, int] | None], found: dict[str, Flow]
) -> dict[str, int] | None:
    if isinstance(node, ir.Neuron):
        carries = found[node.name].carries
        # a spike of 2 is two additions; one that carries no whole number is not counted exactly
        return {node.name: int(carries)} if carries is not None and carries >= 0 and carries == int(carries) else None
    if not isinstance(node, ir.Sum | ir.SumPool):
        return None
    total: dict[str, int] = {}
    for read in inputs:
        if read is None:
            return None
        for layer, times in read.items():
            total[layer] = total.get(layer, 0) + times
    if isinstance(node, ir.Sum):
        return total
    windows = 1
    for covered in _coverage(network, node):
        if (covered != covered[0]).any():
            return None
        windows *= int(covered[0])
    return {layer: times * windows for layer, times in total.items()}


def _coverage(network: SpikingNetwork, node: ir.SumPool) -> list[Array]:
    """Give, for each axis, how many windows each position lies in."""
    shape = network.by_name[network.incoming[node.name][0].source].shape
    spatial = len(node.kernel)
    return [
        taps(shape[1 + axis], node.kernel[axis], node.strides[axis], node.pads[axis], node.pads[axis + spatial], 1)
        for axis in range(spatial)
    ]


def _ends_without_weights(network: SpikingNetwork, name: str) -> bool:
    for edge in network.outgoing[name]:
        reader = network.by_name[edge.target]
        if isinstance(reader, ir.Neuron | ir.Readout):
            return True
        if not isinstance(reader, ir.Weighted) and _ends_without_weights(network, reader.name):
            return True
    return False
