"""Relu: what becomes a layer of neurons."""

from snnconv.graph.context import Context, OnnxNode
from snnconv.graph.graph import Relu


def read_relu(node: OnnxNode, context: Context) -> Relu:
    """Read a rectifier."""
    return Relu(node.name, node.inputs, node.output, context.shape(node.output))


READERS = {"Relu": read_relu}
