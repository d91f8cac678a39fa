"""Relu, and what is one under another name: Clip from 0, Max with 0, Min of a ReLU. They become layers of neurons."""

import numpy as np

from snnconv.graph.context import Context, OnnxNode, Read, Unsupported
from snnconv.graph.graph import Relu

_NO_CAP = 1e30
"""Clips at or beyond this are none: exporters write the largest float."""


def read_relu(node: OnnxNode, context: Context) -> Relu:
    """Read a rectifier."""
    return _relu(node, context, node.inputs[0], None)


def read_clip(node: OnnxNode, context: Context) -> Relu | Read:
    """Read max(min(x, high), low), which is a ReLU where low is 0."""
    low, high = node.number("min", -np.inf), node.number("max", np.inf)
    if node.has(1):
        low = _scalar(context, node.inputs[1])
    if node.has(2):
        high = _scalar(context, node.inputs[2])
    if low <= -_NO_CAP and high >= _NO_CAP:
        return Read(same_as=node.inputs[0])
    if low == 0 or (low < 0 and _is_rectified(context, node.inputs[0])):
        return _relu(node, context, node.inputs[0], high)
    raise Unsupported(f"it clips from {low:g} to {high:g}; only clips from 0 on have a spiking form: use ReLU or ReLU6")


def read_max(node: OnnxNode, context: Context) -> Relu:
    """Read max(x, 0)."""
    value, other = _value_and_constant(node, context)
    if context.weights(other).any():
        raise Unsupported("its constant is not 0; only max(x, 0) has a spiking form: use ReLU")
    return _relu(node, context, value, None)


def read_min(node: OnnxNode, context: Context) -> Relu:
    """Read min(x, cap) of a ReLU."""
    value, other = _value_and_constant(node, context)
    if not _is_rectified(context, value):
        raise Unsupported("it caps a value that no ReLU made; only min(ReLU(x), c) has a spiking form: use ReLU6")
    return _relu(node, context, value, _scalar(context, other))


def read_leaky_relu(node: OnnxNode, context: Context) -> Relu | Read:
    """Read a ReLU with a slope below 0, where that slope is 0 or 1."""
    slope = np.asarray(node.number("alpha", 0.01))
    if node.has(1):
        slope = context.beside(context.weights(node.inputs[1]), node.inputs[0])
    if not slope.any():
        return _relu(node, context, node.inputs[0], None)
    if (slope == 1).all():
        return Read(same_as=node.inputs[0])
    raise Unsupported(
        f"its slope below 0 ({float(slope.reshape(-1)[0]):g}) needs signed spikes, which no backend runs yet; "
        "train with ReLU"
    )


def _relu(node: OnnxNode, context: Context, value: str, cap: float | None) -> Relu:
    cap = None if cap is not None and cap >= _NO_CAP else cap
    if cap is not None and not cap > 0:
        raise Unsupported(f"it clips at {cap:g}, which leaves nothing; a cap above 0 is expected")
    shape = context.shape(value)
    if context.full_shape(node.output) != context.full_shape(value):
        raise Unsupported(f"its constant makes {shape} larger, a constant that broadcasts to it is expected")
    return Relu(node.name, (context.source(value),), node.output, shape, cap)


def _is_rectified(context: Context, value: str) -> bool:
    return isinstance(context.producers.get(context.source(value)), Relu)


def _value_and_constant(node: OnnxNode, context: Context) -> tuple[str, str]:
    constants = [value for value in node.inputs if context.is_constant(value)]
    values = [value for value in node.inputs if not context.is_constant(value)]
    if len(constants) != 1 or len(values) != 1:
        raise Unsupported(f"{node.op} of {len(values)} values of the network; of one and a constant is supported")
    return values[0], constants[0]


def _scalar(context: Context, value: str) -> float:
    numbers = np.unique(context.constant(value, finite=False))  # exporters write infinity for no limit
    if numbers.size != 1:
        raise Unsupported(f"the limit {value} has several values, one is expected")
    return float(numbers[0])


READERS = {
    "Clip": read_clip,
    "LeakyRelu": read_leaky_relu,
    "Max": read_max,
    "Min": read_min,
    "PRelu": read_leaky_relu,
    "Relu": read_relu,
}
