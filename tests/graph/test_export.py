"""Every node kind as ONNX: onnxruntime computes what the node's own formula says, here written in NumPy float64."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from snnconv.graph.graph import (
    Add,
    Affine,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Flatten,
    Graph,
    MaxPool,
    Node,
    Relu,
    Select,
)
from snnconv.graph.running.export import to_model

Array = np.ndarray[Any, Any]
MAP = (4, 7, 6)
_RANDOM = np.random.default_rng(0)


def drawn(*shape: int) -> Array:
    return _RANDOM.normal(size=shape)


def run(model: onnx.ModelProto, **inputs: Array) -> dict[str, Array]:
    """Run a model by onnxruntime: values (N, ...) float32 by name."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def graph_of(*nodes: Node, shape: tuple[int, ...] = MAP) -> Graph:
    return Graph("test.onnx", "0" * 64, "x", shape, nodes[-1].output, nodes)


def windows(x: Array, kernel: tuple[int, ...], strides: tuple[int, ...], pads: tuple[int, ...], fill: float) -> Array:
    """Give the windows of a padded map: (N, C, H, W) to (N, C, rows, columns, *kernel)."""
    padded = np.pad(x, [(0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])], constant_values=fill)
    found = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
    return found[:, :, :: strides[0], :: strides[1]]


def conv(node: Conv, x: Array) -> Array:
    """Convolve one output channel at a time, its kernel filled up with zeros where it is dilated."""
    rows, columns = node.weight.shape[2:]
    d, e = node.dilations
    wide = np.zeros((*node.weight.shape[:2], d * (rows - 1) + 1, e * (columns - 1) + 1))
    wide[:, :, ::d, ::e] = node.weight
    seen = windows(x, wide.shape[2:], node.strides, node.pads, 0.0)
    per_group, size = len(wide) // node.groups, wide.shape[1]
    maps = []
    for channel, (kernel, bias) in enumerate(zip(wide, node.bias, strict=True)):
        first = channel // per_group * size
        maps.append(np.einsum("ncyxij,cij->nyx", seen[:, first : first + size], kernel) + bias)
    return np.stack(maps, axis=1)


def conv_case(
    weight: tuple[int, ...], shape: tuple[int, ...], strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), groups=1
) -> tuple[Node, Callable[..., Array]]:
    node = Conv("CONV", ("x",), "y", shape, drawn(*weight), drawn(weight[0]), strides, pads, dilations, groups)
    return node, lambda x: conv(node, x)


def average_case(shape: tuple[int, ...], kernel, strides, pads, divisor) -> tuple[Node, Callable[..., Array]]:
    node = AveragePool("AVERAGE", ("x",), "y", shape, kernel, strides, pads, np.asarray(divisor, dtype=np.float64))
    return node, lambda x: windows(x, kernel, strides, pads, 0.0).sum(axis=(4, 5)) / node.divisor


def max_case(shape: tuple[int, ...], kernel, strides, pads) -> tuple[Node, Callable[..., Array]]:
    node = MaxPool("MAX", ("x",), "y", shape, kernel, strides, pads)
    return node, lambda x: windows(x, kernel, strides, pads, -np.inf).max(axis=(4, 5))


def affine_case(gain: tuple[int, ...], offset: tuple[int, ...]) -> tuple[Node, Callable[..., Array]]:
    node = Affine("AFFINE", ("x",), "y", MAP, drawn(*gain), drawn(*offset))
    return node, lambda x: x * node.gain + node.offset


def batchnorm_case() -> tuple[Node, Callable[..., Array]]:
    node = BatchNorm("BN", ("x",), "y", MAP, drawn(4), drawn(4), drawn(4), _RANDOM.uniform(0.5, 2, 4), epsilon=0.125)

    def formula(x: Array) -> Array:
        gamma, beta, mean, variance = (v[:, None, None] for v in (node.gamma, node.beta, node.mean, node.variance))
        return gamma * (x - mean) / np.sqrt(variance + 0.125) + beta

    return node, formula


def select_case(shape: tuple[int, ...], bounds: tuple[slice, ...], before, after) -> tuple[Node, Callable[..., Array]]:
    starts, stops, steps = zip(*((b.start, b.stop, b.step) for b in bounds), strict=True)
    node = Select("SELECT", ("x",), "y", shape, starts, stops, steps, before, after)
    pads = [(0, 0), *zip(before, after, strict=True)]
    return node, lambda x: np.pad(x[(slice(None), *bounds)], pads)


ALL = tuple(slice(0, size, 1) for size in MAP)
SAME = (1, 1, 1, 1)
# how many pixels of the image a 3×3 window with one pixel of padding holds
HELD = np.outer([2, *[3] * 5, 2], [2, *[3] * 4, 2])[None]

