"""Whole models become graphs; what cannot be converted is named at once."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from snnconv.errors import ModelError, UnsupportedOperatorError
from snnconv.files.hashing import sha256_of_file
from snnconv.graph.graph import Add, AveragePool, BatchNorm, Conv, Dense, Flatten, Relu, Select
from snnconv.graph.ops import READERS
from snnconv.graph.reader import read

GOLDEN_OPERATORS = [
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Conv",
    "Dropout",
    "Flatten",
    "Gemm",
    "GlobalAveragePool",
    "Identity",
    "MatMul",
    "Pad",
    "ReduceMean",
    "Relu",
    "Reshape",
    "Slice",
    "Squeeze",
]


def test_the_supported_operators_are_these() -> None:
    assert sorted(READERS) == GOLDEN_OPERATORS


def test_a_residual_network_is_read(tiny_resnet: Path) -> None:
    graph = read(tiny_resnet)
    assert (graph.name, graph.sha256) == ("tiny.onnx", sha256_of_file(tiny_resnet))
    assert (graph.input, graph.input_shape, graph.output, graph.class_count) == ("input", (2, 8, 8), "logits", 5)
    kinds = [type(node) for node in graph.nodes]
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    assert counts == {Conv: 8, BatchNorm: 8, Relu: 7, Add: 3, Select: 2, AveragePool: 2, Flatten: 1, Dense: 1}
    assert {value: graph.shape_of(value) for value in ("relu1", "shortcut2", "average", "pooled", "flat")} == {
        "relu1": (4, 8, 8),
        "shortcut2": (8, 4, 4),
        "average": (8, 2, 2),
        "pooled": (6, 1, 1),
        "flat": (6,),
    }


def test_names_are_those_of_the_file(tiny_resnet: Path) -> None:
    graph = read(tiny_resnet)
    conv = graph.producer("conv4")
    assert conv is not None
    assert (conv.name, conv.inputs, conv.shape) == ("CONV4", ("relu3",), (8, 4, 4))
    assert [node.name for node in graph.readers("relu3")] == ["CONV4", "SHORTCUT2_SLICE"]


def test_nodes_are_in_topological_order(tiny_resnet: Path) -> None:
    graph = read(tiny_resnet)
    known = {graph.input}
    for node in graph.nodes:
        assert known.issuperset(node.inputs)
        known.add(node.output)


def test_the_shapes_are_those_of_onnxruntime(tiny_resnet: Path, tiny_images, run_values) -> None:
    graph = read(tiny_resnet)
    values = run_values(tiny_resnet, [node.output for node in graph.nodes], tiny_images[:3])
    assert {name: value.shape for name, value in values.items()} == {
        node.output: (3, *node.shape) for node in graph.nodes
    }


def test_the_graph_computes_what_the_model_computes(tiny_resnet: Path, tiny_images, run_values, evaluate) -> None:
    graph = read(tiny_resnet)
    expected = run_values(tiny_resnet, [node.output for node in graph.nodes], tiny_images[:3])
    for name, value in evaluate(graph, tiny_images[:3]).items():
        # float32 against float64 after at most 10 layers of at most 72 products each
        np.testing.assert_allclose(expected[name], value, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_fixed_batch_size_changes_nothing(tmp_path: Path, new_residual_network, tiny_resnet, batch: int) -> None:
    fixed = read(new_residual_network(batch=batch).save(tmp_path / "m.onnx"))
    assert [(type(node), node.output, node.shape) for node in fixed.nodes] == [
        (type(node), node.output, node.shape) for node in read(tiny_resnet).nodes
    ]


def test_the_sample_model_is_read(sample_model: Path) -> None:
    graph = read(sample_model)
    assert (graph.input_shape, graph.class_count) == ((1, 8, 8), 10)
    assert sum(isinstance(node, Add) for node in graph.nodes) == 6


def test_an_output_behind_an_identity_is_followed(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Identity", [b.classifier("input", 2)], "renamed")
    graph = read(b.save(tmp_path / "m.onnx", "renamed"))
    assert isinstance(graph.producer(graph.output), Dense)
    assert graph.class_count == 5


def test_identity_and_dropout_inside_are_passed_through(
    tmp_path: Path, new_model, tiny_images, run_values, evaluate
) -> None:
    b = new_model()
    x = b.relu(b.conv("input", "conv", (4, 2, 1, 1)), "relu")
    x = b.node("Identity", [x], "same")
    b.classifier(b.node("Dropout", [x], "dropped"), 4)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert [type(node) for node in graph.nodes] == [Conv, Relu, AveragePool, Flatten, Dense]
    expected = run_values(path, ["logits"], tiny_images)["logits"]
    # float32 against float64, two short sums
    np.testing.assert_allclose(evaluate(graph, tiny_images)[graph.output], expected, rtol=1e-5, atol=1e-5)


def test_shape_arithmetic_is_folded(tmp_path: Path, new_model) -> None:
    b = new_model()
    pooled = b.node("GlobalAveragePool", ["input"], "pooled")
    shape = b.node("Shape", [pooled], "shape")
    batch = b.node("Gather", [shape, b.constant("zero", [0], np.int64)], "batch", axis=0)
    target = b.node("Concat", [batch, b.constant("rest", [-1], np.int64)], "target", axis=0)
    b.gemm(b.node("Reshape", [pooled, target], "flat"), "logits", 2, 5)
    graph = read(b.save(tmp_path / "m.onnx"))
    assert [type(node) for node in graph.nodes] == [AveragePool, Flatten, Dense]


def test_weights_behind_a_constant_node_are_found(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier(b.conv("input", "conv", (4, 2, 1, 1)), 4)
    weight = b.constants.pop("conv.weight").astype(np.float32)
    constant = numpy_helper.from_array(weight)
    b.nodes.insert(0, helper.make_node("Constant", [], ["conv.weight"], value=constant))
    conv = read(b.save(tmp_path / "m.onnx")).nodes[0]
    assert isinstance(conv, Conv)
    np.testing.assert_array_equal(conv.weight, weight)


def test_every_unsupported_operator_is_named_at_once(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.node("Sigmoid", ["input"], "gate")
    x = b.node("MaxPool", [b.relu(x, "relu")], "max", kernel_shape=[2, 2])
    x = b.node("Swish", [x], "swish", domain="my.ops")
    b.node("HardSwish", [x], "hard")
    b.nodes[-1].name = ""
    b.classifier("hard", 2)
    path = b.save(tmp_path / "m.onnx")
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path} cannot be converted, 4 nodes not supported: "
        "Sigmoid GATE; MaxPool MAX; my.ops.Swish SWISH; HardSwish HardSwish:hard. "
        f"Supported operators: {', '.join(GOLDEN_OPERATORS)}"
    )


def test_a_supported_name_of_another_domain_is_not_supported(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier(b.node("Relu", ["input"], "relu", domain="my.ops"), 2)
    with pytest.raises(UnsupportedOperatorError, match=r"1 node not supported: my\.ops\.Relu RELU\. Supported"):
        read(b.save(tmp_path / "m.onnx"))


def test_every_unsupported_form_is_named_at_once(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.conv("input", "conv", (4, 2, 3, 3), auto_pad="SAME_UPPER")
    x = b.node("AveragePool", [x], "average", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    b.classifier(x, 4)
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert (
        "2 nodes not supported: Conv CONV (auto_pad=SAME_UPPER is not supported; export with explicit pads); "
        "AveragePool AVERAGE (ceil_mode=1 is not supported). "
    ) in str(caught.value)


def test_a_value_that_does_not_come_from_the_image_is_named(tmp_path: Path, new_model) -> None:
    b = new_model(batch=1)
    noise = b.node("RandomNormal", [], "noise", shape=[1, 2, 8, 8])
    b.classifier(b.add("input", noise, "sum"), 2)
    with pytest.raises(UnsupportedOperatorError, match=r"RandomNormal NOISE \(no such operator is supported\)"):
        read(b.save(tmp_path / "m.onnx"))


def test_an_output_that_is_no_list_of_logits_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.relu("input", "relu")
    with pytest.raises(ModelError, match=r"the output relu has shape \(2, 8, 8\) per image, \(classes,\) is expected"):
        read(b.save(tmp_path / "m.onnx", "relu", rank=4))


def test_an_output_that_is_the_image_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Identity", ["input"], "same")
    with pytest.raises(ModelError, match="is not made by a supported layer; end with a classifier"):
        read(b.save(tmp_path / "m.onnx", "same", rank=4))
