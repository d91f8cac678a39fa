"""Max pooling before ReLUs: the same function, and pooled currents that the file does not have."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.graph.graph import AveragePool, Graph, MaxPool, Relu
from snnconv.graph.reading.reader import read
from snnconv.passes.pool_before_relu import pool_before_relu


def max_pool(b, x: str, output: str, **attributes) -> str:
    return b.node("MaxPool", [x], output, **({"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4} | attributes))


def stem(b, *, cap: float | None = None, elsewhere: bool = False, pools: int = 1):
    x = b.conv("input", "conv", (4, 2, 3, 3), bias=True)
    limits = [b.constant("low", 0)] + ([] if cap is None else [b.constant("high", cap)])
    x = b.node("Clip", [x, *limits], "relu")
    for i in range(pools):
        x = max_pool(b, x, f"pool{i}")
    if elsewhere:
        x = b.add(x, b.node("AveragePool", ["relu"], "average", kernel_shape=[2, 2], strides=[2, 2]), "sum")
    b.classifier(x, 4)
    return b


def pooled(graph: Graph) -> list[tuple[str, str, str]]:
    return [(type(n).__name__, n.inputs[0], n.output) for n in graph.nodes if isinstance(n, MaxPool | Relu)]


def test_the_relu_comes_behind(tmp_path: Path, new_model) -> None:
    graph = read(stem(new_model()).save(tmp_path / "m.onnx"))
    moved = pool_before_relu(graph)
    assert pooled(graph) == [("Relu", "conv", "relu"), ("MaxPool", "relu", "pool0")]
    assert pooled(moved) == [("MaxPool", "conv", "pool0/currents"), ("Relu", "pool0/currents", "pool0")]
    assert set(moved.internal) == {"pool0/currents"}
    assert set(graph.internal) == set()
    before, after = graph.producer("pool0"), moved.producer("pool0/currents")
    assert isinstance(before, MaxPool)
    assert isinstance(after, MaxPool)
    assert (after.kernel, after.strides, after.pads, after.shape) == (
        before.kernel,
        before.strides,
        before.pads,
        before.shape,
    )
    assert moved.shape_of("pool0") == before.shape


def test_the_pooled_currents_never_have_the_name_of_another_value(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.relu(b.conv("input", "pool/currents", (4, 2, 3, 3)), "relu")
    b.classifier(max_pool(b, x, "pool"), 4)
    moved = pool_before_relu(read(b.save(tmp_path / "m.onnx")))
    assert [node.output for node in moved.nodes][:3] == ["pool/currents", "pool/currents~", "pool"]


def test_poolings_of_poolings_all_come_before(tmp_path: Path, new_model) -> None:
    moved = pool_before_relu(read(stem(new_model(), pools=2).save(tmp_path / "m.onnx")))
    assert pooled(moved) == [
        ("MaxPool", "conv", "pool0/currents"),
        ("MaxPool", "pool0/currents", "pool1/currents"),
        ("Relu", "pool1/currents", "pool1"),
    ]


def test_a_relu_that_others_read_stays_for_them(tmp_path: Path, new_model) -> None:
    moved = pool_before_relu(read(stem(new_model(), elsewhere=True).save(tmp_path / "m.onnx")))
    assert pooled(moved) == [
        ("Relu", "conv", "relu"),
        ("MaxPool", "conv", "pool0/currents"),
        ("Relu", "pool0/currents", "pool0"),
    ]
    assert any(isinstance(node, AveragePool) and node.inputs == ("relu",) for node in moved.nodes)


def test_a_pooling_of_currents_and_other_poolings_are_left_alone(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = max_pool(b, b.conv("input", "conv", (4, 2, 3, 3)), "pool")
    x = b.node("AveragePool", [b.relu(x, "relu")], "average", kernel_shape=[2, 2])
    b.classifier(x, 4)
    graph = read(b.save(tmp_path / "m.onnx"))
    assert pool_before_relu(graph).nodes == graph.nodes


@pytest.mark.parametrize("form", [{}, {"cap": 0.5}, {"elsewhere": True}, {"pools": 2, "cap": 0.5}], ids=str)
def test_the_function_is_kept(tmp_path: Path, new_model, tiny_images, evaluate, run_values, form) -> None:
    path = stem(new_model(), **form).save(tmp_path / "m.onnx")
    graph = read(path)
    before, after = evaluate(graph, tiny_images), evaluate(pool_before_relu(graph), tiny_images)
    for name in set(before) & set(after):
        # exact: the largest of the same numbers
        np.testing.assert_array_equal(after[name], before[name], err_msg=name)
    expected = run_values(path, ["logits"], tiny_images)["logits"]
    # float32 against float64 after two short sums
    np.testing.assert_allclose(after["logits"], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("form", [{"elsewhere": True}, {"pools": 2}], ids=str)
def test_moving_twice_is_moving_once(tmp_path: Path, new_model, form) -> None:
    once = pool_before_relu(read(stem(new_model(), **form).save(tmp_path / "m.onnx")))
    twice = pool_before_relu(once)
    assert (len(twice.nodes), twice.internal) == (len(once.nodes), once.internal)
    assert all(a is b for a, b in zip(once.nodes, twice.nodes, strict=True))
