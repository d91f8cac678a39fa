"""Softmax, LogSoftmax, Sigmoid and ArgMax at the end of a network: they keep the order of the classes and are left out.

The spiking network gives the logits that they read. Anywhere else they have no spiking form.
"""

from snnconv.graph.context import Context, OnnxNode, Read, Unsupported


def read_end(node: OnnxNode, context: Context) -> Read:
    """Read an operator that may only stand at the end."""
    if not context.is_at_end(node.output):
        raise Unsupported("inside the network it has no spiking form; only at the end it can be left out")
    value = node.inputs[0]
    rank = len(context.full_shape(value))
    default = {"Softmax": -1 if node.version >= 13 else 1, "LogSoftmax": -1 if node.version >= 13 else 1, "ArgMax": 0}
    if node.op in default:
        axis = int(node.attributes.get("axis", default[node.op]))
        if not -rank <= axis < rank or context.axis(value, axis) != 0:
            raise Unsupported(f"its axis {axis} is not that of the classes; apply it over the classes, or leave it out")
    return Read(same_as=value, left_out="the network gives the logits that it reads")


READERS = {"ArgMax": read_end, "LogSoftmax": read_end, "Sigmoid": read_end, "Softmax": read_end}
