"""Each operator: the forms that are read, compared with onnxruntime."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnconv.errors import UnsupportedOperatorError
from snnconv.graph.graph import AveragePool, Dense, Flatten, Relu
from snnconv.graph.reading.reader import read
from tests.graph.forms import (
    Builder,
    average,
    clip,
    conv,
    end,
    flat,
    gather,
    gemm,
    ints,
    map_of,
    matmul,
    max_pool,
    parts,
    rectified,
    reshaped,
    scalar,
    shuffled,
    squeezed,
)

READ = {
    "conv": conv(),
    "conv-pads-differ": conv(pads=[0, 1, 2, 3]),
    "conv-stride-dilation": conv(strides=[2, 1], dilations=[1, 2]),
    "conv-groups": conv(group=2),
    "conv-valid": conv(auto_pad="VALID"),
    "conv-same-upper": conv(auto_pad="SAME_UPPER", kernel=(2, 4), strides=[2, 3]),
    "conv-same-lower": conv(auto_pad="SAME_LOWER", kernel=(2, 4), strides=[2, 3]),
    "conv-depthwise-twice": lambda b: b.conv("input", "y", (4, 1, 3, 3), group=2),
    "conv-1x1": conv(kernel=(1, 1), strides=[2, 2]),
    "average": average(kernel_shape=[3, 2], strides=[2, 1]),
    "average-pads": average(kernel_shape=[3, 3], pads=[1, 0, 1, 2], count_include_pad=1),
    "average-no-pads": average(kernel_shape=[2, 2], pads=[0, 0, 0, 0]),
    "average-border": average(kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "average-border-one-side": average(kernel_shape=[3, 3], pads=[0, 2, 0, 0], strides=[1, 2]),
    "average-same": average(kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
    "average-ceil": average(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "max": max_pool(kernel_shape=[3, 2], strides=[2, 1]),
    "max-pads": max_pool(kernel_shape=[3, 3], pads=[1, 0, 1, 2], strides=[2, 2]),
    "max-ceil": max_pool(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "max-ceil-behind-the-pads": max_pool(kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 1], ceil_mode=1),
    "max-same-lower": max_pool(kernel_shape=[2, 2], auto_pad="SAME_LOWER"),
    "max-dilations-of-1": max_pool(kernel_shape=[2, 2], dilations=[1, 1]),
    "global-max": lambda b: b.node("GlobalMaxPool", ["input"], "y"),
    "reduce-max": lambda b: b.node("ReduceMax", ["input"], "y", axes=[-1, 2], keepdims=0),
    "reduce-mean-drops-axes": lambda b: b.node("ReduceMean", ["input"], "y", axes=[2, 3], keepdims=0),
    "reduce-mean-rows": lambda b: b.node("ReduceMean", ["input"], "y", axes=[2], keepdims=1),
    "reduce-mean-columns-then-rows": lambda b: b.node(
        "ReduceMean", [b.node("ReduceMean", ["input"], "columns", axes=[3])], "y", axes=[2]
    ),
    "reduce-mean-drops-columns-then-rows": lambda b: b.node(
        "ReduceMean",
        [b.node("ReduceMean", ["input"], "columns", axes=[3], keepdims=0)],
        "y",
        axes=[2],
        keepdims=0,
    ),
    "reduce-mean-of-pixels": lambda b: b.node(
        "ReduceMean",
        [b.node("Reshape", ["input", b.constant("shape", [0, 2, -1], np.int64)], "pixels")],
        "y",
        axes=[2],
        keepdims=0,
    ),
    "global-average": lambda b: b.node("GlobalAveragePool", ["input"], "y"),
    "reduce-mean": lambda b: b.node("ReduceMean", ["input"], "y", axes=[2, 3]),
    "reduce-mean-negative": lambda b: b.node("ReduceMean", ["input"], "y", axes=[-1, -2], keepdims=1),
    "reduce-sum": ints("ReduceSum", axes=[2, 3]),
    "reduce-sum-drops-axes": lambda b: b.node(
        "ReduceSum", [rectified(b), b.constant("a", [-1, -2], np.int64)], "y", keepdims=0
    ),
    "reduce-sum-columns": ints("ReduceSum", axes=[3]),
    "reduce-sum-of-pixels": lambda b: b.node(
        "ReduceSum", [reshaped(b, "input", [0, 2, -1], "pixels"), b.constant("a", [2], np.int64)], "y", keepdims=0
    ),
    "batchnorm": lambda b: b.batchnorm("input", "y", 2, epsilon=1e-2),
    "relu": lambda b: b.relu("input", "y"),
    "add": lambda b: b.add("input", b.relu("input", "r"), "y"),
    "add-twice-the-same": lambda b: b.add("input", "input", "y"),
    "add-number": scalar("Add", 1.5),
    "add-number-first": scalar("Add", 1.5, first=True),
    "add-channels": map_of("Add", (2, 1, 1)),
    "add-pixels": map_of("Add", (8, 8)),
    "add-row": map_of("Add", (1, 1, 1, 8)),
    "add-all": map_of("Add", (1, 2, 8, 8)),
    "sub": lambda b: b.node("Sub", ["input", rectified(b)], "y"),
    "sub-from-itself": lambda b: b.node("Sub", ["input", "input"], "y"),
    "sub-constant": map_of("Sub", (2, 1, 1)),
    "sub-from-constant": map_of("Sub", (2, 1, 8), first=True),
    "mul": map_of("Mul", (2, 1, 1)),
    "mul-first": map_of("Mul", (8, 1), first=True),
    "mul-0": scalar("Mul", 0.0),
    "div": map_of("Div", (2, 8, 8)),
    "neg": lambda b: b.node("Neg", ["input"], "y"),
    "sum": lambda b: b.node("Sum", ["input", rectified(b), "input"], "y"),
    "sum-of-values-and-constants": lambda b: b.node(
        "Sum", ["input", b.constant("a", 2), rectified(b), b.constant("c", [[[2]], [[3]]])], "y"
    ),
    "mean": lambda b: b.node("Mean", ["input", rectified(b), "input"], "y"),
    "mean-with-a-constant": lambda b: b.node("Mean", ["input", rectified(b), b.constant("c", [[2], [3]] * 4)], "y"),
    "mean-of-one": lambda b: b.node("Mean", ["input"], "y"),
    "sum-of-one": lambda b: b.node("Sum", ["input"], "y"),
    "sum-with-constants": lambda b: b.node("Sum", [b.constant("a", 1), "input", b.constant("c", [[2], [3]] * 4)], "y"),
    "clip-from-0": clip(0, None),
    "clip-0-to-half": clip(0, 0.5),
    "clip-float-limits": clip(0, 3.4e38),
    "clip-to-infinity": clip(0, np.inf),
    "clip-nothing": clip(None, None),
    "clip-a-relu": clip(None, 0.5, rectified),
    "clip-a-relu-from-below": clip(-1, 0.5, rectified),
    "max-with-0": scalar("Max", 0.0),
    "max-with-0-first": scalar("Max", 0.0, first=True),
    "min-of-a-relu": lambda b: b.node("Min", [b.constant("c", [0.5]), rectified(b)], "y"),
    "min-of-a-relu-infinity": lambda b: b.node("Min", [rectified(b), b.constant("c", np.inf)], "y"),
    "min-of-a-relu6": lambda b: b.node("Min", [b.node("Identity", [clip(0, 0.7)(b)], "i"), b.constant("c", 0.5)], "z"),
    "leaky-0": lambda b: b.node("LeakyRelu", ["input"], "y", alpha=0.0),
    "leaky-1": lambda b: b.node("LeakyRelu", ["input"], "y", alpha=1.0),
    "prelu-0": lambda b: b.node("PRelu", ["input", b.constant("s", np.zeros((2, 1, 1)))], "y"),
    "prelu-1": lambda b: b.node("PRelu", ["input", b.constant("s", np.ones((2, 1, 1)))], "y"),
    "leaky": lambda b: b.node("LeakyRelu", ["input"], "y"),
    "leaky-steeper-below": lambda b: b.node("LeakyRelu", ["input"], "y", alpha=2.5),
    "leaky-falling": lambda b: b.node("LeakyRelu", ["input"], "y", alpha=-0.3),
    "prelu-number": lambda b: b.node("PRelu", ["input", b.constant("s", [0.25])], "y"),
    "prelu-channels": lambda b: b.node("PRelu", ["input", b.constant("s", [[[0.25]], [[-1.5]]])], "y"),
    "prelu-some-0-and-1": lambda b: b.node("PRelu", ["input", b.constant("s", [[[0]], [[1]]])], "y"),
    "prelu-pixels": lambda b: b.node("PRelu", ["input", b.constant("s", b.random.normal(size=(2, 8, 8)))], "y"),
    "prelu-flat": lambda b: b.node(
        "PRelu", [b.node("Flatten", ["input"], "f"), b.constant("s", b.random.normal(size=128))], "y"
    ),
    "abs": lambda b: b.node("Abs", ["input"], "y"),
    "hard-sigmoid": lambda b: b.node("HardSigmoid", ["input"], "y"),
    "hard-sigmoid-other": lambda b: b.node("HardSigmoid", ["input"], "y", alpha=-0.5, beta=0.25),
    "soft-threshold": lambda b: b.node("Shrink", ["input"], "y", lambd=0.5, bias=0.5),
    "clip-below-0": clip(-1, 1),
    "clip-above-0": clip(0.25, 1.5),
    "clip-from-below": clip(-0.5, None),
    "clip-to": clip(None, 0.5),
    "clip-a-relu-from-above-0": clip(0.25, 0.5, rectified),
    "max-with-1": scalar("Max", 1),
    "max-with-channels": map_of("Max", (2, 1, 1)),
    "max-with-all": map_of("Max", (1, 2, 8, 8), first=True),
    "max-with-lowest": scalar("Max", -3.4e38),
    "max-of-one": lambda b: b.node("Max", ["input"], "y"),
    "max-of-two": lambda b: b.node("Max", ["input", b.node("Neg", [rectified(b)], "n")], "y"),
    "max-of-three-and-constants": lambda b: b.node(
        "Max",
        [
            b.node("Neg", ["input"], "n"),
            b.constant("c", 0.1),
            "input",
            b.constant("d", [[[0.2]], [[-1]]]),
            rectified(b),
        ],
        "y",
    ),
    "max-of-halves": lambda b: (
        b.node("Split", ["input"], "p", axis=1),
        b.nodes[-1].output.append("q"),
        b.node("Max", ["q", "p"], "y"),
    )[-1],
    "min-with-6": scalar("Min", 0.6),
    "min-with-channels": lambda b: b.node("Min", [rectified(b), b.constant("c", [[[1]], [[0.5]]])], "y"),
    "min-of-two": lambda b: b.node("Min", ["input", rectified(b), b.constant("c", 0.4)], "y"),
    "min-of-infinity": scalar("Min", np.inf),
    "concat": lambda b: b.node("Concat", ["input", rectified(b)], "y", axis=1),
    "concat-rows": lambda b: b.node("Concat", ["input", rectified(b)], "y", axis=-2),
    "concat-itself": lambda b: b.node("Concat", ["input", "input", rectified(b)], "y", axis=1),
    "split": lambda b: parts(b, b.constant("sizes", [3, 5], np.int64)),
    "split-in-halves": parts,
    "cast": lambda b: b.node("Cast", ["input"], "y", to=1),
    "transpose-to-the-same": lambda b: b.node("Transpose", ["input"], "y", perm=[0, 1, 2, 3]),
    "slice": ints("Slice", starts=[1], ends=[-1], axes=[2]),
    "slice-channels": ints("Slice", starts=[1], ends=[99], axes=[-3]),
    "slice-steps": ints("Slice", starts=[1, -6], ends=[2**40, 7], axes=[3, 2], steps=[3, 2]),
    "pad": ints("Pad", pads=[0, 1, 2, 3, 0, 4, 5, 6]),
    "pad-value-0": lambda b: b.node(
        "Pad", ["input", b.constant("p", [0, 1, 0, 0, 0, 0, 0, 0], np.int64), b.constant("v", 0)], "y"
    ),
    "pad-with-a-number": lambda b: b.node(
        "Pad", ["input", b.constant("p", [0, 1, 0, -2, 0, 0, 3, 1], np.int64), b.constant("v", -1.5)], "y"
    ),
    "pad-reflect": lambda b: b.node(
        "Pad", ["input", b.constant("p", [0, 0, 1, 3, 0, 0, 2, 0], np.int64)], "y", mode="reflect"
    ),
    "pad-edge": lambda b: b.node(
        "Pad", [rectified(b), b.constant("p", [0, 0, 1, 2, 0, 1, 2, 0], np.int64)], "y", mode="edge"
    ),
    "pad-cuts-off": ints("Pad", pads=[0, -1, -2, 1, 0, 1, 3, -4]),
    "slice-backwards": ints("Slice", starts=[7], ends=[-9], axes=[2], steps=[-2]),
    "slice-channels-backwards": ints("Slice", starts=[-1, -1], ends=[-(2**40), 1], axes=[1, 3], steps=[-1, -3]),
    "gather-a-pixel": lambda b: gather(b, gather(b, "input", 3, "row", axis=2), -1, "y", axis=2),
    "gather-a-column-keeps-it": lambda b: gather(b, "input", [2], "y", axis=-1),
    "gather-channels-reversed": lambda b: gather(b, "input", [1, 0], "y", axis=1),
    "gather-channels-repeated": lambda b: gather(b, rectified(b), [0, 1, 1, 0, 0], "y", axis=1),
    "gather-rows-and-columns": lambda b: gather(
        b, gather(b, "input", [7, 0, 2, 4, 6], "rows", axis=2), [1, 1, 0, -1], "y", axis=3
    ),
    "gather-everything": lambda b: gather(b, "input", list(range(8)), "y", axis=3),
    "gather-features": lambda b: gather(b, b.node("Flatten", ["input"], "f"), [5, 100, 5, 0], "y", axis=1),
    "expand": lambda b: b.node(
        "Expand", [gather(b, "input", [1], "one", axis=1), b.constant("s", [1, 3, 1, 1], np.int64)], "y"
    ),
    "expand-pixel": lambda b: b.node(
        "Expand", [b.node("GlobalMaxPool", ["input"], "p"), b.constant("s", [4, 5], np.int64)], "y"
    ),
    "expand-to-the-same": ints("Expand", shape=[2, 1, 1]),
    "tile": ints("Tile", repeats=[1, 2, 1, 3]),
    "tile-once": ints("Tile", repeats=[1, 1, 1, 1]),
    "space-to-depth": lambda b: b.node("SpaceToDepth", ["input"], "y", blocksize=2),
    "depth-to-space": lambda b: b.node("DepthToSpace", [b.conv("input", "c", (8, 2, 3, 3))], "y", blocksize=2),
    "depth-to-space-columns-first": lambda b: b.node(
        "DepthToSpace", [b.conv("input", "c", (4, 2, 4, 4))], "y", blocksize=2, mode="CRD"
    ),
    "channel-shuffle": lambda b: shuffled(b, b.conv("input", "c", (6, 2, 1, 1)), 3, 2, 8),
    "squares-of-4": lambda b: reshaped(
        b,
        b.node("Transpose", [reshaped(b, "input", [0, 2, 4, 2, 4, 2], "six")], "turned", perm=[0, 3, 5, 1, 2, 4]),
        [0, 8, 4, 4],
        "y",
    ),
    "all-in-one-axis-and-back": lambda b: reshaped(b, reshaped(b, rectified(b), [-1], "line"), [-1, 2, 8, 8], "y"),
    "images-beside-channels-and-back": lambda b: reshaped(b, reshaped(b, "input", [-1, 8, 8], "maps"), [-1, 128], "y"),
    "channels-before-images-and-back": lambda b: b.node(
        "Transpose", [b.node("Transpose", ["input"], "t", perm=[1, 0, 3, 2])], "y", perm=[1, 0, 3, 2]
    ),
    "slice-all-images": ints("Slice", starts=[0, 1], ends=[2**31, 3], axes=[0, 2]),
    "unsqueeze-again": lambda b: b.conv(b.node("Unsqueeze", [squeezed(b), "axes"], "back"), "y", (3, 2, 1, 1)),
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
    "gemm-bias-number": gemm(bias=[[2.0]], beta=0.5),
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


@pytest.mark.parametrize("batch", [1, 3])
def test_a_constant_for_each_image_of_a_fixed_batch(
    tmp_path: Path, new_model, tiny_images, run_values, evaluate, batch: int
) -> None:
    b = new_model(batch=batch)
    end(b, b.add("input", b.constant("c", np.tile(b.random.normal(size=(1, 2, 8, 8)), (batch, 1, 1, 1))), "y"))
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    expected = run_values(path, ["logits"], tiny_images[:batch])["logits"]
    # one addition in float32 against float64
    np.testing.assert_allclose(evaluate(graph, tiny_images[:batch])[graph.output], expected, rtol=1e-6, atol=1e-6)


FIXED = {
    "coordinates": lambda b: b.node(
        "Concat",
        [
            b.constant("rows", np.tile(np.linspace(-1, 1, 8)[:, None], (4, 1, 1, 8))),
            rectified(b),
            b.constant("columns", np.tile(np.linspace(-1, 1, 8), (4, 1, 8, 1))),
        ],
        "y",
        axis=1,
    ),
    "gather-nd": lambda b: b.node(
        "GatherND", ["input", b.constant("i", [[[1, 2], [0, 3]]] * 4, np.int64)], "y", batch_dims=1
    ),
    "numbers-of-a-line": lambda b: gather(
        b, reshaped(b, flat(b), [-1], "line"), np.arange(4 * 2).reshape(4, 2, 1), "y", axis=0
    ),
    "squeezed-to-a-line": lambda b: b.node(
        "Unsqueeze", [b.node("Squeeze", [flat(b)], "s"), b.constant("a", [1, 2], np.int64)], "y"
    ),
}


@pytest.mark.parametrize("build", FIXED.values(), ids=FIXED.keys())
def test_moves_that_are_written_for_a_batch_are_read(
    tmp_path: Path, new_model, tiny_images, run_values, evaluate, build: Callable[[Builder], str]
) -> None:
    b = new_model(batch=4)
    end(b, build(b))
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    expected = run_values(path, ["logits"], tiny_images[:4])["logits"]
    # exact but for the mean of 64 numbers
    np.testing.assert_allclose(evaluate(graph, tiny_images[:4])[graph.output], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("indices", [[0, 1, 0, 1], [1, 1, 1, 1]])
def test_images_that_are_taken_from_others_are_refused(tmp_path: Path, new_model, indices: list[int]) -> None:
    b = new_model(batch=4)
    end(b, gather(b, "input", indices, "y", axis=0))
    with pytest.raises(UnsupportedOperatorError, match=r"Gather Y \(it moves elements in a way that no layer reads"):
        read(b.save(tmp_path / "m.onnx"))


def test_numbers_that_are_the_same_are_no_node(tmp_path: Path, new_model) -> None:
    """As PyTorch exports a pooled map that it keeps with channels last."""
    b = new_model()
    line = reshaped(b, b.node("GlobalAveragePool", [b.relu("input", "relu")], "pooled"), [-1], "line")
    shape = b.node("Shape", ["pooled"], "shape")
    count = b.node("ReduceProd", [shape], "count", keepdims=0)
    numbers = b.node("Range", [b.constant("zero", 0, np.int64), count, b.constant("one", 1, np.int64)], "numbers")
    strided = b.node("Gather", [line, b.node("Reshape", [numbers, shape], "indices")], "strided", axis=0)
    b.gemm(reshaped(b, strided, [-1, 2], "flat"), "logits", 2, 5)
    graph = read(b.save(tmp_path / "m.onnx"))
    assert [type(node) for node in graph.nodes] == [Relu, AveragePool, Flatten, Dense]
