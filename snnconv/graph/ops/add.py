"""Add: the junction of a residual block."""

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import Add


def read_add(node: OnnxNode, context: Context) -> Add:
    """Read an addition of two values of one shape."""
    for value in node.inputs:
        if context.is_constant(value):
            raise Unsupported(f"it adds the constant {value}; fold it into the layer before")
    shapes = [context.shape(value) for value in node.inputs]
    if shapes[0] != shapes[1]:
        raise Unsupported(f"it adds values of the shapes {shapes[0]} and {shapes[1]}, equal ones are expected")
    return Add(node.name, node.inputs, node.output, context.shape(node.output))


READERS = {"Add": read_add}
