"""Add, Sub, Mul, Div, Neg, Sum and Mean: junctions of two values, and scales and offsets by constants."""

from dataclasses import replace
from typing import Any

import numpy as np

from snnconv.graph.graph import Add, Affine, Node
from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported
from snnconv.graph.reading.ops.norm import norm_of

Array = np.ndarray[Any, Any]


def read_sum(node: OnnxNode, context: Context) -> Node | Read:
    """Read the sum, or the mean, of values of one shape and of constants."""
    values = [value for value in node.inputs if not context.is_constant(value)]
    offsets = [context.weights(value) for value in node.inputs if context.is_constant(value)]
    total = sum((context.beside(offset, values[0]) for offset in offsets), start=np.zeros(()))
    share = np.asarray(1 / len(node.inputs) if node.op == "Mean" else 1.0)
    if len(values) == 1:
        return _affine(node, context, values[0], share, share * total)
    added = _sum(node, context, values)
    if not offsets and share == 1:
        return added
    inner = replace(added, name=f"{node.name}/sum", output=context.inner(f"{node.output}/sum"))
    rank = len(added.shape)
    gain, offset = (part.reshape((1,) * (rank - part.ndim) + part.shape) for part in (share, share * total))
    return Read((inner, Affine(node.name, (inner.output,), node.output, added.shape, gain=gain, offset=offset)))


def read_sub(node: OnnxNode, context: Context) -> Node | Read:
    """Read a difference: one of two values is taken times −1 first."""
    left, right = node.inputs
    if context.is_constant(right):
        return _affine(node, context, left, np.ones(()), -context.beside(context.weights(right), left))
    if context.is_constant(left):
        return _affine(node, context, right, -np.ones(()), context.beside(context.weights(left), right))
    shape = context.shape(right)
    one = np.ones((1,) * len(shape))
    negative = Affine(
        f"{node.name}/negative",
        (context.source(right),),
        context.inner(f"{node.output}/negative"),
        shape,
        -one,
        0 * one,
    )
    added = _sum(node, context, [left, right])
    return Read((negative, replace(added, inputs=(added.inputs[0], negative.output))))


def read_mul(node: OnnxNode, context: Context) -> Node:
    """Read a product with a constant."""
    for value, factor in (node.inputs, node.inputs[::-1]):
        if context.is_constant(factor):
            gain = context.beside(context.weights(factor), value)
            return _affine(node, context, value, gain, np.zeros(()))
    if node.inputs[0] == node.inputs[1] and len(context.shape(node.inputs[0])) == 1:
        raise Unsupported(norm_of(node.inputs[0], context))
    raise Unsupported(
        "it multiplies two values of the network (attention or gating), which has no spiking form; use a ResNet without"
    )


def read_div(node: OnnxNode, context: Context) -> Node:
    """Read a quotient by a constant."""
    if not context.is_constant(node.inputs[1]):
        raise Unsupported(
            "it divides by a value of the network, which has no spiking form; divide by a constant, or leave it out"
        )
    divisor = context.beside(context.weights(node.inputs[1]), node.inputs[0])
    if not divisor.all():
        raise Unsupported("it divides by 0")
    return _affine(node, context, node.inputs[0], 1 / divisor, np.zeros(()))


def read_pow(node: OnnxNode, context: Context) -> Read:
    """Read a first power; a square of a list of features is part of a norm."""
    power = context.constant(node.inputs[1])
    if power.size and (power == 1).all() and context.full_shape(node.output) == context.full_shape(node.inputs[0]):
        return Read(same_as=node.inputs[0])
    if power.size == 1 and power.item() == 2 and len(context.shape(node.inputs[0])) == 1:
        raise Unsupported(norm_of(node.inputs[0], context))
    raise Unsupported("it raises to a power other than 1, which has no spiking form; train with ReLU")


def read_neg(node: OnnxNode, context: Context) -> Node:
    """Read a change of sign."""
    return _affine(node, context, node.inputs[0], -np.ones(()), np.zeros(()))


def _sum(node: OnnxNode, context: Context, values: list[str]) -> Add:
    shapes = [context.shape(value) for value in values]
    if len(set(shapes)) > 1:
        raise Unsupported(f"it adds values of the shapes {' and '.join(map(str, shapes))}, equal ones are expected")
    if len({context.order(value) for value in values}) > 1:
        raise Unsupported("it adds values whose axes are in different orders")
    sources = tuple(context.source(value) for value in values)
    return Add(node.name, sources, node.output, context.shape(node.output))


def _affine(node: OnnxNode, context: Context, value: str, gain: Array, offset: Array) -> Affine:
    shape = context.shape(value)
    rank = len(shape)
    gain, offset = (part.reshape((1,) * (rank - part.ndim) + part.shape) for part in (gain, offset))
    if not (np.isfinite(gain).all() and np.isfinite(offset).all()):
        raise Unsupported("its constant is too large for float32")
    return Affine(node.name, (context.source(value),), node.output, shape, gain=gain, offset=offset)


READERS = {
    "Add": read_sum,
    "Div": read_div,
    "Mean": read_sum,
    "Mul": read_mul,
    "Neg": read_neg,
    "Pow": read_pow,
    "Sub": read_sub,
    "Sum": read_sum,
}
