"""A network whose image enters as a constant current."""

from dataclasses import replace

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork


def constant_input(network: SpikingNetwork) -> SpikingNetwork | None:
    """Give the network with the image as a constant current; None where it is one."""
    if network.encoding is ir.Encoding.CONSTANT:
        return None
    return replace(network, encoding=ir.Encoding.CONSTANT)
