"""Each operator: the forms that are refused, with their reasons."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import ModelError, UnsupportedOperatorError
from snnconv.graph.reading.reader import read
from tests.graph.forms import Builder, average, clip, conv, end, flat, gemm, ints, map_of, max_pool, rectified, scalar


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
    "conv-same-with-pads": (
        conv(auto_pad="SAME_LOWER", pads=[1, 1, 1, 1]),
        "auto_pad=SAME_LOWER contradicts pads (1, 1, 1, 1)",
    ),
    "conv-kernel": (
        conv(kernel_shape=[5, 3]),
        "kernel_shape=(5, 3) contradicts its weight of shape (4, 2, 3, 3)",
    ),
    "average-too-large": (
        average(kernel_shape=[9, 8]),
        "y has shape (1, 2, 0, 1), which is empty: the images are too small for a kernel; export with larger ones",
    ),
    "average-of-nothing": (
        average(kernel_shape=[2, 2], pads=[0, 2, 0, 2]),
        "pads (0, 2, 0, 2) leave a window of 2 pixels without an image",
    ),
    "max-dilated": (
        max_pool(kernel_shape=[2, 2], dilations=[2, 2]),
        "dilated pooling is not supported; use pooling without dilation",
    ),
    "reduce-mean-drops-rows": (
        lambda b: b.node("ReduceMean", ["input"], "y", axes=[2], keepdims=0),
        "it reduces (2, 8, 8) to (2, 1, 8) and drops the rows alone; reduce both, or keep them (keepdims=1)",
    ),
    "reduce-mean-channels": (
        lambda b: b.node("ReduceMean", ["input"], "y", axes=[1]),
        "it reduces the channels; rows and columns are expected",
    ),
    "reduce-sum-channels": (
        lambda b: b.node("ReduceSum", ["input", b.constant("a", [1], np.int64)], "y"),
        "it reduces the channels; rows and columns are expected",
    ),
    "reduce-mean-images": (lambda b: b.node("ReduceMean", ["input"], "y"), "it works on the batch axis"),
    "reduce-mean-of-pixels-keeps": (
        lambda b: b.node(
            "ReduceMean", [b.node("Reshape", ["input", b.constant("s", [0, 2, -1], np.int64)], "p")], "y", axes=[2]
        ),
        "it reads p, whose rows and columns are one axis; reduce it with keepdims=0",
    ),
    "reduce-max-of-features": (
        lambda b: b.node("ReduceMax", [b.node("Flatten", ["input"], "f")], "y", axes=[1]),
        "it reads f of shape (128,), (C, H, W) is expected",
    ),
    "batchnorm-negative": (batchnorm(var=[1, -1e-6]), "it has a negative variance"),
    "batchnorm-zero": (batchnorm(0.0, var=[1, 0]), "a variance of 0 with epsilon=0 divides by 0"),
    "add-larger-constant": (
        map_of("Add", (3, 2, 1, 1)),
        "a constant of shape (3, 2, 1, 1) does not fit input of shape (1, 2, 8, 8)",
    ),
    "add-that-repeats-pixels": (
        lambda b: b.add(b.node("GlobalAveragePool", ["input"], "p"), b.constant("c", np.zeros((1, 2, 8, 8))), "y"),
        "a constant of shape (1, 2, 8, 8) does not fit p of shape (1, 2, 1, 1); write x.expand(-1, -1, 8, 8) before "
        "it, which repeats what there is once",
    ),
    "add-other-order": (
        lambda b: b.add("input", b.node("Transpose", ["input"], "t", perm=[0, 1, 3, 2]), "y"),
        "it adds values whose axes are in different orders",
    ),
    "mul-values": (
        lambda b: b.node("Mul", ["input", rectified(b)], "y"),
        "it multiplies two values of the network (attention or gating), which has no spiking form; "
        "use a ResNet without",
    ),
    "div-by-value": (
        lambda b: b.node("Div", [b.constant("c", 1), "input"], "y"),
        "it divides by a value of the network, which has no spiking form; divide by a constant, or leave it out",
    ),
    "div-by-0": (scalar("Div", 0), "it divides by 0"),
    "clip-of-nothing": (
        clip(1, -1),
        "it clips from 1 to -1, which leaves nothing; a larger maximum is expected",
    ),
    "max-with-more-pixels": (
        lambda b: b.node("Max", [b.node("GlobalMaxPool", ["input"], "p"), b.constant("c", np.zeros((8, 8)))], "y"),
        "a constant of shape (8, 8) does not fit p of shape (1, 2, 1, 1); write x.expand(-1, -1, 8, 8) before it, "
        "which repeats what there is once",
    ),
    "max-of-other-sizes": (
        lambda b: b.node("Max", ["input", b.node("GlobalMaxPool", ["input"], "p")], "y"),
        "it makes (2, 1, 1) larger, values and constants of its shape, or that broadcast to it, are expected",
    ),
    "max-of-other-orders": (
        lambda b: b.node("Max", ["input", b.node("Transpose", ["input"], "t", perm=[0, 1, 3, 2])], "y"),
        "it compares values whose axes are in different orders",
    ),
    "min-of-infinity-and-a-number": (
        lambda b: b.node("Min", [rectified(b), b.constant("c", [[[1]], [[np.inf]]])], "y"),
        "its constant is too large for float32",
    ),
    "shrink-that-jumps": (
        lambda b: b.node("Shrink", ["input"], "y", lambd=0.5),
        "it jumps: its threshold is 0.5 and its bias 0, equal ones are expected; train with ReLU",
    ),
    "clip-at-0": (clip(0, 0), "it clips at 0, which leaves nothing; a cap above 0 is expected"),
    "prelu-of-one-axis": (
        lambda b: b.node("PRelu", ["input", b.constant("s", [0.25, 0.5])], "y"),
        "its 2 slopes belong to the last axis by the rules of ONNX, of 8 elements; give them the shape (2, 1, 1) in "
        "the file",
    ),
    "prelu-with-more-pixels": (
        lambda b: b.node("PRelu", [b.node("GlobalMaxPool", ["input"], "p"), b.constant("c", np.zeros((8, 8)))], "y"),
        "a constant of shape (8, 8) does not fit p of shape (1, 2, 1, 1); write x.expand(-1, -1, 8, 8) before it, "
        "which repeats what there is once",
    ),
    "concat-values-and-ones": (
        lambda b: b.node("Concat", ["input", rectified(b), b.constant("c", np.ones((1, 1, 8, 8)))], "y", axis=1),
        "it joins several values with constants; join the constants with one of them first",
    ),
    "pad-with-lowest": (
        lambda b: b.node("Pad", ["input", b.constant("p", [0] * 7 + [1], np.int64), b.constant("v", -3.4e38)], "y"),
        "it pads with -3.4e+38; before a MaxPool give it the pads, else train with padding by zeros",
    ),
    "pad-with-infinity": (
        lambda b: b.node("Pad", ["input", b.constant("p", [0] * 7 + [1], np.int64), b.constant("v", -np.inf)], "y"),
        "it pads with -inf; before a MaxPool give it the pads, else train with padding by zeros",
    ),
    "concat-images": (
        lambda b: b.node("Concat", ["input", rectified(b)], "y", axis=0),
        "it works on the batch axis",
    ),
    "softmax-inside": (
        lambda b: b.node("Mul", [b.node("Softmax", [b.node("Flatten", ["input"], "f")], "y"), b.constant("c", 2)], "z"),
        "inside the network it has no spiking form; only at the end it can be left out",
    ),
    "cast-to-integers": (
        lambda b: b.node("Cast", ["input"], "y", to=7),
        "it casts to INT64; export the model in float32",
    ),
    "transpose-images": (
        lambda b: b.node("Transpose", ["input"], "y"),
        "perm=(3, 2, 1, 0) moves the batch axis, or does not fit 4 axes",
    ),
    "add-broadcast": (
        broadcast_add,
        "it adds values of the shapes (2, 8, 8) and (2, 1, 1), equal ones are expected",
    ),
    "slice-batch": (ints("Slice", starts=[0], ends=[0], axes=[0]), "it works on the batch axis"),
    "gather-of-images": (
        lambda b: b.relu(b.node("Gather", ["input", b.constant("i", [0, 0], np.int64)], "y", axis=0), "z"),
        "it moves elements in a way that no layer reads",
    ),
    "larger-by-pixels-of-channels": (
        lambda b: b.relu(b.node("DepthToSpace", [b.conv("input", "c", (8, 2, 1, 1))], "y", blocksize=2), "z"),
        "it moves elements in a way that no layer reads",
    ),
    "pad-cuts-all": (
        ints("Pad", pads=[0, 0, -4, 0, 0, 0, -4, 0]),
        "its negative pads leave nothing of (2, 8, 8)",
    ),
    "pad-images": (ints("Pad", pads=[1, 0, 0, 0, 0, 0, 0, 0]), "it works on the batch axis"),
    "reshape": (
        lambda b: b.relu(ints("Reshape", shape=[-1, 4, 32])(b), "z"),
        "it reshapes (1, 2, 8, 8) to (1, 4, 32); only flattening to (N, features) is supported",
    ),
    "reshape-images": (
        ints("Reshape", shape=[2, 64]),
        "y has shape (2, 64), whose first axis is not the batch of 1; flatten with torch.flatten(x, 1), not by "
        "squeeze() or to a size that holds for one batch",
    ),
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
    with pytest.raises(UnsupportedOperatorError, match=r"Gemm Y \(a constant of shape \(3, 1\) differs between"):
        read(b.save(tmp_path / "m.onnx"))


def test_one_spatial_axis_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.node("Reshape", ["input", b.constant("shape", [0, 2, 64], np.int64)], "x")
    b.conv(x, "y", (4, 2, 3))
    end(b, b.node("AveragePool", ["y"], "z", kernel_shape=[2]))
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert "Conv Y (its weight has 1 spatial axes, 2 are expected)" in str(caught.value)


def test_batchnorm_in_training_mode_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.batchnorm("input", "y", 2, training_mode=1)
    b.nodes[-1].output.extend(["running_mean", "running_var"])
    end(b, "y")
    with pytest.raises(UnsupportedOperatorError, match=r"Y \(it is in training mode; export the model in evaluation"):
        read(b.save(tmp_path / "m.onnx"))


def test_weights_of_another_type_are_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.conv("input", "y", (4, 2, 1, 1))
    b.constants["y.weight"] = b.constants["y.weight"].astype(np.float16)
    end(b, "y")
    with pytest.raises(ModelError, match=r"the shapes at node Y \(Conv\) contradict each other: .*tensor\(float16\)"):
        read(b.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (conv(kernel=(9, 11)), "node Y gives the shape (7, 4, 0, -2), the images are too small for it"),
        (conv(pads=[0, 0, -1, 0]), "the shapes at node Y (Conv) contradict each other: "),
        (map_of("Add", (3, 8, 8)), "the shapes at node Y (Add) contradict each other: "),
    ],
    ids=["kernel larger than the image", "negative pads", "another number of channels"],
)
def test_shapes_that_do_not_fit_are_refused(tmp_path: Path, new_model, build, message: str) -> None:
    b = new_model()
    end(b, build(b))
    with pytest.raises(ModelError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert message in str(caught.value)


@pytest.mark.parametrize("dilations", [[2, 1], [1, 3]])
def test_a_dilated_average_is_refused(tmp_path: Path, new_model, dilations: list[int]) -> None:
    b = new_model()
    end(b, average(kernel_shape=[2, 2], dilations=dilations)(b))
    reason = r"AveragePool Y \(dilated pooling is not supported; use a strided convolution\)"
    with pytest.raises(UnsupportedOperatorError, match=reason):
        read(b.save(tmp_path / "m.onnx", opset=19))


@pytest.mark.parametrize("build", [ints("Reshape", shape=[2, -1]), ints("Slice", starts=[0], ends=[2], axes=[0])])
def test_a_batch_size_written_into_a_model_with_an_open_batch_is_refused(tmp_path: Path, new_model, build) -> None:
    b = new_model()
    end(b, build(b))
    with pytest.raises(UnsupportedOperatorError, match=r"Y \((y has shape .* not the batch of|it works on the batch)"):
        read(b.save(tmp_path / "m.onnx"))


def test_a_flattening_of_the_batch_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.relu(b.node("Flatten", ["input"], "y", axis=0), "logits")
    with pytest.raises(UnsupportedOperatorError, match=r"Flatten Y \(axis=0 mixes the images of a batch\)"):
        read(b.save(tmp_path / "m.onnx"))


def test_a_table_that_is_read_by_values_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    indices = b.node("Cast", [b.node("Flatten", ["input"], "f")], "i", to=7)
    b.node("Gather", [b.constant("table", np.ones(9)), indices], "logits")
    with pytest.raises(UnsupportedOperatorError, match=r"1 node not supported: Cast I \(it casts to INT64"):
        read(b.save(tmp_path / "m.onnx"))


def test_a_constant_that_differs_between_images_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model(batch=2)
    end(b, b.add("input", b.constant("c", np.arange(2).reshape(2, 1, 1, 1)), "y"))
    with pytest.raises(UnsupportedOperatorError, match=r"Add Y \(a constant of shape .* differs between the images"):
        read(b.save(tmp_path / "m.onnx"))
