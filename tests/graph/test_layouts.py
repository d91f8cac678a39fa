"""Values that the file keeps in another order of axes: NHWC models, and Transposes in the middle."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import InputError, ModelError, UnsupportedOperatorError
from snnconv.graph.graph import Concat, Conv, Dense, Flatten, Relu, Select
from snnconv.graph.reading.reader import read
from snnconv.graph.running.reference import ReferenceModel

Builder = Any
LAST, FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
IMAGES = np.random.default_rng(0).normal(size=(4, 6, 5, 2)).astype(np.float32)  # NHWC


def last(b: Builder, x: str) -> str:
    return b.node("Transpose", [x], f"{x}_last", perm=LAST)


def first(b: Builder, x: str) -> str:
    return b.node("Transpose", [x], f"{x}_first", perm=FIRST)


def logits(b: Builder, x: str, features: int) -> None:
    b.gemm(b.node("Flatten", [x], "flat"), "logits", features, 3)


def offsets(b: Builder, x: str) -> tuple[str, int]:
    """A bias as TensorFlow adds it: one number for each channel, which are last."""
    return b.add(x, b.constant("bias", b.random.normal(size=2)), "y"), 60


def pixels(b: Builder, x: str) -> tuple[str, int]:
    return b.node("Mul", [x, b.constant("gain", b.random.normal(size=(1, 6, 5, 1)))], "y"), 60


def rows(b: Builder, x: str) -> tuple[str, int]:
    return b.node("Sub", [b.constant("gain", b.random.normal(size=(6, 1, 2))), x], "y"), 60


def pad(b: Builder, x: str) -> tuple[str, int]:
    return b.node("Pad", [x, b.constant("pads", [0, 1, 0, 2, 0, 0, 3, 1], np.int64)], "y"), 7 * 8 * 5


def cut(b: Builder, x: str) -> tuple[str, int]:
    bounds = {"starts": [1, 1], "ends": [2, 99], "axes": [3, 1], "steps": [1, 2]}
    return b.node("Slice", [x, *(b.constant(k, v, np.int64) for k, v in bounds.items())], "y"), 15


def join(b: Builder, x: str) -> tuple[str, int]:
    return b.node("Concat", [x, b.relu(x, "r")], "y", axis=-1), 120


def join_rows(b: Builder, x: str) -> tuple[str, int]:
    return b.node("Concat", [b.relu(x, "r"), x], "y", axis=1), 120


def zeros(b: Builder, x: str) -> tuple[str, int]:
    """Option A: channels of zeros, as many images of them as there are."""
    shape = b.node("Shape", [x], "shape")
    some = b.node("Mul", [shape, b.constant("three", [1, 1, 1, 2], np.int64)], "more")
    return b.node("Concat", [b.node("ConstantOfShape", [some], "zeros"), x], "y", axis=3), 180


def split(b: Builder, x: str) -> tuple[str, int]:
    b.node("Split", [x, b.constant("sizes", [2, 4], np.int64)], "p", axis=1)
    b.nodes[-1].output.append("q")
    return b.node("Concat", ["q", "p"], "y", axis=1), 60


def mean(axes: list[int], keepdims: int) -> Callable[[Builder, str], tuple[str, int]]:
    features = {(1, 2): 2, (1,): 10, (2,): 12}[tuple(sorted(axis % 4 for axis in axes))]
    return lambda b, x: (b.node("ReduceMean", [x], "y", axes=axes, keepdims=keepdims), features)


def twice(b: Builder, x: str) -> tuple[str, int]:
    x = b.node("ReduceMean", [x], "columns", axes=[2], keepdims=0)
    return b.node("ReduceMean", [x], "y", axes=[1], keepdims=0), 2


def largest(b: Builder, x: str) -> tuple[str, int]:
    return b.node("ReduceMax", [x], "y", axes=[1, 2], keepdims=0), 2


def flat(b: Builder, x: str) -> tuple[str, int]:
    return b.node("Reshape", [x, b.constant("shape", [0, -1], np.int64)], "y"), 60


def capped(b: Builder, x: str) -> tuple[str, int]:
    return b.node("Clip", [x, b.constant("low", 0), b.constant("high", 0.5)], "y"), 60


FORMS = {
    "nothing": lambda b, x: (x, 60),
    "add": offsets,
    "mul": pixels,
    "sub": rows,
    "pad": pad,
    "slice": cut,
    "concat": join,
    "concat-rows": join_rows,
    "concat-zeros": zeros,
    "split": split,
    "mean": mean([1, 2], 0),
    "mean-negative": mean([-2, -3], 0),
    "mean-keeps": mean([1, 2], 1),
    "mean-rows": mean([1], 1),
    "mean-columns": mean([2], 1),
    "mean-drops-columns-then-rows": twice,
    "max": largest,
    "reshape": flat,
    "clip": capped,
    "identity": lambda b, x: (b.node("Identity", [b.node("Dropout", [x], "d")], "y"), 60),
}


@pytest.mark.parametrize("channels_last", [True, False], ids=["NHWC", "NCHW"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_value_with_channels_last_is_read(
    tmp_path: Path, new_model, evaluate, form: Callable[[Builder, str], tuple[str, int]], channels_last: bool
) -> None:
    """After a first layer; the classifier reads what the form makes, flattened in the file's order."""
    b = new_model((6, 5, 2) if channels_last else (2, 6, 5))
    x = first(b, "input") if channels_last else "input"
    logits(b, *form(b, last(b, b.conv(x, "conv", (2, 2, 1, 1)))))
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    ours = IMAGES.transpose(FIRST)
    names = [n.output for n in graph.nodes if n.output not in graph.internal]
    model = ReferenceModel(path, names, threads=1)
    values = evaluate(graph, ours)
    assert graph.input_shape == (2, 6, 5)
    for name, expected in zip(names, model.run(np.ascontiguousarray(ours)), strict=True):
        if not isinstance(graph.producer(name), Flatten):  # the file's order there
            # float32 against float64 after at most two layers of at most 280 products
            np.testing.assert_allclose(values[name], expected, rtol=1e-4, atol=2e-5, err_msg=name)


