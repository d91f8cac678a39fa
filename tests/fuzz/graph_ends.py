"""Ends of random graphs: from a map to logits, and what exporters put behind them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from onnx import TensorProto

from tests.fuzz.graph_layers import conv, to_first, to_last
from tests.fuzz.graph_writer import GraphWriter, Value

_WHOLE_MAP = 300
"""Values that a full connection may read without pooling."""


@dataclass(frozen=True)
class Flat:
    """A value (N, size); `turned` where its channels come last, and several pixels before them."""

    name: str
    size: int
    turned: bool = False


Output = tuple[str, int, int]
"""Name, rank and element type."""


def classifier(w: GraphWriter, v: Value) -> Flat:
    """Go from a map to logits."""
    classes = w.pick([2, 3, 5, 10])
    if w.chance(0.12):  # a convolution is the classifier, before or after the pooling
        v = conv(w, v, classes, kernel=(1, 1))
        return flattened(w, _pooled_map(w, v))
    flat = _features(w, v)
    if flat.turned:  # only a full connection may read it
        return _connected(w, flat, classes)
    if w.chance(0.06):
        return flat
    if w.chance(0.2):
        hidden = w.pick([4, 7])
        flat = Flat(w.node("Relu", [_connected(w, flat, hidden).name]), hidden)
    if w.chance(0.1):
        inputs = [flat.name, w.constant("scale", w.rng.uniform(0.5, 1.5, flat.size))]
        flat = Flat(w.node("Mul", inputs), flat.size)
    if w.chance(0.2):
        flat = Flat(w.node(w.pick(["Identity", "Dropout"]), [flat.name]), flat.size)
    return _connected(w, flat, classes)


def _features(w: GraphWriter, v: Value) -> Flat:
    if np.prod(v.shape) <= _WHOLE_MAP and w.chance(0.25):
        v = to_last(w, v) if w.chance(0.3) else v
        return replace(flattened(w, v), turned=v.last)
    drawn = w.rng.random()
    if drawn < 0.3:
        op = w.pick(["ReduceMean", "ReduceMean", "ReduceMax", "ReduceSum"])
        v = to_last(w, v) if w.chance(0.3) else v
        axes = [v.axis(1), v.axis(2)]
        if w.chance(0.3):
            axes = [axis - 4 for axis in axes]
        since = 13 if op == "ReduceSum" else 18
        return Flat(w.with_axes(op, v.name, axes[:: w.pick([1, -1])], since, keepdims=0), v.channels)
    if drawn < 0.36 and not v.last:
        # rows and columns as one axis, as `view(n, c, -1).mean(2)`
        target = w.constant("target", [w.pick([0, w.batch or -1]), v.channels, v.sizes[0] * v.sizes[1]], np.int64)
        name = w.node("Reshape", [v.name, target])
        return Flat(w.with_axes("ReduceMean", name, [2], 18, keepdims=0), v.channels)
    if drawn < 0.42:  # one axis after the other
        first = w.with_axes("ReduceMean", v.name, [v.axis(2)], 18, keepdims=1)
        return Flat(w.with_axes("ReduceMean", first, [v.axis(2), v.axis(1)], 18, keepdims=0), v.channels)
    return flattened(w, _pooled_map(w, v))


def _pooled_map(w: GraphWriter, v: Value) -> Value:
    """Pool a map to one pixel that keeps its axes."""
    shape = (v.channels, 1, 1)
    kind = w.pick(["GlobalAveragePool", "GlobalAveragePool", "GlobalMaxPool", "window", "reduce", "reduce max"])
    if kind.startswith("reduce"):
        op = "ReduceMax" if kind == "reduce max" else "ReduceMean"
        attributes = {"keepdims": 1} if w.chance(0.5) else {}
        return Value(w.with_axes(op, v.name, [v.axis(1), v.axis(2)], 18, **attributes), shape, v.last)
    v = to_first(w, v)
    if kind == "window":
        return Value(w.node("AveragePool", [v.name], kernel_shape=list(v.sizes)), shape)
    return Value(w.node(kind, [v.name]), shape)


def flattened(w: GraphWriter, v: Value) -> Flat:
    """Flatten to (N, features)."""
    size = int(np.prod(v.shape))
    pixel = v.sizes == (1, 1)
    ways = ["Flatten", "Flatten", "minus one", "zero", "arithmetic"] + ["squeeze", "squeeze", "gather"] * pixel
    match w.pick(ways):
        case "squeeze":
            axes = [v.axis(1), v.axis(2)]
            if w.chance(0.3):  # one after the other
                v = Value(w.with_axes("Squeeze", v.name, [axes[1]], 13), v.shape)
                return Flat(w.with_axes("Squeeze", v.name, [axes[0]], 13), size)
            return Flat(w.with_axes("Squeeze", v.name, axes, 13), size)
        case "gather":  # x[:, :, 0, 0]
            for axis in sorted((v.axis(1), v.axis(2)), reverse=True):
                v = Value(
                    w.node("Gather", [v.name, w.constant("index", w.pick([0, -1]), np.int64)], axis=axis), v.shape
                )
            return Flat(v.name, size)
        case "minus one":
            target = w.pick([[-1, size], [w.batch or -1, size]])
            return Flat(w.node("Reshape", [v.name, w.constant("target", target, np.int64)]), size)
        case "zero":
            return Flat(w.node("Reshape", [v.name, w.constant("target", [0, -1], np.int64)]), size)
        case "arithmetic":  # x.view(x.size(0), -1)
            index = w.pick([0, [0]])
            shape = w.node("Shape", [v.name])
            batch = w.node("Gather", [shape, w.constant("index", index, np.int64)], axis=0)
            if index == 0:
                batch = w.with_axes("Unsqueeze", batch, [0], 13)
            target = w.node("Concat", [batch, w.constant("rest", [-1], np.int64)], axis=0)
            return Flat(w.node("Reshape", [v.name, target]), size)
    attributes = w.pick([{}, {"axis": 1}] + ([{"axis": -3}] if w.opset >= 11 else []))
    return Flat(w.node("Flatten", [v.name], **attributes), size)


def _connected(w: GraphWriter, flat: Flat, size: int) -> Flat:
    """Add a full connection: Gemm in its forms, or MatMul and perhaps Add."""
    weight = w.rng.normal(0, np.sqrt(2 / flat.size), (flat.size, size))
    bias = w.rng.normal(0, 0.2, size)
    if w.chance(0.3):
        name = w.node("MatMul", [flat.name, w.constant("weight", weight)])
        if w.chance(0.8):
            inputs = [name, w.constant("bias", bias[None] if w.chance(0.2) else bias)]
            name = w.node("Add", inputs[:: w.pick([1, -1])])
        return Flat(name, size)
    attributes: dict[str, Any] = {}
    turned = w.chance(0.7)
    if turned or w.chance(0.3):
        attributes["transB"] = int(turned)
    for name in ("alpha", "beta"):
        if w.chance(0.25):
            attributes[name] = float(w.pick([1.0, 0.5, 2.0]))
    inputs = [flat.name, w.constant("weight", weight.T if turned else weight)]
    if w.opset < 11 or w.chance(0.8):
        inputs.append(w.constant("bias", w.pick([bias, bias[None], bias[:1], bias[0]])))
    return Flat(w.node("Gemm", inputs, **attributes), size)


def behind(w: GraphWriter, logits: Flat) -> Output:
    """Put what exporters put behind logits; give the graph's output."""
    kind = w.pick(["", "", "", "Softmax", "LogSoftmax", "Sigmoid", "ArgMax", "Identity", "two"])
    if kind in ("", "Identity"):
        return (w.node("Identity", [logits.name]) if kind else logits.name, 2, TensorProto.FLOAT)
    name = logits.name
    if kind in ("Softmax", "two"):
        name = w.node("Softmax", [name], **w.pick([{"axis": 1}, {"axis": 1 if w.opset < 11 else -1}]))
    if kind == "LogSoftmax":
        name = w.node("LogSoftmax", [name], axis=1)
    if kind == "Sigmoid":
        name = w.node("Sigmoid", [name])
    if kind not in ("two", "ArgMax"):
        return (name, 2, TensorProto.FLOAT)
    keeps = w.integer(0, 1)
    return (w.node("ArgMax", [name], axis=1, keepdims=keeps), 1 + keeps, TensorProto.INT64)


def other_output(w: GraphWriter, v: Value) -> Output:
    """Give a second output, which nobody reads."""
    if w.chance(0.5):
        return (v.name, 4, TensorProto.FLOAT)
    v = to_first(w, v)
    pooled = Value(w.node("GlobalAveragePool", [v.name]), (v.channels, 1, 1))
    return (_connected(w, flattened(w, pooled), 3).name, 2, TensorProto.FLOAT)
