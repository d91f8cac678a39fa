"""Softmax, LogSoftmax, Sigmoid, Hardmax, ArgMax and TopK at the end: they keep the order of the classes.

They are left out, and the spiking network gives the logits that they read. Anywhere else they have no spiking form.
"""

from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported


def read_end(node: OnnxNode, context: Context) -> Read:
    """Read an operator that may only stand at the end."""
    if not context.is_at_end(node.output):
        raise Unsupported("inside the network it has no spiking form; only at the end it can be left out")
    value = node.inputs[0]
    rank = len(context.full_shape(value))
    if node.op == "TopK" and not node.attributes.get("largest", 1):
        raise Unsupported("it gives the smallest, and the network decides for the largest; negate its input")
    if node.op != "Sigmoid":
        axis = int(node.attributes.get("axis", _default_axis(node)))
        if not -rank <= axis < rank or context.axis(value, axis) != 0:
            raise Unsupported(f"its axis {axis} is not that of the classes; apply it over the classes, or leave it out")
    return Read(same_as=value, left_out="the network gives the logits that it reads")


def _default_axis(node: OnnxNode) -> int:
    """Give the axis that an operator works on where it does not say."""
    if node.op == "ArgMax":
        return 0
    return -1 if node.op == "TopK" or node.version >= 13 else 1


READERS = {
    "ArgMax": read_end,
    "Hardmax": read_end,
    "LogSoftmax": read_end,
    "Sigmoid": read_end,
    "Softmax": read_end,
    "TopK": read_end,
}
