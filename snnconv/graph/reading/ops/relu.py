"""Relu, what is one under another name, and what is a sum of ReLUs: they become layers of neurons.

=================  ==================================================
LeakyRelu, PRelu   max(x, 0) − a · max(−x, 0)
Abs                max(x, 0) + max(−x, 0)
Clip, HardSigmoid  min(max(a x − low, 0), high − low) + low
Max                max(x − y, 0) + y
Min                y − max(y − x, 0)
Shrink             max(x − b, 0) − max(−x − b, 0), where its λ is b
=================  ==================================================
"""

from functools import reduce
from typing import Any

import numpy as np

from snnconv.graph.graph import Relu
from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported
from snnconv.graph.reading.relu_sums import ReluSum

Array = np.ndarray[Any, Any]

_NO_CAP = 1e30
"""Clips at or beyond this are none: exporters write the largest float."""


def read_relu(node: OnnxNode, context: Context) -> Relu:
    """Read a rectifier."""
    return _relu(node, context, node.inputs[0], None)


def read_clip(node: OnnxNode, context: Context) -> Relu | Read:
    """Read max(min(x, high), low), which is a ReLU where low is 0."""
    value = node.inputs[0]
    low, high = node.number("min", -np.inf), node.number("max", np.inf)
    if node.has(1):
        low = _scalar(context, node.inputs[1])
    if node.has(2):
        high = _scalar(context, node.inputs[2])
    if low <= -_NO_CAP and high >= _NO_CAP:
        return Read(same_as=value)
    if low == 0 or (low < 0 and _is_rectified(context, value)):
        return _relu(node, context, value, high)
    if not low < high:
        raise Unsupported(f"it clips from {low:g} to {high:g}, which leaves nothing; a larger maximum is expected")
    if low <= -_NO_CAP:
        return _least(node, context, value, np.asarray(high))
    return _clipped(node, context, 1.0, 0.0, (low, high))


def read_hard_sigmoid(node: OnnxNode, context: Context) -> Read:
    """Read max(0, min(1, α x + β))."""
    return _clipped(node, context, node.number("alpha", 0.2), node.number("beta", 0.5), (0.0, 1.0))


def read_max(node: OnnxNode, context: Context) -> Relu | Read:
    """Read the largest of values and constants."""
    values, constant = _values_and_constant(node, context, np.maximum)
    if len(values) > 1:
        return _of_values(node, context, values, constant, 1.0)
    value = values[0]
    if constant is None or (constant <= -_NO_CAP).all():
        return Read(same_as=value)
    if not constant.any():
        return _relu(node, context, value, None)
    made = ReluSum(node, context, _whole(node, context, value))
    beyond = made.relu(made.affine(context.source(value), 1.0, -constant, "beyond"), "above")
    return made.end_affine(beyond, 1.0, constant)


def read_min(node: OnnxNode, context: Context) -> Relu | Read:
    """Read the least of values and constants; of a ReLU and a number it is a ReLU with a cap."""
    values, constant = _values_and_constant(node, context, np.minimum)
    if len(values) > 1:
        return _of_values(node, context, values, constant, -1.0)
    value = values[0]
    if constant is not None and np.unique(constant).size == 1 and _is_rectified(context, value):
        return _relu(node, context, value, float(constant.flat[0]))
    if constant is None or (constant >= _NO_CAP).all():
        return Read(same_as=value)
    return _least(node, context, value, constant)


def read_leaky_relu(node: OnnxNode, context: Context) -> Relu | Read:
    """Read a ReLU with a slope below 0: one number, one a channel, or one an element."""
    value = node.inputs[0]
    slope = np.asarray(node.number("alpha", 0.01))
    if node.has(1):
        slope = _slopes(context, context.weights(node.inputs[1]), value)
    if not slope.any():
        return _relu(node, context, value, None)
    if (slope == 1).all():
        return Read(same_as=value)
    return _two_sides(node, context, 0.0, -slope)


def _slopes(context: Context, slope: Array, value: str) -> Array:
    """Bring slopes into the axes of a value."""
    full = context.full_shape(value)
    # as MXNet wrote them; onnxruntime does not run them either
    if len(full) > 2 and slope.shape == full[1:2] != full[-1:] and slope.size > 1:
        raise Unsupported(
            f"its {slope.size} slopes belong to the last axis by the rules of ONNX, of {full[-1]} elements; give them "
            f"the shape ({slope.size}, 1, 1) in the file"
        )
    return context.beside(slope, value)


def read_abs(node: OnnxNode, context: Context) -> Read:
    """Read a magnitude."""
    return _two_sides(node, context, 0.0, np.asarray(1.0))


def read_shrink(node: OnnxNode, context: Context) -> Read:
    """Read a soft threshold."""
    threshold, bias = node.number("lambd", 0.5), node.number("bias", 0.0)
    if threshold != bias or threshold < 0:
        raise Unsupported(
            f"it jumps: its threshold is {threshold:g} and its bias {bias:g}, equal ones are expected; train with ReLU"
        )
    return _two_sides(node, context, bias, np.asarray(-1.0))


