"""Concat: values side by side, and constants beside one: channels of zeros (an option-A shortcut), or coordinates."""

from typing import Any

import numpy as np

from snnconv.graph.graph import Concat, Select
from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported
from snnconv.graph.reading.ops.select import filled, select

Array = np.ndarray[Any, Any]


def read_concat(node: OnnxNode, context: Context) -> Concat | Select | Read:
    """Read a join of values, or of one value and constants."""
    values = [value for value in node.inputs if not context.is_constant(value)]
    axis = context.axis(values[0], int(node.attributes["axis"]))
    if len({context.order(value) for value in values}) > 1:
        raise Unsupported("it joins values whose axes are in different orders")
    if len(values) == len(node.inputs):
        sources = tuple(context.source(value) for value in values)
        return Concat(node.name, sources, node.output, context.shape(node.output), axis)
    if len(values) > 1:
        raise Unsupported("it joins several values with constants; join the constants with one of them first")
    padded = _padded(node, context, values[0], axis)
    if not any(context.constant(value).any() for value in node.inputs if context.is_constant(value)):
        return padded
    return filled(node, context, padded, _beside(node, context, values[0], axis))


def _beside(node: OnnxNode, context: Context, value: str, axis: int) -> Array:
    """Give the constants in their places, and zeros in that of the value."""
    parts = []
    for name in node.inputs:
        if name == value:
            parts.append(np.zeros(context.shape(value)))
            continue
        constant = context.weights(name)
        if not (constant == constant[:1]).all():
            raise Unsupported("its constant differs between the images of a batch")
        parts.append(constant.transpose(context.order(value))[0])
    return np.concatenate(parts, axis)


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
