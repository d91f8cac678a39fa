"""Nodes that small files hold and that would take terabytes, or divide by zero in native code."""

from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from tests.fuzz.case import Case, Rng, pick

_LARGE = 2**20
_HUGE = 2**40

# operator, constant inputs (None: a value of the model), attributes
_NODES: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = (
    ("ConstantOfShape", (np.array([_HUGE]),), {}),
    ("ConstantOfShape", (np.array([2**62, 2**62]),), {}),
    ("ConstantOfShape", (np.array([-1]),), {}),
    ("Expand", (None, np.array([_LARGE, 1, 1, 1, 1])), {}),
    ("Expand", (np.float32(1), np.array([_HUGE])), {}),
    ("Tile", (None, np.array([1, 1, _LARGE, _LARGE])), {}),
    ("Tile", (np.ones(1, np.float32), np.array([_HUGE])), {}),
    ("Tile", (None, np.array([1, 1, 0, -1])), {}),
    ("Range", (np.int64(0), np.int64(2**62), np.int64(1)), {}),
    ("Range", (np.int64(0), np.int64(5), np.int64(0)), {}),
    ("Range", (np.float32(0), np.float32(1e30), np.float32(1e-30)), {}),
    ("Pad", (None, np.array([0, 0, 0, 0, 0, 0, _LARGE, _LARGE])), {}),
    ("Pad", (None, np.array([0, 0, -_LARGE, 0, 0, 0, 0, -(2**62)])), {}),
    ("Pad", (np.ones(1, np.float32), np.array([0, _HUGE])), {"mode": "reflect"}),
    ("Resize", (None, "", np.array([1, 1, 1e6, 1e6], np.float32)), {}),
    ("Resize", (None, "", np.array([1, 1, 0, -1], np.float32)), {}),
    ("Resize", (None, "", "", np.array([1, 4, _LARGE, _LARGE])), {"mode": "cubic"}),
    ("OneHot", (np.array([1]), np.int64(_HUGE), np.array([0, 1])), {}),
    ("EyeLike", (np.zeros((1, 1), np.float32),), {"k": 2**62}),
    ("MatMul", (np.ones((50_000, 1), np.float32), np.ones((1, 50_000), np.float32)), {}),
    ("Div", (np.array([1]), np.array([0])), {}),
    ("Div", (np.array([-(2**63)]), np.array([-1])), {}),
    ("Mod", (np.array([1]), np.array([0])), {}),
    ("Gather", (np.array([1]), np.array([2**62])), {}),
    ("GatherND", (np.array([1]), np.array([[-(2**62)]])), {}),
    ("ScatterND", (np.array([1]), np.array([[2**40]]), np.array([1])), {}),
    ("Reshape", (None, np.array([0, 0, -1, -1])), {}),
    ("Reshape", (None, np.array([2**62, 4, -1])), {}),
    ("Slice", (None, np.array([0]), np.array([2**63 - 1]), np.array([2]), np.array([0])), {}),
    ("Slice", (None, np.array([2**62]), np.array([-(2**63)]), np.array([2]), np.array([-(2**63)])), {}),
    ("Split", (None,), {"axis": 2**31 - 1}),
    ("Transpose", (None,), {"perm": [0, 0, 9, -1]}),
    ("Concat", (None, None), {"axis": -9}),
    ("DepthToSpace", (None,), {"blocksize": 2**31 - 1}),
    ("SpaceToDepth", (None,), {"blocksize": 0}),
    ("GlobalLpPool", (None,), {"p": 0}),
    ("LRN", (None,), {"size": 2**62}),
    ("MaxPool", (None,), {"kernel_shape": [2**31 - 1, 2**31 - 1], "pads": [2**30] * 4}),
    ("MaxPool", (None,), {"kernel_shape": [2, 2], "strides": [0, 0]}),
    ("MaxPool", (None,), {"kernel_shape": [2, 2], "dilations": [2**31 - 1, 2**31 - 1], "ceil_mode": 1}),
    ("AveragePool", (None,), {"kernel_shape": [3, 3], "pads": [2**31 - 1] * 4}),
    ("ConvTranspose", (None, np.ones((4, 4, 1, 1), np.float32)), {"strides": [2**30, 2**30]}),
    ("RandomNormal", (), {"shape": [_HUGE]}),
    ("Bernoulli", (None,), {}),
    ("CumSum", (None, np.int64(2**62)), {}),
    ("TopK", (None, np.array([_HUGE])), {}),
    ("NonZero", (None,), {}),
    ("Einsum", (None, None), {"equation": "abcd,efgh->abcdefgh"}),
    ("Unsqueeze", (None, np.arange(60)), {}),
    ("Unsqueeze", (None, np.array([2**62])), {}),
    ("Squeeze", (None, np.array([2**62])), {}),
    ("ReduceSum", (None, np.array([2**62])), {}),
    ("BitShift", (np.array([1], np.uint64), np.array([200], np.uint64)), {"direction": "LEFT"}),
    ("Cast", (np.array([np.nan], np.float32),), {"to": 7}),
    ("Cast", (None,), {"to": 2**31 - 1}),
    ("StringNormalizer", (np.array(["a", "b"]),), {}),
    ("Loop", (np.int64(2**62), "", None), {}),
)


def hostile_node(case: Case, rng: Rng) -> None:
    """Put such a node on the image's way, beside it, or behind constants alone."""
    op, given, attributes = pick(rng, _NODES)
    place = int(rng.integers(len(case.graph.node)))
    before = case.graph.node[place - 1].output[0] if place else "input"
    names = []
    for number, value in enumerate(given):
        if value is None or isinstance(value, str):
            names.append(before if value is None else value)
        else:
            names.append(f"hostile.{number}")
            case.graph.initializer.append(numpy_helper.from_array(np.asarray(value), names[-1]))
    node = helper.make_node(op, names, ["hostile"], name="HOSTILE", **attributes)
    case.graph.node.insert(place, node)
    case.damages.append(op)
    reader = case.graph.node[place + 1]
    if rng.random() < 0.5 and reader.input:
        # in the place of an input; otherwise nobody reads it, but onnxruntime may still compute it
        reader.input[int(rng.integers(len(reader.input)))] = "hostile"