MAPS = {
    "conv": conv_case((5, 4, 3, 2), (5, 5, 5)),
    "conv-pads-differ": conv_case((5, 4, 3, 3), (5, 7, 9), pads=(0, 2, 2, 3)),
    "conv-strides-dilations": conv_case((5, 4, 3, 2), (5, 3, 4), strides=(2, 1), pads=SAME, dilations=(2, 4)),
    "conv-groups": conv_case((6, 2, 1, 1), (6, 7, 6), groups=2),
    "conv-depthwise": conv_case((4, 1, 3, 3), (4, 7, 6), pads=SAME, groups=4),
    "batchnorm": batchnorm_case(),
    "affine-channels": affine_case((4, 1, 1), (4, 1, 1)),
    "affine-one-number": affine_case((1, 1, 1), (1, 1, 1)),
    "affine-pixels": affine_case((1, 7, 6), MAP),
    "relu": (Relu("RELU", ("x",), "y", MAP), lambda x: np.maximum(x, 0)),
    "relu-cap": (Relu("RELU", ("x",), "y", MAP, cap=0.75), lambda x: np.clip(x, 0, 0.75)),
    "add": (Add("ADD", ("x", "x"), "y", MAP), lambda x: 2 * x),
    "average": average_case((4, 3, 5), (3, 2), (2, 1), (0, 0, 0, 0), 6),
    "average-pads-count": average_case(MAP, (3, 3), (1, 1), SAME, 9),
    "average-pads-do-not-count": average_case(MAP, (3, 3), (1, 1), SAME, HELD),
    "average-other-divisor": average_case(MAP, (3, 3), (1, 1), SAME, 7),
    "average-pads-that-no-window-reaches": average_case((4, 3, 3), (2, 2), (3, 3), (1, 1, 2, 2), 4),
    "average-whole-map": average_case((4, 1, 1), (7, 6), (1, 1), (0, 0, 0, 0), 42),
    "max": max_case((4, 3, 5), (3, 2), (2, 1), (0, 0, 0, 0)),
    "max-pads": max_case((4, 4, 4), (3, 3), (2, 2), (1, 1, 1, 2)),
    "max-pads-that-no-window-reaches": max_case((4, 3, 3), (2, 2), (3, 3), (0, 1, 2, 2)),
    "concat-channels": (Concat("CONCAT", ("x", "x"), "y", (8, 7, 6), 0), lambda x: np.concatenate([x, x], 1)),
    "concat-columns": (Concat("CONCAT", ("x", "x", "x"), "y", (4, 7, 18), 2), lambda x: np.concatenate([x] * 3, 3)),
    "flatten": (Flatten("FLATTEN", ("x",), "y", (168,)), lambda x: x.reshape(len(x), -1)),
    "select-slices": select_case(
        (2, 3, 2), (slice(1, 3, 1), slice(1, 7, 2), slice(0, 6, 3)), (0, 0, 0), (0, 0, 0)
    ),
    "select-pads": select_case((7, 8, 11), ALL, (1, 0, 2), (2, 1, 3)),
    "select-option-a": select_case(
        (8, 4, 3), (slice(0, 4, 1), slice(0, 7, 2), slice(0, 6, 2)), (2, 0, 0), (2, 0, 0)
    ),
}  # fmt: skip


@pytest.mark.parametrize(("node", "formula"), MAPS.values(), ids=MAPS.keys())
def test_a_node_computes_its_formula(node: Node, formula: Callable[[Array], Array]) -> None:
    # an image below zero throughout: padding with zeros would win a max pooling
    images = drawn(3, *MAP)
    images[0] = -1 - np.abs(images[0])
    images = images.astype(np.float32)
    model = to_model(graph_of(node))
    onnx.checker.check_model(model, full_check=True)
    expected = formula(images.astype(np.float64))
    found = run(model, x=images)["y"]
    assert found.dtype == np.float32
    assert found.shape == (3, *node.shape)
    # float32 against float64 over sums of at most 42 products
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def flat_batchnorm() -> tuple[Node, Callable[[Array], Array]]:
    node = BatchNorm("BN", ("x",), "y", (6,), drawn(6), drawn(6), drawn(6), _RANDOM.uniform(0.5, 2, 6), epsilon=0.125)
    return node, lambda x: node.gamma * (x - node.mean) / np.sqrt(node.variance + 0.125) + node.beta


def dense() -> tuple[Node, Callable[[Array], Array]]:
    node = Dense("DENSE", ("x",), "y", (3,), drawn(3, 6), drawn(3))
    return node, lambda x: np.einsum("...i,oi->...o", x, node.weight) + node.bias


