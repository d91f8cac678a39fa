"""Operators that only rename or flatten a value."""

from math import prod

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import Flatten


def read_flatten(node: OnnxNode, context: Context) -> Flatten | str:
    """Read a reshape to one axis; one that changes nothing is an alias."""
    before, after = context.shape(node.inputs[0]), context.shape(node.output)
    if node.op == "Flatten" and int(node.attributes.get("axis", 1)) % (len(before) + 1) == 0:
        raise Unsupported("axis=0 mixes the images of a batch")
    if before == after:
        return node.inputs[0]
    if after != (prod(before),):
        raise Unsupported(f"it reshapes {before} to {after}; only flattening to one axis is supported")
    return Flatten(node.name, node.inputs[:1], node.output, after)


def read_dropout(node: OnnxNode, context: Context) -> str:
    """Read a dropout in inference mode, which passes its input on."""
    training = node.inputs[2] if len(node.inputs) > 2 else ""
    if training and context.constant(training).any():
        raise Unsupported("it is in training mode; export the model in evaluation mode")
    return node.inputs[0]


def read_alias(node: OnnxNode, context: Context) -> str:
    """Read an operator that passes its input on."""
    del context
    return node.inputs[0]


READERS = {
    "Dropout": read_dropout,
    "Flatten": read_flatten,
    "Identity": read_alias,
    "Reshape": read_flatten,
    "Squeeze": read_flatten,
}
