"""The weighted nodes of a network as a reader of results knows them: what they read, feed and would cost densely."""

from dataclasses import dataclass

import numpy as np

from snnconv.account.counts import fan_out_by_axis, macs_of
from snnconv.account.fed_operations import arrivals
from snnconv.account.layers import layers
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.network import SpikingNetwork


@dataclass(frozen=True)
class Connection:
    """A weighted node, in the order of the rows of ``Recording.synops``.

    Attributes
    ----------
    name, kind : str
        The node's, and ``Conv``, ``Dense`` or ``Scale``.
    feeds : str or None
        The layer that it belongs to; None where its current leads nowhere.
    reads : tuple of str
        The layers of neurons whose spikes arrive at it.
    reads_current : bool
        Whether it makes MACs in the spiking network: the image as a current, or another node's.
    constant : bool
        Whether what it reads is the same at every step.
    unit_spikes : bool
        Whether everything that it reads is −1, 0 or 1.
    shortcut : bool
        Whether it leads around a layer: another node that feeds the same layer reads a later one.
    outputs : int
    biased : bool
        Whether it has a bias or an offset.
    weights, zero_weights : int
        Weights or gains as the file has them, and how many of them are 0.
    full_fan_out : int
        Synapses at an input that is not near a border, at stride 1.
    strided : bool
        Whether windows are more than one place apart.
    macs, macs_padded : int
        Of one evaluation as a dense operation; taps on padding left out, and counted.
    """

    name: str
    kind: str
    feeds: str | None
    reads: tuple[str, ...]
    reads_current: bool
    constant: bool
    unit_spikes: bool
    shortcut: bool
    outputs: int
    biased: bool
    weights: int
    zero_weights: int
    full_fan_out: int
    strided: bool
    macs: int
    macs_padded: int


def connections(network: SpikingNetwork) -> tuple[Connection, ...]:
    """Give the weighted nodes from the input to the readout."""
    found = network.flows
    nodes = network.weighted
    feeds = {nodes[row].name: layer.name for layer in layers(network) for row in layer.synapses}
    reads: dict[str, list[str]] = {node.name: [] for node in nodes}
    for layer in network.neurons:
        for node, arriving in arrivals(network, layer):
            if arriving.any():
                reads[node.name].append(layer.name)
    depth = {layer.name: index for index, layer in enumerate(network.neurons)}
    latest = {name: max((depth[layer] for layer in read), default=-1) for name, read in reads.items()}
    deepest: dict[str, int] = {}
    for name, layer_name in feeds.items():
        deepest[layer_name] = max(deepest.get(layer_name, -1), latest[name])
    return tuple(
        _connection(
            network,
            node,
            [found[edge.source] for edge in network.incoming[node.name]],
            feeds.get(node.name),
            tuple(reads[node.name]),
            node.name in feeds and latest[node.name] < deepest[feeds[node.name]],
        )
        for node in nodes
    )


def _connection(
    network: SpikingNetwork,
    node: ir.Weighted,
    inputs: list[Flow],
    feeds: str | None,
    reads: tuple[str, ...],
    shortcut: bool,
) -> Connection:
    macs, padded = macs_of(network, node)
    weight = network.tensors[node.factor]
    taps = int(np.prod(weight.shape[2:])) if isinstance(node, ir.Conv) else 1
    return Connection(
        name=node.name,
        kind=node.kind,
        feeds=feeds,
        reads=reads,
        reads_current=any(flow.kind is Kind.CURRENT for flow in inputs),
        constant=all(flow.constant for flow in inputs),
        unit_spikes=len(inputs) == 1 and _is_unit(inputs[0]),
        shortcut=shortcut,
        outputs=int(np.prod(node.shape)),
        biased=(node.addend) is not None,
        weights=int(weight.size),
        zero_weights=int(weight.size - np.count_nonzero(weight)),
        full_fan_out=fan_out_by_axis(network, node)[0] * taps,
        strided=isinstance(node, ir.Conv) and set(node.strides) != {1},
        macs=macs,
        macs_padded=padded,
    )


def _is_unit(flow: Flow) -> bool:
    return flow.kind is Kind.SPIKES and (flow.carries == 1 or flow.train)
