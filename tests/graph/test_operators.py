"""Each operator: the forms that are read, compared with onnxruntime, and the refused forms with their reasons."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import ModelError, UnsupportedOperatorError
from snnconv.graph.reader import read

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


READ = {
    "conv": conv(),
    "conv-pads-differ": conv(pads=[0, 1, 2, 3]),
    "conv-stride-dilation": conv(strides=[2, 1], dilations=[1, 2]),
    "conv-groups": conv(group=2),
    "conv-valid": conv(auto_pad="VALID"),
    "conv-1x1": conv(kernel=(1, 1), strides=[2, 2]),
    "average": average(kernel_shape=[3, 2], strides=[2, 1]),
    "average-pads": average(kernel_shape=[3, 3], pads=[1, 0, 1, 2], count_include_pad=1),
    "average-no-pads": average(kernel_shape=[2, 2], pads=[0, 0, 0, 0]),
    "global-average": lambda b: b.node("GlobalAveragePool", ["input"], "y"),
    "reduce-mean": lambda b: b.node("ReduceMean", ["input"], "y", axes=[2, 3]),
    "reduce-mean-negative": lambda b: b.node("ReduceMean", ["input"], "y", axes=[-1, -2], keepdims=1),
    "batchnorm": lambda b: b.batchnorm("input", "y", 2, epsilon=1e-2),
    "relu": lambda b: b.relu("input", "y"),
    "add": lambda b: b.add("input", b.relu("input", "r"), "y"),
    "add-twice-the-same": lambda b: b.add("input", "input", "y"),
    "slice": ints("Slice", starts=[1], ends=[-1], axes=[2]),
    "slice-channels": ints("Slice", starts=[1], ends=[99], axes=[-3]),
    "slice-steps": ints("Slice", starts=[1, -6], ends=[2**40, 7], axes=[3, 2], steps=[3, 2]),
    "pad": ints("Pad", pads=[0, 1, 2, 3, 0, 4, 5, 6]),
    "pad-value-0": lambda b: b.node(
        "Pad", ["input", b.constant("p", [0, 1, 0, 0, 0, 0, 0, 0], np.int64), b.constant("v", 0)], "y"
    ),
    "flatten": lambda b: b.node("Flatten", ["input"], "y"),
    "flatten-axis--3": lambda b: b.node("Flatten", ["input"], "y", axis=-3),
    "reshape": ints("Reshape", shape=[0, -1]),
    "reshape-to-the-same": ints("Reshape", shape=[-1, 2, 8, 8]),
    "squeeze": lambda b: b.node(
        "Squeeze", [b.node("GlobalAveragePool", ["input"], "pooled"), b.constant("a", [2, 3], np.int64)], "y"
    ),
    "dropout": lambda b: b.node("Dropout", ["input"], "y"),
    "dropout-not-training": lambda b: b.node(
        "Dropout", ["input", b.constant("ratio", 0.5), b.constant("t", False, bool)], "y"
    ),
    "gemm": gemm(),
    "gemm-transposed": gemm(transB=1),
    "gemm-factors": gemm(alpha=0.5, beta=2.0),
    "gemm-no-bias": gemm(bias=None),
    "gemm-one-bias": gemm(bias=2.0),
    "gemm-bias-row": gemm(bias=[[1.0, 2.0, 3.0]]),
    "matmul": matmul,
    "matmul-add": lambda b: b.node("Add", [matmul(b), b.constant("c", [1.0, 2.0, 3.0])], "z"),
}


@pytest.mark.parametrize("build", READ.values(), ids=READ.keys())
def test_it_is_read_as_onnxruntime_computes_it(
    tmp_path: Path, new_model, tiny_images, run_values, evaluate, build: Callable[[Builder], str]
) -> None:
    b = new_model()
    end(b, build(b))
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    expected = run_values(path, ["logits"], tiny_images[:4])["logits"]
    # float32 against float64 after one layer of at most 18 products
    np.testing.assert_allclose(evaluate(graph, tiny_images[:4])[graph.output], expected, rtol=1e-5, atol=1e-5)


def constant_add(b: Builder) -> str:
    return b.add("input", b.constant("c", np.ones((1, 2, 8, 8))), "y")


def broadcast_add(b: Builder) -> str:
    return b.add("input", b.node("GlobalAveragePool", ["input"], "pooled"), "y")


def training(op: str, value: bool) -> Callable[[Builder], str]:
    return lambda b: b.node(op, ["input", b.constant("r", 0.5), b.constant("t", value, bool)], "y")


def batchnorm(epsilon: float = 1e-5, **statistics: Any) -> Callable[[Builder], str]:
    def build(b: Builder) -> str:
        b.batchnorm("input", "y", 2, epsilon=epsilon)
        for key, value in statistics.items():
            b.constant(f"y.{key}", value)
        return "y"

    return build


def weight_from_image(op: str, shape: tuple[int, ...]) -> Callable[[Builder], str]:
    def build(b: Builder) -> str:
        x = b.node("Flatten", ["input"], "x") if op == "MatMul" else "input"
        return b.node(op, [b.constant("w", np.ones(shape)), x], "y")

    return build


REFUSED = {
    "conv-same": (conv(auto_pad="SAME_LOWER"), "auto_pad=SAME_LOWER is not supported; export with explicit pads"),
    "conv-kernel": (
        conv(kernel_shape=[5, 3]),
        "kernel_shape=(5, 3) contradicts its weight of shape (4, 2, 3, 3)",
    ),
    "conv-too-large": (
        conv(kernel=(9, 11)),
        "y has shape (1, 4, 0, -2), which is empty: the images are too small for a kernel",
    ),
    "average-too-large": (
        average(kernel_shape=[9, 8]),
        "y has shape (1, 2, 0, 1), which is empty: the images are too small for a kernel",
    ),
    "average-same": (
        average(kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
        "auto_pad=SAME_UPPER is not supported; export with explicit pads",
    ),
    "average-pads": (
        average(kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        "count_include_pad=0 with padding is not supported",
    ),
    "average-ceil": (average(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), "ceil_mode=1 is not supported"),
    "reduce-mean-drops-axes": (
        lambda b: b.node("ReduceMean", ["input"], "y", axes=[2, 3], keepdims=0),
        "axes (2, 3) with keepdims=0; (2, 3) with 1 is expected",
    ),
    "reduce-mean-channels": (
        lambda b: b.node("ReduceMean", ["input"], "y", axes=[1]),
        "axes (1,) with keepdims=1; (2, 3) with 1 is expected",
    ),
    "batchnorm-negative": (batchnorm(var=[1, -1e-6]), "it has a negative variance"),
    "batchnorm-zero": (batchnorm(0.0, var=[1, 0]), "a variance of 0 with epsilon=0 divides by 0"),
    "add-constant": (constant_add, "it adds the constant c; fold it into the layer before"),
    "add-broadcast": (
        broadcast_add,
        "it adds values of the shapes (2, 8, 8) and (2, 1, 1), equal ones are expected",
    ),
    "slice-batch": (ints("Slice", starts=[0], ends=[1], axes=[0]), "it slices the batch axis"),
    "slice-backwards": (
        ints("Slice", starts=[7], ends=[-9], axes=[2], steps=[-1]),
        "its step -1 is not positive",
    ),
    "pad-reflect": (
        lambda b: b.node("Pad", ["input", b.constant("p", [0, 0, 1, 1, 0, 0, 1, 1], np.int64)], "y", mode="reflect"),
        "mode=reflect is not supported, constant is",
    ),
    "pad-value": (
        lambda b: b.node("Pad", ["input", b.constant("p", [0] * 7 + [1], np.int64), b.constant("v", 1.5)], "y"),
        "it pads with 1.5, 0 is expected",
    ),
    "pad-negative": (
        ints("Pad", pads=[0, 0, -1, 0, 0, 0, 0, 0]),
        "pads (0, 0, -1, 0, 0, 0, 0, 0) touch the batch axis or are negative",
    ),
    "reshape": (
        ints("Reshape", shape=[-1, 2, 64]),
        "it reshapes (2, 8, 8) to (2, 64); only flattening to one axis is supported",
    ),
    "flatten-batch": (lambda b: b.node("Flatten", ["input"], "y", axis=0), "axis=0 mixes the images of a batch"),
    "dropout-training": (
        training("Dropout", True),
        "it is in training mode; export the model in evaluation mode",
    ),
    "gemm-trans-a": (
        lambda b: b.node("Gemm", [flat(b), b.constant("w", np.ones((1, 3)))], "y", transA=1),
        "transA=1 mixes the images of a batch",
    ),
    "matmul-4-axes": (
        lambda b: b.node("MatMul", ["input", b.constant("w", np.ones((8, 3)))], "y"),
        "its input has shape (2, 8, 8), one axis is expected; flatten it first",
    ),
    "matmul-weight-3-axes": (
        lambda b: b.node("MatMul", [flat(b), b.constant("w", np.ones((1, 2, 3)))], "y"),
        "its weight has shape (1, 2, 3), two axes are expected",
    ),
    "conv-weight-from-image": (weight_from_image("Conv", (1, 2, 9, 9)), "its input input is not constant"),
    "matmul-weight-from-image": (weight_from_image("MatMul", (3, 1)), "its input x is not constant"),
}


@pytest.mark.parametrize(("build", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_with_its_reason(tmp_path: Path, new_model, build: Callable[[Builder], str], reason: str) -> None:
    # one image, so that it can also stand where weights do
    b = new_model(batch=1)
    end(b, build(b))
    path = b.save(tmp_path / "m.onnx")
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(path)
    assert f" Y ({reason})" in str(caught.value)


def test_a_bias_that_differs_by_image_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model(batch=3)
    # as many images as outputs, so that its size alone does not tell
    end(b, gemm(bias=[[1.0], [2.0], [3.0]])(b))
    with pytest.raises(UnsupportedOperatorError, match=r"Gemm Y \(its bias of shape \(3, 1\) differs by image\)"):
        read(b.save(tmp_path / "m.onnx"))


def test_one_spatial_axis_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.node("Reshape", ["input", b.constant("shape", [0, 2, 64], np.int64)], "x")
    b.conv(x, "y", (4, 2, 3))
    end(b, b.node("AveragePool", ["y"], "z", kernel_shape=[2]))
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert "Conv Y (it has 1 spatial axes, 2 are expected)" in str(caught.value)
    assert "AveragePool Z (it has 1 spatial axes, 2 are expected)" in str(caught.value)


def test_batchnorm_in_training_mode_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.batchnorm("input", "y", 2, training_mode=1)
    b.nodes[-1].output.extend(["running_mean", "running_var"])
    end(b, "y")
    with pytest.raises(UnsupportedOperatorError, match=r"Y \(it is in training mode; export the model in evaluation"):
        read(b.save(tmp_path / "m.onnx"))


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


def test_weights_of_another_type_are_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.conv("input", "y", (4, 2, 1, 1))
    b.constants["y.weight"] = b.constants["y.weight"].astype(np.float16)
    end(b, "y")
    # onnxruntime itself refuses a layer of two types
    with pytest.raises(ModelError, match=r"onnxruntime cannot run the model: .*tensor\(float\) and tensor\(float16\)"):
        read(b.save(tmp_path / "m.onnx"))
