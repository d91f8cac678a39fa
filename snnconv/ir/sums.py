"""Which currents meet, and how wide their sums are."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.network import SpikingNetwork

WIDE_FAN_IN = 16
"""From so many inputs on, the weights of an output keep too few of the 24 bits that a float32 sum leaves them."""


def meeting(network: SpikingNetwork, found: dict[str, Flow]) -> list[list[str]]:
    """Give the groups of nodes whose currents are added up.

    Parameters
    ----------
    network : SpikingNetwork
    found : dict of str to Flow
        What flows out of each node.
    """
    leader = {node.name: node.name for node in network.nodes}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for edge in network.edges:
        reader = network.by_name[edge.target]
        if found[edge.source].kind is Kind.CURRENT and not isinstance(reader, ir.Weighted):
            leader[find(edge.target)] = find(edge.source)
    groups: dict[str, list[str]] = {}
    for node in network.nodes:
        groups.setdefault(find(node.name), []).append(node.name)
    return list(groups.values())


def wide_sums(network: SpikingNetwork, found: dict[str, Flow]) -> set[str]:
    """Give the nodes of all groups whose sums of spikes take more than float32 holds.

    That is a weighted node with many inputs, or one whose currents are pooled, and every node whose currents meet its
    own.
    """
    return {name for group in meeting(network, found) if _is_wide(network, group) for name in group}


def _is_wide(network: SpikingNetwork, group: list[str]) -> bool:
    """Say whether many currents are added up: the inputs of an output, times what a pooling of currents adds up."""
    fan_in = pooled = 1
    for node in (network.by_name[name] for name in group):
        if isinstance(node, ir.Conv | ir.Dense):
            fan_in = max(fan_in, int(np.prod(network.tensors[node.weight].shape[1:])))
        elif isinstance(node, ir.SumPool):
            pooled = max(pooled, int(np.prod(node.kernel)))
    return fan_in * pooled >= WIDE_FAN_IN
