"""Operators that onnxruntime's optimiser puts together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from snnconv.errors import UnsupportedOperatorError
from snnconv.graph.graph import Conv, Relu
from snnconv.graph.guarding.onnx_file import load
from snnconv.graph.reading.reader import read, survey
from tests.graph.forms import end, flat, rectified

Builder = Any
OURS = {"domain": "com.microsoft"}


def conv(*more: str, **attributes: Any) -> Callable[[Builder], str]:
    def build(b: Builder) -> str:
        b.conv("input", "y", (2, 2, 3, 3), bias=True, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        node = b.nodes.pop()
        given = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]} | attributes
        summed = [rectified(b)] if more else []
        return b.node("FusedConv", [*node.input, *summed], "y", **given, **OURS)

    return build


def gemm(op: str = "FusedGemm", shape: tuple[int, int] = (2, 3), **attributes: Any) -> Callable[[Builder], str]:
    def build(b: Builder) -> str:
        bias = [b.constant("c", [1, 2, -3])] if op == "FusedGemm" else []
        return b.node(op, [flat(b), b.constant("w", b.random.normal(size=shape)), *bias], "y", **attributes, **OURS)

    return build


FORMS = {
    "relu": conv(activation="Relu"),
    "nothing": conv(),
    "leaky": conv(activation="LeakyRelu", activation_params=[0.2]),
    "clip": conv(activation="Clip", activation_params=[-0.25, 0.5]),
    "hard-sigmoid": conv(activation="HardSigmoid", activation_params=[0.3, 0.4]),
    "sum-and-relu": conv("sum", activation="Relu"),
    "strides": conv(activation="Relu", strides=[2, 2], dilations=[1, 2]),
    "gemm": gemm(activation="Relu"),
    "gemm-leaky": gemm(activation="LeakyRelu", activation_alpha=0.3, alpha=0.5),
    "gemm-turned": gemm(shape=(3, 2), transB=1, beta=2.0, activation="Relu"),
    "matmul": gemm("FusedMatMul", alpha=0.25),
    "matmul-turned": gemm("FusedMatMul", (3, 2), transB=1),
}


@pytest.mark.parametrize("build", FORMS.values(), ids=FORMS.keys())
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


def test_nodes_and_values_keep_their_names(tmp_path: Path, new_model) -> None:
    b = new_model()
    end(b, conv("sum", activation="Relu")(b))
    found = survey(b.save(tmp_path / "m.onnx"))
    assert [finding.name for finding in found.findings] == ["R", "Y", "Y/Add", "Y/Relu", "END_FLAT", "LOGITS"]
    assert found.graph is not None
    assert [node.output for node in found.graph.nodes if isinstance(node, Conv | Relu)] == ["r", "y/linear/conv", "y"]


def test_a_file_that_onnxruntime_saved_is_read(tmp_path: Path, new_residual_network, tiny_images, run_values) -> None:
    path = new_residual_network().save(tmp_path / "m.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "saved.onnx")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    assert "FusedConv" in {node.op_type for node in onnx.load(tmp_path / "saved.onnx").graph.node}
    assert "FusedConv" not in {node.op_type for node in load(tmp_path / "saved.onnx").model.graph.node}
    assert read(tmp_path / "saved.onnx").class_count == 5


REFUSED = {
    "tanh": (conv(activation="Tanh"), "Tanh Y/Tanh (it is no ReLU, and IF neurons compute ReLUs; train with ReLU)"),
    "another activation": (conv(activation="QuickGelu"), "com.microsoft.FusedConv Y (onnxruntime's optimiser"),
    "activation that is no text": (conv(activation=3), "com.microsoft.FusedConv Y (onnxruntime's optimiser"),
    "images turned": (gemm("FusedMatMul", (4, 3), transA=1), "com.microsoft.FusedMatMul Y (onnxruntime's optimiser"),
}


@pytest.mark.parametrize(("build", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_others_are_refused(tmp_path: Path, new_model, build: Callable[[Builder], str], message: str) -> None:
    b = new_model()
    end(b, build(b))
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert message in str(caught.value)


def test_blocked_layouts_are_refused_with_what_to_do(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Conv", ["input", b.constant("w", np.ones((8, 2, 3, 3)))], "y", domain="com.microsoft.nchwc")
    end(b, b.node("ReorderOutput", ["y"], "z", channels=8, domain="com.microsoft.nchwc"))
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    told = (
        "com.microsoft.nchwc.Conv Y, com.microsoft.nchwc.ReorderOutput Z (onnxruntime's optimiser put it in; convert "
        "the file that the exporter wrote"
    )
    assert told in str(caught.value)
