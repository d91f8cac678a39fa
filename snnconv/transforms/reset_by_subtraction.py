"""A network whose neurons keep what they have above their threshold."""

from dataclasses import replace

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork


def reset_by_subtraction(network: SpikingNetwork) -> SpikingNetwork | None:
    """Give the network with reset by subtraction in all layers; None where they have it."""
    if all(node.rule.reset is ir.Reset.SUBTRACT for node in network.neurons):
        return None
    return replace(network, nodes=tuple(_subtracting(node) for node in network.nodes))


def _subtracting(node: ir.Node) -> ir.Node:
    if not isinstance(node, ir.Neuron):
        return node
    return node.model_copy(update={"rule": node.rule.model_copy(update={"reset": ir.Reset.SUBTRACT})})
