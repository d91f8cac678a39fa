"""ReLUs of ReLUs: the smaller cap stays."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.graph.graph import Graph, Relu
from snnconv.graph.reading.reader import read
from snnconv.passes.merge_relu import merge_relu


def relu(value: str, output: str, cap: float | None = None) -> Relu:
    return Relu(output.upper(), (value,), output, (3,), cap)


def graph_of(*nodes: Relu, output: str) -> Graph:
    return Graph("m", "0" * 64, "x", (3,), output, nodes)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(None, None, None), (None, 6.0, 6.0), (6.0, None, 6.0), (6.0, 1.0, 1.0), (1, 6, 1)],
)
def test_two_become_one(first: float | None, second: float | None, expected: float | None) -> None:
    (merged,) = merge_relu(graph_of(relu("x", "a", first), relu("a", "b", second), output="b")).nodes
    assert merged == Relu("B", ("x",), "b", (3,), expected)


def test_three_become_one() -> None:
    nodes = relu("x", "a"), relu("a", "b", 2.0), relu("b", "c", 3.0)
    assert merge_relu(graph_of(*nodes, output="c")).nodes == (Relu("C", ("x",), "c", (3,), 2.0),)


@pytest.mark.parametrize("other", ["a second reader", "the output"])
def test_a_first_one_that_is_read_elsewhere_stays(other: str) -> None:
    nodes = [relu("x", "a"), relu("a", "b", 1.0)]
    if other == "a second reader":
        nodes.append(relu("a", "c", 2.0))
    graph = graph_of(*nodes, output="a" if other == "the output" else "b")
    assert merge_relu(graph).nodes == graph.nodes


def test_the_function_is_kept(tmp_path: Path, new_model, tiny_images, evaluate, run_values) -> None:
    b = new_model()
    x = b.relu(b.conv("input", "conv", (4, 2, 3, 3)), "relu")
    b.classifier(b.relu(b.node("Min", [x, b.constant("cap", 0.7)], "capped"), "again"), 4)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    merged = merge_relu(graph)
    assert [node.cap for node in merged.nodes if isinstance(node, Relu)] == [float(np.float32(0.7))]
    after = evaluate(merged, tiny_images)
    np.testing.assert_array_equal(after["logits"], evaluate(graph, tiny_images)["logits"])
    # float32 against float64 after a sum of 18 products
    np.testing.assert_allclose(after["again"], run_values(path, ["again"], tiny_images)["again"], rtol=1e-5, atol=1e-6)


def test_merging_twice_is_merging_once(tiny_resnet: Path) -> None:
    once = merge_relu(read(tiny_resnet))
    assert once.nodes == merge_relu(once).nodes
