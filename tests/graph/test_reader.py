"""Whole models become graphs; what cannot be converted is named at once."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from snnconv.errors import UnsupportedOperatorError
from snnconv.files.hashing import sha256_of_file
from snnconv.graph.graph import Add, AveragePool, BatchNorm, Conv, Dense, Flatten, Relu, Select
from snnconv.graph.reading.advice import GELU
from snnconv.graph.reading.ops import readers
from snnconv.graph.reading.reader import Fate, read, survey

GOLDEN_OPERATORS = (
    "Abs Add ArgMax AveragePool BatchNormalization Cast CastLike Clip Concat Conv DepthToSpace Div Dropout Expand "
    "Flatten Gather GatherND Gemm GlobalAveragePool GlobalMaxPool HardSigmoid Hardmax Identity LeakyRelu "
    "LogSoftmax LpNormalization MatMul Max MaxPool Mean Min Mul Neg PRelu Pad Pow ReduceL2 ReduceMax ReduceMean "
    "ReduceSum ReduceSumSquare Relu Reshape Shrink Sigmoid Slice Softmax SpaceToDepth Split Squeeze Sub Sum Tile "
    "TopK Transpose Unsqueeze"
)


def test_the_supported_operators_are_these() -> None:
    assert sorted(readers()) == GOLDEN_OPERATORS.split()


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
    # what only reads a refused value is no reason of its own
    x = b.node("MaxPool", [b.relu(b.node("Erf", ["input"], "erf"), "relu")], "max", kernel_shape=[2, 2])
    x = b.node("HardSwish", [b.node("LeakyRelu", [b.add(x, x, "double")], "leaky")], "hard")
    b.nodes[-1].name = ""
    x = b.add(x, b.node("Swish", ["input"], "swish", domain="my.ops"), "sum")
    b.classifier(b.conv(x, "conv", (2, 2, 1, 1)), 2)
    path = b.save(tmp_path / "m.onnx")
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(path)
    smooth = "it is no ReLU, and IF neurons compute ReLUs; train with ReLU"
    assert str(caught.value) == (
        f"{path} cannot be converted, 3 nodes not supported: Erf ERF ({GELU}); HardSwish HardSwish:hard, "
        f"my.ops.Swish SWISH ({smooth})"
    )


def test_a_supported_name_of_another_domain_is_not_supported(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier(b.node("Relu", ["input"], "relu", domain="my.ops"), 2)
    with pytest.raises(
        UnsupportedOperatorError, match=r"1 node not supported: my\.ops\.Relu RELU \(only my\.ops knows such an"
    ):
        read(b.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize(
    ("op", "advice"),
    [
        ("Sigmoid", "inside the network it has no spiking form; only at the end it can be left out"),
        ("InstanceNormalization", "it normalises by statistics of each image, which has no spiking form"),
        ("ConvTranspose", "it makes maps larger, which classifiers do not"),
        ("CumSum", "no such operator is supported; docs/onnx.md lists those that are"),
        ("Sign", "its function is none that ReLUs compute; use a network of convolutions, ReLUs and sums"),
    ],
)
def test_what_to_do_is_said(tmp_path: Path, new_model, op: str, advice: str) -> None:
    b = new_model()
    more = {
        "InstanceNormalization": [b.constant("s", [1, 1]), b.constant("b", [0, 0])],
        "CumSum": [b.constant("a", 2, np.int64)],
        "ConvTranspose": [b.constant("w", np.ones((2, 2, 3, 3)))],
    }
    b.classifier(b.relu(b.node(op, ["input", *more.get(op, [])], "y"), "relu"), 2)
    with pytest.raises(UnsupportedOperatorError, match=rf"1 node not supported: {op} Y \({advice}"):
        read(b.save(tmp_path / "m.onnx"))


def test_every_unsupported_form_is_named_at_once(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.node("Dropout", ["input", b.constant("r", 0.5), b.constant("t", True, bool)], "dropout")
    y = b.node("Div", [b.constant("c", 1), "input"], "part")
    b.classifier(b.add(x, y, "sum"), 2)
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert (
        "2 nodes not supported: Dropout DROPOUT (it is in training mode; export the model in evaluation mode); "
        "Div PART (it divides by a value of the network, which has no spiking form;"
    ) in str(caught.value)


def test_a_value_that_does_not_come_from_the_image_is_named(tmp_path: Path, new_model) -> None:
    b = new_model(batch=1)
    noise = b.node("RandomNormal", [], "noise", shape=[1, 2, 8, 8])
    b.classifier(b.add("input", noise, "sum"), 2)
    with pytest.raises(UnsupportedOperatorError, match=r"RandomNormal NOISE \(it draws at random; export"):
        read(b.save(tmp_path / "m.onnx"))


def test_a_value_with_two_names_is_one(tmp_path: Path, new_model, tiny_images, run_values, evaluate) -> None:
    b = new_model()
    x = b.relu(b.conv("input", "conv", (4, 2, 1, 1)), "relu")
    same = b.node("Identity", [b.node("Dropout", [x], "dropped")], "same")
    b.classifier(b.add(b.conv(same, "second", (4, 4, 1, 1)), x, "sum"), 4)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert {node.inputs for node in graph.nodes if node.output in ("second", "sum")} == {("relu",), ("second", "relu")}
    expected = run_values(path, ["logits"], tiny_images)["logits"]
    # float32 against float64, a few short sums
    np.testing.assert_allclose(evaluate(graph, tiny_images)["logits"], expected, rtol=1e-5, atol=1e-5)


def test_what_becomes_of_each_node_is_said(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.node("Identity", [b.conv("input", "conv", (4, 2, 1, 1))], "same")
    x = b.node("Sub", [b.relu(x, "a"), b.node("Elu", ["conv"], "b")], "difference")
    b.classifier(x, 4)
    b.node("Softmax", ["logits"], "probabilities")
    found = survey(b.save(tmp_path / "m.onnx", "probabilities"))
    assert found.graph is None
    assert [(f.name, f.op, f.fate) for f in found.findings] == [
        ("CONV", "Conv", Fate.READ),
        ("SAME", "Identity", Fate.PASSED),
        ("A", "Relu", Fate.READ),
        ("B", "Elu", Fate.REFUSED),
    ]
    assert [f.name for f in found.refused] == ["B"]


def test_internal_values_are_those_that_the_file_does_not_have(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.node("Sub", [b.conv("input", "a", (4, 2, 1, 1)), b.conv("input", "b", (4, 2, 1, 1))], "difference")
    b.gemm(b.node("ReduceMean", [x], "mean", axes=[2, 3], keepdims=0), "logits", 4, 5)
    graph = read(b.save(tmp_path / "m.onnx"))
    assert graph.internal == {"difference/negative": "", "mean/pooled": "mean"}


def test_an_internal_value_never_has_the_name_of_another(tmp_path: Path, new_model, tiny_images, run_values, evaluate):
    b = new_model()
    x, y = b.conv("input", "z/negative", (4, 2, 1, 1)), b.conv("input", "z/pooled", (4, 2, 1, 1))
    x = b.relu(b.node("Sub", [x, y], "z"), "z/pooled~")
    b.gemm(b.node("ReduceMean", [x], "m", axes=[2, 3], keepdims=0), "m/pooled", 4, 5)
    path = b.save(tmp_path / "m.onnx", "m/pooled")
    graph = read(path)
    outputs = [node.output for node in graph.nodes]
    assert len(set(outputs)) == len(outputs)
    assert graph.internal == {"m/pooled~": "m", "z/negative~": ""}
    expected = run_values(path, ["m/pooled"], tiny_images)["m/pooled"]
    # float32 against float64, a few short sums
    np.testing.assert_allclose(evaluate(graph, tiny_images)["m/pooled"], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("batch", "axis", "refused"), [(None, 0, True), (None, 2, False), (3, 0, False)])
def test_what_computes_with_an_open_batch_size_is_refused(
    tmp_path: Path, new_model, batch: int | None, axis: int, refused: bool
) -> None:
    b = new_model(batch=batch)
    size = b.node("Gather", [b.node("Shape", ["input"], "shape"), b.constant("axis", axis, np.int64)], "size", axis=0)
    b.classifier(b.node("Div", ["input", b.node("Cast", [size], "number", to=1)], "x"), 2)
    path = b.save(tmp_path / "m.onnx")
    if refused:
        with pytest.raises(UnsupportedOperatorError, match="which changes with the batch size"):
            read(path)
    else:
        assert read(path).class_count == 5
