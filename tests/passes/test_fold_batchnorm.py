"""Folding: the formula, where it applies and where not, and the function kept."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.graph.graph import BatchNorm, Conv, Dense, Graph
from snnconv.graph.reading.reader import read
from snnconv.passes import run
from snnconv.passes.fold_batchnorm import fold_batchnorm

GAMMA = np.array([2.0, -1.0, 0.0])
BETA = np.array([0.5, 0.0, 1.0])
MEAN = np.array([1.0, -2.0, 3.0])
VARIANCE = np.array([3.0, 0.25, 8.0])
EPSILON = 1.0
# σ = √(var + ε) = 2, √1.25, 3
GAIN = np.array([1.0, -1 / np.sqrt(1.25), 0.0])


def norm(value: str, shape: tuple[int, ...]) -> BatchNorm:
    return BatchNorm("NORM", (value,), "norm", shape, GAMMA, BETA, MEAN, VARIANCE, EPSILON)


def conv(bias: np.ndarray) -> Conv:
    weight = np.random.default_rng(0).normal(size=(3, 2, 3, 3))
    return Conv("CONV", ("x",), "conv", (3, 6, 6), weight, bias, (1, 1), (0, 0, 0, 0), (1, 1), 1)


def dense(bias: np.ndarray) -> Dense:
    weight = np.random.default_rng(0).normal(size=(3, 4))
    return Dense("DENSE", ("x",), "dense", (3,), weight, bias)


def same_nodes(first: Graph, second: Graph) -> bool:
    # the arrays of nodes that were not touched are the same objects
    return all(a is b for a, b in zip(first.nodes, second.nodes, strict=True))


def test_a_convolution_takes_up_the_formula() -> None:
    layer = conv(np.array([0.1, 0.2, 0.3]))
    graph = Graph("m", "0" * 64, "x", (2, 8, 8), "norm", (layer, norm("conv", (3, 6, 6))))
    (folded,) = fold_batchnorm(graph).nodes
    assert isinstance(folded, Conv)
    assert (folded.name, folded.inputs, folded.output, folded.shape) == ("CONV", ("x",), "norm", (3, 6, 6))
    # float64 throughout: a few roundings
    np.testing.assert_allclose(folded.weight[0], layer.weight[0], rtol=1e-15)
    np.testing.assert_allclose(folded.weight[1], layer.weight[1] * -0.8944271909999159, rtol=1e-15)
    np.testing.assert_array_equal(folded.weight[2], 0)
    np.testing.assert_allclose(folded.bias, [0.1 - 1 + 0.5, -0.8944271909999159 * (0.2 + 2), 1.0], rtol=1e-14)


def test_a_full_connection_takes_up_the_formula() -> None:
    layer = dense(np.zeros(3))
    graph = Graph("m", "0" * 64, "x", (4,), "norm", (layer, norm("dense", (3,))))
    (folded,) = fold_batchnorm(graph).nodes
    assert isinstance(folded, Dense)
    # float64 throughout: a few roundings
    np.testing.assert_allclose(folded.weight, GAIN[:, None] * layer.weight, rtol=1e-15)
    np.testing.assert_allclose(folded.bias, BETA - MEAN * GAIN, rtol=1e-15)


def test_the_graph_given_is_not_changed() -> None:
    layer = conv(np.zeros(3))
    weight = layer.weight.copy()
    graph = Graph("m", "0" * 64, "x", (2, 8, 8), "norm", (layer, norm("conv", (3, 6, 6))))
    fold_batchnorm(graph)
    assert len(graph.nodes) == 2
    np.testing.assert_array_equal(layer.weight, weight)


def test_every_batchnorm_of_a_residual_network_is_folded(tiny_resnet: Path) -> None:
    graph = read(tiny_resnet)
    folded = fold_batchnorm(graph)
    kept = [node.output for node in graph.nodes if not isinstance(node, BatchNorm)]
    renamed = {f"conv{i}": f"bn{i}" for i in range(1, 8)} | {"projection": "projection_bn"}
    assert [node.output for node in folded.nodes] == [renamed.get(value, value) for value in kept]


def test_the_function_is_kept(tiny_resnet: Path, tiny_images, evaluate, run_values) -> None:
    graph = read(tiny_resnet)
    before, after = evaluate(graph, tiny_images[:4]), evaluate(fold_batchnorm(graph), tiny_images[:4])
    model = run_values(tiny_resnet, list(after), tiny_images[:4])
    assert len(after) == len(before) - 8
    for name, value in after.items():
        # exact in real numbers; float64 sums of at most 72 products
        np.testing.assert_allclose(value, before[name], rtol=1e-12, atol=1e-13, err_msg=name)
        # against float32 of onnxruntime
        np.testing.assert_allclose(value, model[name], rtol=1e-5, atol=1e-5, err_msg=name)


def test_folding_twice_is_folding_once(tiny_resnet: Path, sample_model: Path) -> None:
    for path in (tiny_resnet, sample_model):
        once = fold_batchnorm(read(path))
        assert same_nodes(once, fold_batchnorm(once))


def test_two_batchnorms_in_a_row_are_folded_one_by_one(tmp_path: Path, new_model, tiny_images, evaluate) -> None:
    b = new_model()
    b.classifier(b.batchnorm(b.batchnorm(b.conv("input", "conv", (4, 2, 1, 1)), "bn1", 4), "bn2", 4), 4)
    graph = read(b.save(tmp_path / "m.onnx"))
    once = fold_batchnorm(graph)
    twice = fold_batchnorm(once)
    assert [len(g.nodes) for g in (graph, once, twice)] == [6, 5, 4]
    expected = evaluate(graph, tiny_images)["logits"]
    for folded in (once, twice):
        # exact in real numbers; float64
        np.testing.assert_allclose(evaluate(folded, tiny_images)["logits"], expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("second", ["relu", "batchnorm", "output"])
def test_a_convolution_with_another_reader_is_left_alone(tmp_path: Path, new_model, second: str) -> None:
    b = new_model((2, 1, 1))
    x = b.conv("input", "conv", (5, 2, 1, 1))
    y = b.batchnorm(x, "bn1", 5)
    match second:
        case "relu":
            y = b.add(y, b.relu(x, "relu"), "sum")
        case "batchnorm":
            y = b.add(y, b.batchnorm(x, "bn2", 5), "sum")
        case "output":
            y = x
    b.node("Flatten", [y], "logits")
    graph = read(b.save(tmp_path / "m.onnx"))
    if second == "output":
        # the convolution's own value is asked for: nothing may take its place
        norms = (*graph.nodes[:1], BatchNorm("N", ("conv",), "n", (5, 1, 1), *np.ones((4, 5)), 0.0))
        graph = Graph(graph.name, graph.sha256, graph.input, graph.input_shape, "conv", norms)
    assert any(isinstance(node, BatchNorm) for node in graph.nodes)
    assert same_nodes(graph, fold_batchnorm(graph))


@pytest.mark.parametrize("place", ["input", "add", "pool", "relu", "before a padded convolution"])
def test_a_batchnorm_elsewhere_is_left_alone(
    tmp_path: Path, new_model, tiny_images, run_values, evaluate, place: str
) -> None:
    b = new_model()
    x = "input"
    match place:
        case "add":
            x = b.add("input", b.conv("input", "conv", (2, 2, 1, 1)), "sum")
        case "pool":
            x = b.node("AveragePool", ["input"], "average", kernel_shape=[2, 2])
        case "relu":
            x = b.relu("input", "relu")
    x = b.batchnorm(x, "bn", 2)
    if place == "before a padded convolution":
        x = b.conv(x, "conv", (2, 2, 3, 3), pads=[1, 1, 1, 1])
    b.classifier(b.relu(x, "last"), 2)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert same_nodes(graph, fold_batchnorm(graph))
    # lowered instead, with the same function: float32 of onnxruntime against float64
    after = evaluate(run(graph), tiny_images)["logits"]
    np.testing.assert_allclose(after, run_values(path, ["logits"], tiny_images)["logits"], rtol=1e-5, atol=1e-5)
