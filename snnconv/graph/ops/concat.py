"""Concat: values side by side, and channels of zeros beside one (an option-A shortcut)."""

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import Concat, Select
from snnconv.graph.ops.select import select


def read_concat(node: OnnxNode, context: Context) -> Concat | Select:
    """Read a join of values, or of one value and zeros."""
    values = [value for value in node.inputs if not context.is_constant(value)]
    axis = context.axis(values[0], int(node.attributes["axis"]))
    if len({context.order(value) for value in values}) > 1:
        raise Unsupported("it joins values whose axes are in different orders")
    if len(values) == len(node.inputs):
        sources = tuple(context.source(value) for value in values)
        return Concat(node.name, sources, node.output, context.shape(node.output), axis)
    if len(values) > 1 or any(context.constant(value).any() for value in node.inputs if context.is_constant(value)):
        raise Unsupported("it joins values with constants; zeros beside one value are supported")
    return _padded(node, context, values[0], axis)


def _padded(node: OnnxNode, context: Context, value: str, axis: int) -> Select:
    shape = context.shape(value)
    file_axis = context.order(value)[axis + 1]
    place = node.inputs.index(value)
    before, after = [0] * len(shape), [0] * len(shape)
    before[axis] = sum(context.constant(zeros).shape[file_axis] for zeros in node.inputs[:place])
    after[axis] = sum(context.constant(zeros).shape[file_axis] for zeros in node.inputs[place + 1 :])
    everything = [slice(0, size, 1) for size in shape]
    return select(node, context, value, context.shape(node.output), everything, (before, after))


READERS = {"Concat": read_concat}
