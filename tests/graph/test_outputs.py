"""Which value is the network's output, and what may stand behind it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from snnconv.errors import ModelError, UnsupportedOperatorError
from snnconv.graph.graph import Conv, Dense, Flatten, MaxPool, Relu
from snnconv.graph.reading.reader import Fate, read, survey


def test_an_output_behind_an_identity_is_followed(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Identity", [b.classifier("input", 2)], "renamed")
    graph = read(b.save(tmp_path / "m.onnx", "renamed"))
    assert isinstance(graph.producer(graph.output), Dense)
    assert graph.class_count == 5


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


def ends(b, *ops: tuple[str, dict]) -> str:
    """Give a classifier with operators behind it; the output of the last one."""
    x = b.classifier(b.relu(b.conv("input", "conv", (4, 2, 1, 1)), "relu"), 4)
    for op, attributes in ops:
        x = b.node(op, [x], f"{x}_{op.lower()}", **attributes)
    return x


def _type_output(path: Path, kind: int) -> None:
    """Give the output of a model another element type."""
    model = onnx.load(path)
    model.graph.output[0].type.tensor_type.elem_type = kind
    onnx.save(model, path)


@pytest.mark.parametrize(
    "ops",
    [
        [("Softmax", {})],
        [("Softmax", {"axis": 1}), ("Identity", {})],
        [("LogSoftmax", {"axis": -1})],
        [("Sigmoid", {})],
        [("ArgMax", {"axis": 1})],
        [("Softmax", {}), ("ArgMax", {"axis": 1, "keepdims": 0}), ("Cast", {"to": 6})],
        [("Dropout", {}), ("Softmax", {}), ("Flatten", {})],
    ],
    ids=lambda ops: "-".join(op for op, _ in ops),
)
def test_what_stands_behind_the_logits_is_left_out(tmp_path: Path, new_model, ops) -> None:
    b = new_model()
    path = b.save(tmp_path / "m.onnx", ends(b, *ops))
    _type_output(path, {"ArgMax": TensorProto.INT64, "Cast": TensorProto.INT32}.get(ops[-1][0], TensorProto.FLOAT))
    found = survey(path)
    assert found.graph is not None
    assert found.graph.output == "logits"
    assert found.output.endswith(ops[-1][0].lower())
    fates = {finding.op: finding.fate for finding in found.findings}
    assert fates[ops[-1][0]] in (Fate.LEFT_OUT, Fate.PASSED)
    assert all(fates[op] is Fate.LEFT_OUT for op, _ in ops if op in ("Softmax", "Sigmoid", "ArgMax", "LogSoftmax"))


@pytest.mark.parametrize(
    ("op", "attributes", "opset"), [("Softmax", {"axis": 0}, 17), ("ArgMax", {}, 17), ("Softmax", {"axis": 0}, 11)]
)
def test_an_end_along_another_axis_is_refused(tmp_path: Path, new_model, op, attributes, opset) -> None:
    b = new_model()
    path = b.save(tmp_path / "m.onnx", ends(b, (op, attributes), ("Identity", {})), opset=opset)
    _type_output(path, TensorProto.INT64 if op == "ArgMax" else TensorProto.FLOAT)
    with pytest.raises(UnsupportedOperatorError, match=rf"{op} LOGITS_{op.upper()} \(it works on the batch axis\)"):
        read(path)


def test_the_default_axis_of_an_old_softmax_is_that_of_the_classes(tmp_path: Path, new_model) -> None:
    b = new_model()
    assert read(b.save(tmp_path / "m.onnx", ends(b, ("Softmax", {})), opset=11)).output == "logits"


@pytest.fixture
def two_outputs(tmp_path: Path, new_model) -> Path:
    """Give a model with an auxiliary classifier, whose first output is read inside the network too."""
    b = new_model()
    x = b.relu(b.conv("input", "conv", (4, 2, 3, 3)), "relu")
    b.gemm(b.node("Flatten", [b.node("GlobalMaxPool", [x], "top")], "features"), "auxiliary", 4, 3)
    b.gemm(b.relu("auxiliary", "hidden"), "logits", 3, 5)
    return b.save(tmp_path / "m.onnx", ["auxiliary", "logits"])


@pytest.mark.parametrize(
    ("output", "kinds"),
    [
        (None, [Conv, Relu, MaxPool, Flatten, Dense]),
        ("auxiliary", [Conv, Relu, MaxPool, Flatten, Dense]),
        ("logits", [Conv, Relu, MaxPool, Flatten, Dense, Relu, Dense]),
        ("features", [Conv, Relu, MaxPool, Flatten]),
        ("hidden", [Conv, Relu, MaxPool, Flatten, Dense, Relu]),
    ],
)
def test_the_output_is_the_first_or_the_one_that_is_named(
    two_outputs: Path, tiny_images, run_values, evaluate, output: str | None, kinds: list[type]
) -> None:
    graph = read(two_outputs, output)
    assert graph.output == (output or "auxiliary")
    assert [type(node) for node in graph.nodes] == kinds
    expected = run_values(two_outputs, [graph.output], tiny_images)[graph.output]
    # float32 against float64 after a few layers
    np.testing.assert_allclose(evaluate(graph, tiny_images)[graph.output], expected, rtol=1e-5, atol=1e-5)


def test_an_output_that_does_not_exist_is_refused(two_outputs: Path) -> None:
    with pytest.raises(ModelError, match=r"m\.onnx has no value none; its outputs are auxiliary, logits$"):
        read(two_outputs, "none")


@pytest.mark.parametrize("output", ["input", "auxiliary.weight"])
def test_an_output_that_no_node_makes_is_refused(two_outputs: Path, output: str) -> None:
    with pytest.raises(ModelError, match=rf"has no value {output}; its outputs are auxiliary, logits$"):
        read(two_outputs, output)


def test_an_output_that_is_no_list_names_the_others(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier(b.relu("input", "relu"), 2)
    with pytest.raises(ModelError, match=r"\(classes,\) is expected; --output chooses another: logits$"):
        read(b.save(tmp_path / "m.onnx", ["relu", "logits"]))


def test_only_what_the_output_needs_must_be_supported(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier("input", 2)
    b.node("Erf", [b.node("Tanh", ["flat"], "tanh")], "erf")
    path = b.save(tmp_path / "m.onnx", ["logits", "erf"])
    assert read(path).output == "logits"
    with pytest.raises(UnsupportedOperatorError, match=r"2 nodes not supported: Tanh TANH .*; Erf ERF"):
        read(path, "erf")


@pytest.mark.parametrize("output", ["values", "indices"])
@pytest.mark.parametrize("softmax", [True, False])
def test_the_best_classes_at_the_end_are_left_out(tmp_path: Path, new_model, output: str, softmax: bool) -> None:
    b = new_model()
    x = ends(b, *[("Softmax", {"axis": 1})] * softmax)
    b.node("TopK", [x, b.constant("k", [2], np.int64)], "values")
    b.nodes[-1].output.append("indices")
    path = b.save(tmp_path / "m.onnx", "values")
    found = survey(path, output)
    assert found.graph is not None
    assert found.graph.output == "logits"
    assert {finding.op: finding.fate for finding in found.findings}["TopK"] is Fate.LEFT_OUT


def test_the_worst_classes_at_the_end_are_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("TopK", [ends(b), b.constant("k", [2], np.int64)], "values", largest=0)
    b.nodes[-1].output.append("indices")
    with pytest.raises(UnsupportedOperatorError, match=r"TopK VALUES \(it gives the smallest, and the network decides"):
        read(b.save(tmp_path / "m.onnx", "values"))


def _divided(b, x: str, norm: str) -> str:
    norm = b.node("Clip", [norm, b.constant("least", 1e-12)], "clipped")
    return b.node("Div", [x, b.node("Expand", [norm, b.node("Shape", [x], "shape")], "wide")], "unit")


def _root(b, x: str, squares: str) -> str:
    total = b.node("ReduceSum", [squares, b.constant("axis", [1], np.int64)], "total")
    return _divided(b, x, b.node("Sqrt", [total], "norm"))


NORMS = {
    "ReduceL2": lambda b, x: _divided(b, x, b.node("ReduceL2", [x], "norm", axes=[1])),
    "LpNormalization": lambda b, x: b.node("LpNormalization", [x], "unit", axis=1),
    "ReduceSumSquare": lambda b, x: _divided(
        b, x, b.node("Sqrt", [b.node("ReduceSumSquare", [x], "squares", axes=[1])], "norm")
    ),
    "Mul": lambda b, x: _root(b, x, b.node("Mul", [x, x], "squares")),
    "Pow": lambda b, x: _root(b, x, b.node("Pow", [x, b.constant("two", 2)], "squares")),
}


@pytest.mark.parametrize("head", [False, True])
@pytest.mark.parametrize(("op", "form"), NORMS.items(), ids=NORMS.keys())
def test_the_norm_of_an_embedding_names_the_output_to_take(
    tmp_path: Path, new_model, op: str, form, head: bool
) -> None:
    b = new_model()
    x = b.relu(b.conv("input", "conv", (4, 2, 3, 3)), "relu")
    y = form(b, b.gemm(b.node("Flatten", [b.node("GlobalAveragePool", [x], "pooled")], "flat"), "embedding", 4, 6))
    path = b.save(tmp_path / "m.onnx", b.gemm(y, "logits", 6, 3) if head else y)
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(path)
    # x · x is told as the part of GELU or of a norm that it may be
    told = "train with ReLU and BatchNorm" if op == "Mul" else "--output embedding takes the"
    assert told in str(caught.value)
    # what it says can be done
    assert read(path, "embedding").class_count == 6


def test_a_first_power_is_nothing(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Pow", [ends(b), b.constant("one", 1)], "same")
    assert read(b.save(tmp_path / "m.onnx", "same")).output == "logits"
