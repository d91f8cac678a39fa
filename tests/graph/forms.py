"""Small pieces of ONNX models, each from ``input`` to ``y``, that the tests of operators share."""

from collections.abc import Callable
from typing import Any

import numpy as np

Builder = Any


def end(b: Builder, x: str) -> None:
    """Make logits of any value, whatever its shape."""
    b.node("Identity", [b.node("Flatten", [x], "end_flat")], "logits")


def conv(**attributes: Any) -> Callable[[Builder], str]:
    groups, kernel = attributes.get("group", 1), attributes.pop("kernel", (3, 3))
    return lambda b: b.conv("input", "y", (4, 2 // groups, *kernel), bias=True, **attributes)


def average(**attributes: Any) -> Callable[[Builder], str]:
    return lambda b: b.node("AveragePool", ["input"], "y", **attributes)


def ints(op: str, **inputs: list[int]) -> Callable[[Builder], str]:
    return lambda b: b.node(op, ["input", *(b.constant(k, v, np.int64) for k, v in inputs.items())], "y")


def flat(b: Builder) -> str:
    return b.node("Flatten", [b.node("GlobalAveragePool", ["input"], "pooled")], "flat")


def matmul(b: Builder) -> str:
    return b.node("MatMul", [flat(b), b.constant("w", b.random.normal(size=(2, 3)))], "y")


def gemm(bias: Any = (1.0, 2.0, 3.0), **attributes: Any) -> Callable[[Builder], str]:
    def build(b: Builder) -> str:
        shape = (3, 2) if attributes.get("transB") else (2, 3)
        inputs = [flat(b), b.constant("w", b.random.normal(size=shape))]
        return b.node("Gemm", inputs + ([] if bias is None else [b.constant("c", bias)]), "y", **attributes)

    return build


def scalar(op: str, value: float, *, first: bool = False) -> Callable[[Builder], str]:
    def build(b: Builder) -> str:
        inputs = ["input", b.constant("c", value)]
        return b.node(op, inputs[::-1] if first else inputs, "y")

    return build


def map_of(op: str, shape: tuple[int, ...], *, first: bool = False) -> Callable[[Builder], str]:
    """Combine the image with a constant of some shape, away from 0."""

    def build(b: Builder) -> str:
        inputs = ["input", b.constant("c", b.random.uniform(0.5, 2, shape))]
        return b.node(op, inputs[::-1] if first else inputs, "y")

    return build


def clip(low: float | None, high: float | None, x: Callable[[Builder], str] = lambda b: "input") -> Any:
    def build(b: Builder) -> str:
        limits = ["" if v is None else b.constant(f"limit{i}", v) for i, v in enumerate((low, high))]
        return b.node("Clip", [x(b), *limits], "y")

    return build


def rectified(b: Builder) -> str:
    return b.relu("input", "r")


def parts(b: Builder, *inputs: str, **attributes: Any) -> str:
    """Split the image along the rows, and join the parts in another order."""
    b.node("Split", ["input", *inputs], "p", axis=2, **attributes)
    b.nodes[-1].output.append("q")
    return b.node("Concat", ["q", "p"], "y", axis=2)


def max_pool(**attributes: Any) -> Callable[[Builder], str]:
    return lambda b: b.node("MaxPool", ["input"], "y", **attributes)


def squeezed(b: Builder) -> str:
    axes = b.constant("axes", [2, 3], np.int64)
    return b.node("Squeeze", [b.node("GlobalAveragePool", ["input"], "pooled"), axes], "squeezed")


def gather(b: Builder, x: str, indices: Any, y: str, axis: int) -> str:
    return b.node("Gather", [x, b.constant(f"{y}.indices", indices, np.int64)], y, axis=axis)


def reshaped(b: Builder, x: str, shape: list[int], y: str) -> str:
    return b.node("Reshape", [x, b.constant(f"{y}.shape", shape, np.int64)], y)


def shuffled(b: Builder, x: str, groups: int, each: int, size: int) -> str:
    """Interleave groups of channels, as ShuffleNet does."""
    x = b.node("Transpose", [reshaped(b, x, [-1, groups, each, size, size], "five")], "turned", perm=[0, 2, 1, 3, 4])
    return reshaped(b, x, [-1, groups * each, size, size], "y")
