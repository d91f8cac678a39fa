"""Operators that only rename or flatten a value."""

from math import prod

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import Flatten


def read_flatten(node: OnnxNode, context: Context) -> Flatten | str:
    """Read a reshape to one axis; one that changes nothing is an alias."""
    before, after = context.shape(node.inputs[0]), context.shape(node.output)
    if before == after:
        return node.inputs[0]
    if after != (prod(before),):
        raise Unsupported(f"it reshapes {before} to {after}; only flattening to one axis is supported")
    return Flatten(node.name, node.inputs[:1], node.output, after)


def read_alias(node: OnnxNode, context: Context) -> str:
    """Read an operator that passes its input on."""
    del context
    return node.inputs[0]


READERS = {
    "Dropout": read_alias,
    "Flatten": read_flatten,
    "Identity": read_alias,
    "Reshape": read_flatten,
    "Squeeze": read_flatten,
}
