"""What of a network's cost is the same in every run: parameters, bytes, and what takes place at every step."""

from math import prod

import numpy as np
from pydantic import NonNegativeInt

from snnconv.account.pools import LonePool, lone_pools
from snnconv.files.records import Record
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork


class NetworkFacts(Record):
    """A network's size."""

    parameters: NonNegativeInt
    """Weights and biases of convolutions and full connections."""
    scale_parameters: NonNegativeInt
    """Gains and offsets: normalised shortcuts, BatchNorms that could not be folded."""
    footprint: NonNegativeInt
    """Bytes of the tensors that a step needs, each once: parameters, thresholds, initial potentials, leaks, values."""
    connection_weights: NonNegativeInt
    """Weights and gains, without biases."""
    zero_weights: NonNegativeInt
    """Of them, those that are 0."""
    activations: NonNegativeInt
    """Values that the ReLU network writes: one for each neuron, and for each class of a readout of current."""
    readout_start: NonNegativeInt
    """The step, counted from 0, from which on the readout adds."""
    pools: tuple[LonePool, ...]
    """Pools that stand alone."""


def network_facts(network: SpikingNetwork) -> NetworkFacts:
    """Measure a network. A tensor that several nodes name is counted once."""
    weights = _tensors(network, (ir.Conv, ir.Dense), "weight")
    gains = _tensors(network, (ir.Scale,), "gain")
    counted = network.readout.mode is ir.ReadoutMode.CURRENT
    every = {name for node in network.nodes for name in node.parameters.values()}
    return NetworkFacts(
        parameters=_size(network, weights | _tensors(network, (ir.Conv, ir.Dense), "bias")),
        scale_parameters=_size(network, gains | _tensors(network, (ir.Scale,), "offset")),
        footprint=sum(network.tensors[name].nbytes for name in every),
        connection_weights=_size(network, weights | gains),
        zero_weights=sum(int((network.tensors[name] == 0).sum()) for name in weights | gains),
        activations=network.neuron_count + (prod(network.readout.shape) if counted else 0),
        readout_start=network.readout.start,
        pools=lone_pools(network),
    )


def _tensors(network: SpikingNetwork, kinds: tuple[type, ...], field: str) -> set[str]:
    """Give the tensors that nodes of some kinds name in a field."""
    named = {getattr(node, field) for node in network.nodes if isinstance(node, kinds)}
    return named - {None}


def _size(network: SpikingNetwork, names: set[str]) -> int:
    return sum(int(np.size(network.tensors[name])) for name in names)