def _relu(node: OnnxNode, context: Context, value: str, cap: float | None) -> Relu:
    cap = None if cap is not None and cap >= _NO_CAP else cap
    if cap is not None and not cap > 0:
        raise Unsupported(f"it clips at {cap:g}, which leaves nothing; a cap above 0 is expected")
    return Relu(node.name, (context.source(value),), node.output, _whole(node, context, value), cap)


def _two_sides(node: OnnxNode, context: Context, threshold: float, gain: Array) -> Read:
    """Read max(x − t, 0) + gain · max(−x − t, 0)."""
    value = node.inputs[0]
    x, made = context.source(value), ReluSum(node, context, _whole(node, context, value))
    above = made.relu(x if threshold == 0 else made.affine(x, 1.0, -threshold, "beyond"), "above")
    below = made.relu(made.affine(x, -1.0, -threshold, "negative"), "below")
    # not the spikes themselves: they would be taken for those of a shortcut
    return made.end_add([made.affine(above, 1.0, 0.0, "right"), made.affine(below, gain, 0.0, "left")])


def _clipped(node: OnnxNode, context: Context, gain: float, offset: float, limits: tuple[float, float]) -> Read:
    """Read max(low, min(high, gain · x + offset))."""
    value, (low, high) = node.inputs[0], limits
    cap = None if high >= _NO_CAP else high - low
    made = ReluSum(node, context, _whole(node, context, value))
    beyond = made.relu(made.affine(context.source(value), gain, offset - low, "beyond"), "above", cap)
    return made.end_affine(beyond, 1.0, low)


def _least(node: OnnxNode, context: Context, value: str, limit: Array) -> Read:
    """Read min(x, limit)."""
    made = ReluSum(node, context, _whole(node, context, value))
    missing = made.relu(made.affine(context.source(value), -1.0, limit, "missing"), "below")
    return made.end_affine(missing, -1.0, limit)


def _of_values(node: OnnxNode, context: Context, values: list[str], constant: Array | None, sign: float) -> Read:
    """Read the largest (sign 1) or least (−1) of several values, and of a constant."""
    if len({context.order(value) for value in values}) > 1:
        raise Unsupported("it compares values whose axes are in different orders")
    shapes = [_whole(node, context, value) for value in values]
    made = ReluSum(node, context, shapes[0])
    best, *others = [context.source(value) for value in values]
    for place, other in enumerate(others):
        of = f"{place}/" if place else ""
        # sign · max(sign · (x − best), 0) + best
        apart = [made.affine(other, sign, 0.0, f"{of}other"), made.affine(best, -sign, 0.0, f"{of}first")]
        beyond = made.relu(made.add(apart, f"{of}apart"), f"{of}beyond")
        parts = [made.affine(best, 1.0, 0.0, f"{of}kept"), made.affine(beyond, sign, 0.0, f"{of}more")]
        if place == len(others) - 1 and constant is None:
            return made.end_add(parts)
        best = made.add(parts, f"{of}so-far")
    assert constant is not None  # noqa: S101 - else the last sum was the end
    beyond = made.relu(made.affine(best, sign, -sign * constant, "beyond-constant"), "above-constant")
    return made.end_affine(beyond, sign, constant)


def _whole(node: OnnxNode, context: Context, value: str) -> tuple[int, ...]:
    """Give the shape of a value that is as large as the output."""
    shape = context.shape(value)
    if context.full_shape(node.output) != context.full_shape(value):
        raise Unsupported(
            f"it makes {shape} larger, values and constants of its shape, or that broadcast to it, are expected"
        )
    return shape


def _is_rectified(context: Context, value: str) -> bool:
    return isinstance(context.producers.get(context.source(value)), Relu)


def _values_and_constant(node: OnnxNode, context: Context, joined: np.ufunc) -> tuple[list[str], Array | None]:
    """Give the values that an operator compares, and its constants as one that broadcasts to them."""
    values = [value for value in node.inputs if not context.is_constant(value)]
    whole = next((value for value in values if context.full_shape(value) == context.full_shape(node.output)), values[0])
    found = [context.weights(value, finite=False) for value in node.inputs if context.is_constant(value)]
    return values, reduce(joined, (context.beside(each, whole) for each in found)) if found else None


def _scalar(context: Context, value: str) -> float:
    numbers = np.unique(context.constant(value, finite=False))  # exporters write infinity for no limit
    if numbers.size != 1:
        raise Unsupported(f"the limit {value} has several values, one is expected")
    return float(numbers[0])


READERS = {
    "Abs": read_abs,
    "Clip": read_clip,
    "HardSigmoid": read_hard_sigmoid,
    "LeakyRelu": read_leaky_relu,
    "Max": read_max,
    "Min": read_min,
    "PRelu": read_leaky_relu,
    "Relu": read_relu,
    "Shrink": read_shrink,
}
