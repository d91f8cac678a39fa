"""Folding of scales and offsets: the formula, where it applies and where not, and the function kept."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.graph.graph import Affine, Conv, Dense, Graph
from snnconv.graph.reading.reader import read
from snnconv.passes.fold_affine import fold_affine

GAIN, OFFSET = np.array([2.0, -1.0, 0.5]), np.array([0.0, 1.0, -3.0])


def conv(output: str = "conv") -> Conv:
    random = np.random.default_rng(0)
    weight, bias = random.normal(size=(3, 2, 3, 3)), random.normal(size=3)
    return Conv("CONV", ("x",), output, (3, 6, 3), weight, bias, (1, 1), (0, 0, 0, 0), (1, 1), 1)


def affine(gain: np.ndarray, offset: np.ndarray, value: str = "conv", output: str = "y") -> Affine:
    return Affine(output.upper(), (value,), output, (3, 6, 3), gain, offset)


def graph_of(*nodes, output: str = "y") -> Graph:
    return Graph("m", "0" * 64, "x", (2, 8, 5), output, nodes)


def over_channels(values: np.ndarray) -> np.ndarray:
    return values[:, None, None]


def test_a_convolution_takes_up_the_formula() -> None:
    layer = conv()
    (folded,) = fold_affine(graph_of(layer, affine(over_channels(GAIN), over_channels(OFFSET)))).nodes
    assert isinstance(folded, Conv)
    assert (folded.name, folded.inputs, folded.output, folded.shape) == ("CONV", ("x",), "y", (3, 6, 3))
    # exact: products with powers of two
    np.testing.assert_array_equal(folded.weight, GAIN[:, None, None, None] * layer.weight)
    np.testing.assert_array_equal(folded.bias, GAIN * layer.bias + OFFSET)


def test_one_number_is_that_of_all_channels() -> None:
    layer = conv()
    (folded,) = fold_affine(graph_of(layer, affine(np.full((1, 1, 1), 4.0), np.full((1, 1, 1), 1.0)))).nodes
    assert isinstance(folded, Conv)
    np.testing.assert_array_equal(folded.weight, 4 * layer.weight)
    np.testing.assert_array_equal(folded.bias, 4 * layer.bias + 1)


def test_a_full_connection_takes_up_the_formula() -> None:
    random = np.random.default_rng(0)
    layer = Dense("DENSE", ("x",), "dense", (3,), random.normal(size=(3, 4)), random.normal(size=3))
    graph = Graph("m", "0" * 64, "x", (4,), "y", (layer, Affine("Y", ("dense",), "y", (3,), GAIN, OFFSET)))
    (folded,) = fold_affine(graph).nodes
    assert isinstance(folded, Dense)
    np.testing.assert_array_equal(folded.weight, GAIN[:, None] * layer.weight)
    np.testing.assert_array_equal(folded.bias, GAIN * layer.bias + OFFSET)


def test_two_in_a_row_become_one() -> None:
    random = np.random.default_rng(0)
    pixels, row = random.normal(size=(1, 6, 3)), random.normal(size=(1, 1, 3))
    one = affine(pixels, over_channels(OFFSET), "x", "one")
    (folded,) = fold_affine(graph_of(one, affine(over_channels(GAIN), row, "one"))).nodes
    assert isinstance(folded, Affine)
    assert (folded.inputs, folded.output) == (("x",), "y")
    x = random.normal(size=(3, 6, 3))
    expected = over_channels(GAIN) * (pixels * x + over_channels(OFFSET)) + row
    # a few roundings of float64
    np.testing.assert_allclose(folded.gain * x + folded.offset, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("part", ["gain", "offset"])
@pytest.mark.parametrize("shape", [(1, 6, 3), (3, 6, 3), (1, 1, 3), (1, 6, 1)], ids=str)
def test_what_differs_between_pixels_is_not_folded_into_a_convolution(part: str, shape: tuple[int, ...]) -> None:
    """A row of as many pixels as there are channels, (1, 1, 3), is none of the channels'."""
    parts = {"gain": np.ones((1, 1, 1)), "offset": np.zeros((1, 1, 1))}
    parts[part] = np.random.default_rng(0).normal(size=shape)
    graph = graph_of(conv(), affine(**parts))
    assert fold_affine(graph).nodes == graph.nodes