FLAT = {
    "dense": dense(),
    "batchnorm": flat_batchnorm(),
    "affine": (Affine("A", ("x",), "y", (6,), np.arange(6.0), np.ones(1)), lambda x: x * np.arange(6.0) + 1),
    "relu": (Relu("RELU", ("x",), "y", (6,), cap=1.0), lambda x: np.clip(x, 0, 1)),
    "concat": (Concat("CONCAT", ("x", "x"), "y", (12,), 0), lambda x: np.concatenate([x, x], 1)),
    "select": (
        Select("SELECT", ("x",), "y", (4,), starts=(1,), stops=(6,), steps=(2,), pads_before=(1,), pads_after=(0,)),
        lambda x: np.pad(x[:, 1:6:2], [(0, 0), (1, 0)]),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("node", "formula"), FLAT.values(), ids=FLAT.keys())
def test_a_node_of_a_flat_value_computes_its_formula(node: Node, formula: Callable[[Array], Array]) -> None:
    values = drawn(3, 6).astype(np.float32)
    found = run(to_model(graph_of(node, shape=(6,))), x=values)["y"]
    # as above
    np.testing.assert_allclose(found, formula(values.astype(np.float64)), rtol=1e-5, atol=1e-5)


def test_add_sums_any_number_of_values_in_order() -> None:
    nodes = [Affine(f"A{i}", ("x",), f"a{i}", MAP, np.full((1, 1, 1), 10.0**i), np.zeros((1, 1, 1))) for i in range(3)]
    graph = graph_of(*nodes, Add("ADD", ("a0", "a1", "a2"), "y", MAP))
    images = np.ones((2, *MAP), dtype=np.float32)
    np.testing.assert_array_equal(run(to_model(graph), x=images)["y"], np.full((2, *MAP), 111.0))


def test_concat_keeps_the_order_of_its_inputs() -> None:
    zero = Affine("ZERO", ("x",), "zero", (1, 2, 2), np.zeros((1, 1, 1)), np.zeros((1, 1, 1)))
    graph = graph_of(zero, Concat("CONCAT", ("zero", "x"), "y", (2, 2, 2), 0), shape=(1, 2, 2))
    found = run(to_model(graph), x=np.ones((1, 1, 2, 2), dtype=np.float32))["y"]
    np.testing.assert_array_equal(found[0, :, 0, 0], [0.0, 1.0])


def test_the_values_asked_for_are_given_under_their_names() -> None:
    first = Affine("A", ("x",), "between", MAP, np.full((1, 1, 1), 2.0), np.zeros((1, 1, 1)))
    graph = graph_of(first, Relu("R", ("between",), "y", MAP))
    images = drawn(2, *MAP).astype(np.float32)
    assert list(run(to_model(graph), x=images)) == ["y"]
    found = run(to_model(graph, ["between", "y"]), x=images)
    np.testing.assert_array_equal(found["between"], 2 * images)
    np.testing.assert_array_equal(found["y"], np.maximum(2 * images, 0))


def test_the_batch_size_stays_open() -> None:
    model = to_model(graph_of(*[node for node, _ in [MAPS["average-pads-do-not-count"]]]))
    images = drawn(5, *MAP).astype(np.float32)
    one_by_one = np.concatenate([run(model, x=images[i : i + 1])["y"] for i in range(5)])
    np.testing.assert_array_equal(run(model, x=images)["y"], one_by_one)


def test_names_made_on_the_way_are_none_of_the_graph() -> None:
    conv_node, _ = MAPS["conv-depthwise"]
    taken = [f"y/{part}{mark}" for part, mark in product(("weight", "bias", "slice", "pads", "mul"), ("", "_"))]
    chain: list[Node] = []
    for name in taken:
        before = chain[-1].output if chain else "x"
        chain.append(Affine("same name", (before,), name, MAP, np.ones((1, 1, 1)), np.ones((1, 1, 1))))
    weight = Conv("same name", (chain[-1].output,), "y", MAP, conv_node.weight, conv_node.bias, (1, 1), SAME, (1, 1), 4)
    select = Select("same name", ("y",), "z", MAP, (0,) * 3, MAP, (1,) * 3, (0,) * 3, (0,) * 3)
    model = to_model(graph_of(*chain, weight, select), [*taken, "z"])
    onnx.checker.check_model(model, full_check=True)
    made = [name for node in model.graph.node for name in node.output]
    made += [constant.name for constant in model.graph.initializer]
    assert len(made) == len(set(made))
    images = drawn(2, *MAP).astype(np.float32)
    found = run(model, x=images)
    # ten additions of 1 in float32
    np.testing.assert_allclose(found[taken[-1]], images + len(taken), rtol=1e-6)
    expected = conv(weight, images.astype(np.float64) + len(taken))
    # float32 against float64 over sums of 9 products of numbers near 10
    np.testing.assert_allclose(found["z"], expected, rtol=1e-5, atol=1e-4)


def test_what_float32_cannot_hold_shows_in_the_values() -> None:
    huge = Affine("A", ("x",), "y", MAP, np.full((1, 1, 1), 1e300), np.zeros((1, 1, 1)))
    assert not np.isfinite(run(to_model(graph_of(huge)), x=np.ones((1, *MAP), dtype=np.float32))["y"]).any()