def test_a_keras_model_as_tf2onnx_writes_it(tmp_path: Path, new_model, run_values, evaluate) -> None:
    b = new_model((6, 5, 2))
    x = first(b, "input")
    x = b.relu(b.conv(x, "conv", (4, 2, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2]), "relu")
    y = b.conv(x, "branch", (4, 4, 3, 3), auto_pad="SAME_UPPER")
    x = last(b, b.relu(b.add(x, y, "sum"), "last"))
    b.gemm(b.node("Reshape", [x, b.constant("shape", [-1, 36], np.int64)], "flat"), "logits", 36, 3)
    b.node("Softmax", ["logits"], "probabilities")
    path = b.save(tmp_path / "m.onnx", "probabilities")
    graph = read(path)
    assert [type(node) for node in graph.nodes][-3:] == [Relu, Flatten, Dense]
    assert dict(graph.layouts) == {"input": (0, 3, 1, 2)}
    expected = run_values(path, ["logits"], IMAGES)["logits"]
    # float32 against float64, sums of at most 36 products
    np.testing.assert_allclose(evaluate(graph, IMAGES.transpose(FIRST))["logits"], expected, rtol=1e-4, atol=1e-5)


def test_what_comes_before_the_first_transpose_is_on_channels_last(tmp_path: Path, new_model, evaluate, run_values):
    b = new_model((6, 5, 2))
    x = b.node("Sub", ["input", b.constant("mean", [0.5, -1.0])], "centred")
    x = b.node("Div", [x, b.constant("std", [2.0, 3.0])], "scaled")
    logits(b, b.conv(first(b, x), "conv", (3, 2, 3, 3)), 36)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert graph.input_shape == (2, 6, 5)
    assert dict(graph.layouts) == dict.fromkeys(("input", "centred", "scaled"), (0, 3, 1, 2))
    expected = run_values(path, ["logits"], IMAGES)["logits"]
    # float32 against float64, sums of at most 36 products
    np.testing.assert_allclose(evaluate(graph, IMAGES.transpose(FIRST))["logits"], expected, rtol=1e-4, atol=1e-5)


def test_one_channel_is_reshaped_instead_of_transposed(tmp_path: Path, new_model, evaluate, run_values) -> None:
    images = IMAGES[..., :1]
    b = new_model((6, 5, 1))
    x = b.node("Reshape", ["input", b.constant("shape", [-1, 1, 6, 5], np.int64)], "x")
    logits(b, b.conv(x, "conv", (3, 1, 3, 3)), 36)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert (graph.input_shape, graph.layouts["input"]) == ((1, 6, 5), (0, 3, 1, 2))
    expected = run_values(path, ["logits"], np.ascontiguousarray(images))["logits"]
    # float32 against float64, sums of at most 36 products
    np.testing.assert_allclose(evaluate(graph, images.transpose(FIRST))["logits"], expected, rtol=1e-4, atol=1e-5)