def test_an_affine_per_pixel_after_a_full_connection_is_folded() -> None:
    layer = Dense("DENSE", ("x",), "dense", (3,), np.ones((3, 4)), np.zeros(3))
    graph = Graph("m", "0" * 64, "x", (4,), "y", (layer, Affine("Y", ("dense",), "y", (3,), GAIN, OFFSET)))
    assert len(fold_affine(graph).nodes) == 1


@pytest.mark.parametrize("other", ["a second reader", "the output"])
def test_a_layer_that_is_read_elsewhere_is_left_alone(other: str) -> None:
    nodes = [conv(), affine(over_channels(GAIN), over_channels(OFFSET))]
    if other == "a second reader":
        nodes.append(affine(over_channels(GAIN), over_channels(OFFSET), output="z"))
    graph = graph_of(*nodes, output="conv" if other == "the output" else "y")
    assert fold_affine(graph).nodes == graph.nodes


def test_the_graph_given_is_not_changed() -> None:
    layer = conv()
    weight = layer.weight.copy()
    graph = graph_of(layer, affine(over_channels(GAIN), over_channels(OFFSET)))
    fold_affine(graph)
    assert len(graph.nodes) == 2
    np.testing.assert_array_equal(layer.weight, weight)


def chain(b) -> Path:
    x = b.conv("input", "conv", (8, 2, 3, 3), pads=[1, 1, 1, 1])
    for i, shape in enumerate([(8, 1, 1), (), (1, 8, 1), (1, 1, 8), (8, 8, 8), (8, 1, 1)]):
        x = b.node("Mul", [x, b.constant(f"gain{i}", b.random.uniform(0.5, 2, shape))], f"scaled{i}")
        x = b.node("Sub", [x, b.constant(f"offset{i}", b.random.normal(size=shape))], f"moved{i}")
    y = b.node("Neg", [b.relu(x, "relu")], "negative")
    b.classifier(b.node("Sub", [y, b.conv("relu", "second", (8, 8, 1, 1))], "difference"), 8)
    return b


def test_the_function_is_kept(tmp_path: Path, new_model, tiny_images, evaluate, run_values) -> None:
    path = chain(new_model()).save(tmp_path / "m.onnx")
    graph = read(path)
    folded = fold_affine(graph)
    # conv with two, one for all pixels, and −1 of the second convolution
    assert sum(isinstance(node, Affine) for node in folded.nodes) == 2
    before, after = evaluate(graph, tiny_images[:4]), evaluate(folded, tiny_images[:4])
    model = run_values(path, [name for name in after if name not in graph.internal], tiny_images[:4])
    for name, value in after.items():
        # exact in real numbers; float64
        np.testing.assert_allclose(value, before[name], rtol=1e-10, atol=1e-11, err_msg=name)
        if name in model:
            # float32 of onnxruntime: some roundings of numbers of up to a hundred
            np.testing.assert_allclose(value, model[name], rtol=1e-4, atol=1e-4, err_msg=name)


def test_the_nodes_stay_in_order(tmp_path: Path, new_model) -> None:
    folded = fold_affine(read(chain(new_model()).save(tmp_path / "m.onnx")))
    known = {folded.input}
    for node in folded.nodes:
        assert known.issuperset(node.inputs)
        known.add(node.output)


def test_folding_twice_is_folding_once(tmp_path: Path, new_model) -> None:
    once = fold_affine(read(chain(new_model()).save(tmp_path / "m.onnx")))
    assert all(a is b for a, b in zip(once.nodes, fold_affine(once).nodes, strict=True))
