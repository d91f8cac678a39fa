"""A network whose membranes start at 0."""

from dataclasses import replace

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork


def from_rest(network: SpikingNetwork) -> SpikingNetwork | None:
    """Give the network with V(0) = 0 in all layers; None where they start there."""
    if not any(network.tensor(node.initial_potential, 0.0).any() for node in network.neurons):
        return None
    return replace(
        network,
        nodes=tuple(
            node.model_copy(update={"initial_potential": None}) if isinstance(node, ir.Neuron) else node
            for node in network.nodes
        ),
    )
