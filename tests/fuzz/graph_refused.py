"""Operators without a spiking form, for one to be put into a random graph."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.fuzz.graph_writer import GraphWriter, Value

_Put = Callable[[GraphWriter, Value], str]


def _plain(op: str, since: int = 7, **attributes: Any) -> tuple[int, _Put]:
    return since, lambda w, v: str(w.node(op, [v.name], **attributes))


def _by_itself(op: str) -> tuple[int, _Put]:
    """Combine a value with itself: a gate in its shortest form."""
    return 7, lambda w, v: str(w.node(op, [v.name, v.name]))


def _instance_norm(w: GraphWriter, v: Value) -> str:
    # the second axis is normalised, whichever it is
    size = v.file_shape[0]
    inputs = [v.name, w.constant("gain", np.ones(size)), w.constant("offset", np.zeros(size))]
    return str(w.node("InstanceNormalization", inputs))


def _layer_norm(w: GraphWriter, v: Value) -> str:
    return str(w.node("LayerNormalization", [v.name, w.constant("gain", np.ones(v.file_shape[-1]))], axis=-1))


def _resize(w: GraphWriter, v: Value) -> str:
    return str(w.node("Resize", [v.name, w.constant("roi", []), w.constant("scales", [1.0] * 4)], mode="nearest"))


def _pad(w: GraphWriter, v: Value) -> str:
    """Pad with what stands for minus infinity."""
    if w.opset < 11:
        name = w.node("Pad", [v.name], pads=[0, 0, 1, 0, 0, 0, 0, 0], value=-1e30)
    else:
        pads = w.constant("pads", [0, 0, 1, 0, 0, 0, 0, 0], np.int64)
        name = w.node("Pad", [v.name, pads, w.constant("fill", -1e30)])
    return str(name)


def _power(w: GraphWriter, v: Value) -> str:
    return str(w.node("Pow", [v.name, w.constant("two", 2.0)]))


REFUSED: dict[str, tuple[int, _Put]] = {
    "Sigmoid": _plain("Sigmoid"),
    "Tanh": _plain("Tanh"),
    "Elu": _plain("Elu"),
    "Softplus": _plain("Softplus"),
    "HardSwish": _plain("HardSwish", 14),
    "Gelu": _plain("Gelu", 20),
    "Exp": _plain("Exp"),
    "Softmax": _plain("Softmax", axis=1),
    "LRN": _plain("LRN", size=3),
    "MaxPool dilated": _plain("MaxPool", 10, kernel_shape=[1, 1], dilations=[2, 2]),
    "LpPool": _plain("LpPool", 11, kernel_shape=[1, 1]),
    "Mul of two": _by_itself("Mul"),
    "Pow": (7, _power),
    "InstanceNormalization": (7, _instance_norm),
    "LayerNormalization": (17, _layer_norm),
    "Resize": (11, _resize),
    "Pad with lowest": (7, _pad),
}
"""The first opset of each, and what adds it; it keeps the shape, but a Pad, which adds a line."""


def put_in(w: GraphWriter, v: Value) -> tuple[Value, str]:
    """Put one of them behind a value; give what it makes, and its name."""
    kind = w.pick([kind for kind, (since, _) in REFUSED.items() if w.opset >= since])
    name = REFUSED[kind][1](w, v)
    shape = v.shape
    if kind == "Pad with lowest":
        grown = (v.file_shape[0], v.file_shape[1] + 1, v.file_shape[2])
        shape = (grown[2], grown[0], grown[1]) if v.last else grown
    return Value(name, shape, v.last), kind
