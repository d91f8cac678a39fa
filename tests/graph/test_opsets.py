"""Forms of operators that only older or only newer opsets have."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnconv.graph.reading.reader import read
from tests.graph.forms import Builder, average, conv, end, map_of, max_pool, parts, rectified


@pytest.mark.parametrize(("opset", "op"), [(9, "Slice"), (10, "Pad")])
def test_bounds_that_old_opsets_keep_in_attributes_are_read(
    tmp_path: Path, new_model, tiny_images, run_values, evaluate, opset: int, op: str
) -> None:
    attributes = {
        "Slice": {"starts": [1, -4], "ends": [7, 2**31], "axes": [2, 3]},
        "Pad": {"pads": [0, 1, 0, 2, 0, 0, 1, 0]},
    }
    b = new_model()
    end(b, b.node(op, ["input"], "y", **attributes[op]))
    path = b.save(tmp_path / "m.onnx", opset=opset)
    graph = read(path)
    expected = run_values(path, ["logits"], tiny_images)["logits"]
    # exact: values are only moved
    np.testing.assert_array_equal(evaluate(graph, tiny_images)[graph.output], expected)


OLDER = {
    "clip attributes": (10, lambda b: b.node("Clip", [b.conv("input", "c", (3, 2, 1, 1))], "y", min=0.0, max=0.5)),
    "clip without a limit above": (10, lambda b: b.node("Clip", ["input"], "y", min=0.0)),
    "clip attributes below 0": (10, lambda b: b.node("Clip", ["input"], "y", min=-0.5, max=0.75)),
    "clip without limits": (6 + 1, lambda b: b.node("Clip", ["input"], "y")),
    "dropout with a ratio": (7, lambda b: b.node("Dropout", ["input"], "y", ratio=0.5)),
    "batchnorm by element": (
        8,
        lambda b: b.node(
            "BatchNormalization",
            ["input", *(b.constant(name, b.random.uniform(0.5, 2, (2, 8, 8))) for name in ("g", "b", "m", "v"))],
            "y",
            spatial=0,
        ),
    ),
    "batchnorm": (7, lambda b: b.batchnorm("input", "y", 2, momentum=0.9)),
    "split attribute": (11, lambda b: parts(b, split=[3, 5])),
    "squeeze attribute": (11, lambda b: b.node("Squeeze", [b.node("GlobalMaxPool", ["input"], "p")], "y", axes=[2, 3])),
    "reduce-max attribute": (11, lambda b: b.node("ReduceMax", ["input"], "y", axes=[2, 3], keepdims=0)),
    "reduce-sum attribute": (12, lambda b: b.node("ReduceSum", ["input"], "y", axes=[2, 3], keepdims=0)),
    "average with pads": (10, average(kernel_shape=[3, 3], pads=[1, 1, 1, 1])),
    "mul": (7, map_of("Mul", (2, 1, 1))),
}

NEWER = {
    "split num_outputs": (18, lambda b: parts(b, num_outputs=2)),
    "reduce-mean axes": (18, lambda b: b.node("ReduceMean", ["input", b.constant("a", [2, -1], np.int64)], "y")),
    "reduce-max axes": (
        20,
        lambda b: b.node("ReduceMax", ["input", b.constant("a", [2, 3], np.int64)], "y", keepdims=0),
    ),
    "pad axes": (
        18,
        lambda b: b.node(
            "Pad", ["input", b.constant("p", [1, 2, 0, 3], np.int64), "", b.constant("a", [-1, 1], np.int64)], "y"
        ),
    ),
    "average ceil": (19, average(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0], ceil_mode=1)),
    "average dilations of 1": (19, average(kernel_shape=[3, 3], dilations=[1, 1])),
    "max ceil in the pads": (22, max_pool(kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 1], ceil_mode=1)),
    "conv": (22, conv()),
    "relu": (21, rectified),
}


@pytest.mark.parametrize(("opset", "build"), (OLDER | NEWER).values(), ids=(OLDER | NEWER).keys())
def test_forms_of_other_opsets_are_read(
    tmp_path: Path, new_model, tiny_images, run_values, evaluate, opset: int, build: Callable[[Builder], str]
) -> None:
    b = new_model()
    end(b, build(b))
    path = b.save(tmp_path / "m.onnx", opset=opset)
    graph = read(path)
    expected = run_values(path, ["logits"], tiny_images[:3])["logits"]
    # float32 against float64 after one layer of at most 18 products
    np.testing.assert_allclose(evaluate(graph, tiny_images[:3])[graph.output], expected, rtol=1e-5, atol=1e-5)