def test_transposes_that_undo_each_other_leave_nothing(tmp_path: Path, new_model) -> None:
    b = new_model((2, 6, 5))
    x = first(b, b.relu(last(b, b.conv("input", "conv", (4, 2, 1, 1))), "relu"))
    b.classifier(b.conv(x, "second", (3, 4, 1, 1)), 3)
    graph = read(b.save(tmp_path / "m.onnx"))
    assert [type(node) for node in graph.nodes][:3] == [Conv, Relu, Conv]
    assert dict(graph.layouts) == {"relu": (0, 3, 1, 2)}


def test_parts_are_named_by_our_axes(tmp_path: Path, new_model) -> None:
    for form, kind in ((cut, Select), (pad, Select), (join, Concat), (join_rows, Concat)):
        b = new_model((2, 6, 5))
        x, features = form(b, last(b, "input"))
        logits(b, x, features)
        node = read(b.save(tmp_path / "m.onnx")).producer("y")
        assert isinstance(node, kind)
        if form is cut:
            assert (node.starts, node.stops, node.steps) == ((1, 1, 0), (2, 6, 5), (1, 2, 1))
        elif form is pad:
            assert (node.pads_before, node.pads_after) == ((2, 1, 0), (1, 0, 3))
        else:
            assert node.axis == (0 if form is join else 1)


TURNED = "whose axes are transposed; only layers on (N, C, H, W) are supported"
REFUSED = {
    "conv": (lambda b, x: b.conv(x, "y", (3, 6, 1, 1)), TURNED),
    "max-pool": (lambda b, x: b.node("MaxPool", [x], "y", kernel_shape=[2, 2]), TURNED),
    "average-pool": (lambda b, x: b.node("AveragePool", [x], "y", kernel_shape=[2, 2]), TURNED),
    "global": (lambda b, x: b.node("GlobalAveragePool", [x], "y"), TURNED),
    "batchnorm": (lambda b, x: b.batchnorm(x, "y", 6), "it has statistics of shape (6,) for an input of shape"),
    "add": (
        lambda b, x: b.add(x, b.node("Transpose", ["input"], "t", perm=[0, 2, 1, 3]), "y"),
        "shapes at node Y (Add)",
    ),
    "mean-channels": (lambda b, x: b.node("ReduceMean", [x], "y", axes=[3]), "it reduces the channels"),
    "mean-rows": (lambda b, x: b.node("ReduceMean", [x], "y", axes=[1], keepdims=0), "drops the rows alone"),
    "flat-relu": (
        lambda b, x: b.relu(b.node("Flatten", [x], "f"), "y"),
        "it reads f, which is flattened with the channels last; only a Gemm or MatMul may",
    ),
    "flat-add": (
        lambda b, x: b.add(b.node("Flatten", [x], "f"), b.constant("c", np.ones(60)), "y"),
        "it reads f, which is flattened with the channels last; only a Gemm or MatMul may",
    ),
}


@pytest.mark.parametrize(("build", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_needs_channels_first_is_refused(tmp_path: Path, new_model, build, reason: str) -> None:
    b = new_model((2, 6, 5))
    b.node("Flatten", [build(b, last(b, "input"))], "logits")
    with pytest.raises(InputError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert reason in str(caught.value)


def test_an_output_in_another_order_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model((2, 6, 5))
    b.node("Flatten", [last(b, b.conv("input", "conv", (4, 2, 1, 1)))], "logits")
    with pytest.raises(
        ModelError, match="the output logits is flattened with the channels last; end with a classifier"
    ):
        read(b.save(tmp_path / "m.onnx"))


def test_two_values_in_different_orders_are_refused(tmp_path: Path, new_model) -> None:
    b = new_model((4, 4, 4))
    b.classifier(b.node("Concat", ["input", last(b, "input")], "y", axis=1), 8)
    with pytest.raises(UnsupportedOperatorError, match="it joins values whose axes are in different orders"):
        read(b.save(tmp_path / "m.onnx"))
