"""What a refusal says to do: the texts, what a refused node is recognised as, and that following it works."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from snnconv.errors import ModelError, UnsupportedOperatorError
from snnconv.graph.reading import advice
from snnconv.graph.reading.ops import readers
from snnconv.graph.reading.reader import read, survey
from tests.graph.forms import Builder, end, flat

INT = np.int64


def refused(b: Builder, path: Path) -> str:
    end(b, b.nodes[-1].output[0])
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(b.save(path))
    return str(caught.value)


def _conv(b: Builder, x: str, name: str, shape: tuple[int, ...] = (2, 2, 1, 1)) -> str:
    return str(b.conv(x, name, shape))


def swish(op: str) -> Callable[[Builder], str]:
    def build(b: Builder) -> str:
        x = _conv(b, "input", "conv")
        return str(b.node("Mul", [b.node(op, [x], "share"), x], "y"))

    return build


def gate(op: str) -> Callable[[Builder], str]:
    """Put squeeze-and-excitation behind a convolution."""

    def build(b: Builder) -> str:
        x = _conv(b, "input", "conv")
        squeezed = b.relu(_conv(b, b.node("GlobalAveragePool", [x], "squeezed"), "down", (1, 2, 1, 1)), "relu")
        share = b.node(op, [_conv(b, squeezed, "up", (2, 1, 1, 1))], "share")
        return str(b.node("Mul", [x, share], "y"))

    return build


def _capped(b: Builder, x: str) -> str:
    limits = [b.constant("low", 0), b.constant("high", 6)]
    six = b.node("Clip", [b.node("Add", [x, b.constant("three", 3)], "plus"), *limits], "six")
    return str(b.node("Div", [six, b.constant("sixth", 6)], "share"))


def hard_swish(b: Builder) -> str:
    x = _conv(b, "input", "conv")
    return str(b.node("Mul", [x, _capped(b, x)], "y"))


def hard_gate(b: Builder) -> str:
    x = _conv(b, "input", "conv")
    return str(b.node("Mul", [x, _capped(b, _conv(b, b.node("GlobalAveragePool", [x], "p"), "up"))], "y"))


def written_out(axes: list[int]) -> Callable[[Builder], str]:
    """Normalise by mean and variance over some axes, as exporters write it."""

    def build(b: Builder) -> str:
        x = _conv(b, "input", "conv")
        centred = b.node("Sub", [x, b.node("ReduceMean", [x], "mean", axes=axes)], "centred")
        square = b.node("Pow", [centred, b.constant("two", 2)], "square")
        deviation = b.node("Sqrt", [b.node("ReduceMean", [square], "variance", axes=axes)], "deviation")
        return str(b.node("Div", [centred, deviation], "y"))

    return build


def tanh_gelu(b: Builder) -> str:
    x = _conv(b, "input", "conv")
    return str(b.node("Tanh", [b.node("Pow", [x, b.constant("three", 3)], "cube")], "y"))


def attention(b: Builder) -> str:
    rows = b.node("MatMul", [_conv(b, "input", "q"), _conv(b, "input", "k")], "scores")
    return str(b.node("MatMul", [b.node("Softmax", [rows], "shares"), _conv(b, "input", "v")], "y"))


def shares_of_pixels(b: Builder) -> str:
    shares = b.node("Softmax", [_conv(b, "input", "q")], "shares")
    return str(b.node("MatMul", [shares, _conv(b, "input", "v")], "y"))


def made_weights(b: Builder) -> str:
    made = b.node("GlobalAveragePool", ["input"], "made")
    return str(b.node("Conv", ["input", made], "y"))


def square(b: Builder) -> str:
    x = _conv(b, "input", "conv")
    return str(b.node("Mul", [x, x], "y"))


def grouped(b: Builder) -> str:
    parts = b.node("Reshape", [_conv(b, "input", "conv"), b.constant("s", [0, 1, -1], INT)], "parts")
    gains = [b.constant("gain", [1]), b.constant("offset", [0])]
    return str(b.node("InstanceNormalization", [parts, *gains], "y"))


def heads(b: Builder) -> str:
    split = b.node("Reshape", [_conv(b, "input", "q"), b.constant("s", [0, 2, 4, 4, 4], INT)], "split")
    shares = b.node("Softmax", [b.node("MatMul", [split, split], "scores")], "shares")
    return str(b.node("MatMul", [shares, split], "y"))


PATTERNS = {
    "silu": (swish("Sigmoid"), "Sigmoid", "it is a part of SiLU or HardSwish (x times a sigmoid of x)"),
    "hard-swish": (swish("HardSigmoid"), "", "it is a part of SiLU or HardSwish"),
    "hard-swish-written-out": (hard_swish, "Mul", "it is a part of SiLU or HardSwish"),
    "square": (square, "Mul", "it multiplies a value by itself, as GELU and norms do"),
    "group-norm": (grouped, "", "(as LayerNorm, GroupNorm, InstanceNorm do)"),
    "heads": (heads, "", "attention has no spiking form here"),
    "gate": (gate("Sigmoid"), "Sigmoid", "as of squeeze-and-excitation"),
    "hard-gate": (gate("HardSigmoid"), "", "as of squeeze-and-excitation"),
    "hard-gate-written-out": (hard_gate, "Mul", "as of squeeze-and-excitation"),
    "layer-norm": (
        written_out([1]),
        "",
        "Sqrt DEVIATION (it normalises by statistics",
    ),
    "instance-norm": (written_out([2, 3]), "", "(as LayerNorm, GroupNorm, InstanceNorm do)"),
    "batch-statistics": (written_out([0, 2, 3]), "ReduceMean", "by statistics of the batch; export the model in eval"),
    "gelu-by-tanh": (tanh_gelu, "Pow", "it is a part of GELU"),
    "attention": (attention, "MatMul", "attention has no spiking form here; use a convolutional network"),
    "shares": (shares_of_pixels, "Softmax", "attention has no spiking form here"),
    "weights": (made_weights, "Conv", "its weights made depend on the image; use a layer whose weights are constant"),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_what_a_node_is_a_part_of_is_recognised(tmp_path: Path, new_model: Any, name: str) -> None:
    build, op, said = PATTERNS[name]
    b = new_model(batch=4) if name == "weights" else new_model()
    build(b)
    message = refused(b, tmp_path / "m.onnx")
    assert f": {op}" in message
    assert said in message
    # what it is, and what to do
    assert all("; " in one.why for one in survey(tmp_path / "m.onnx").refused)


def test_nothing_is_recognised_in_an_operator_of_that_name_of_another_domain(tmp_path: Path, new_model: Any) -> None:
    b = new_model()
    b.node("ReduceMean", [], "made", domain="my.ops")
    b.node("Sub", ["input", b.node("Sigmoid", ["input"], "mine", domain="my.ops")], "y")
    assert "only my.ops knows such an operator; export with standard ONNX operators" in refused(b, tmp_path / "m.onnx")


def test_a_plain_product_keeps_the_readers_reason(tmp_path: Path, new_model: Any) -> None:
    b = new_model()
    b.node("Mul", [_conv(b, "input", "a"), _conv(b, "input", "b")], "y")
    assert "it multiplies two values of the network (attention or gating)" in refused(b, tmp_path / "m.onnx")


def test_each_reason_says_what_to_do_and_no_operator_stands_behind_two() -> None:
    assert all("; " in reason for reason in advice.ADVICE.values())
    named = [op for ops in advice._REASONS.values() for op in ops.split()]
    assert len(named) == len(set(named))
    # what has a reader is refused in the reader's words
    assert not readers().keys() & set(named)


@pytest.mark.parametrize("op", ["Sub", "Mul"])
def test_three_channels_that_a_constant_makes_of_one_are_repeated_instead(
    op: str, new_model: Any, tmp_path: Path
) -> None:
    def built(repeated: bool) -> Builder:
        b = new_model((1, 8, 8))
        x = b.node("Expand", ["input", b.constant("sizes", [1, 3, 1, 1], INT)], "x") if repeated else "input"
        b.node(op, [x, b.constant("by", np.reshape([0.4, 0.5, 0.6], (1, 3, 1, 1)))], "y")
        return b

    message = refused(built(False), tmp_path / "refused.onnx")
    assert "of shape (1, 3, 1, 1) does not fit input of shape " in message
    assert "; write x.expand(-1, 3, -1, -1) before it, which repeats what there is once)" in message
    b = built(True)
    b.classifier(b.relu(b.conv("y", "conv", (4, 3, 3, 3)), "relu"), 4)
    read(b.save(tmp_path / "read.onnx"))


@pytest.mark.parametrize(
    ("op", "domain", "said"),
    [
        ("FusedConv", "com.microsoft", "onnxruntime's optimiser put it in; convert the file that the exporter wrote"),
        ("Conv", "com.microsoft.nchwc", "onnxruntime's optimiser put it in"),
        ("Gelu", "com.microsoft", "it is a part of GELU"),
        ("Relu", "my.ops", "only my.ops knows such an operator; export with standard ONNX operators"),
        ("GlobalPool", "", "no such operator is supported; near it are"),
        ("Bernoulli", "", "it draws at random; export the model in evaluation mode (model.eval())"),
        ("Einsum", "", "it may be any sum of products; write it as a sum, a mean, a Linear or a convolution"),
        (
            "Greater",
            "",
            "it decides by values of the image, which has no spiking form; use a network without masks and "
            "selections, and write an activation such as torch.where(x > 0, x, 0.1 * x) as LeakyReLU or PReLU",
        ),
        ("CumSum", "", "no such operator is supported; docs/onnx.md lists those that are"),
    ],
)
def test_what_is_said_of_operators_without_a_reader(op: str, domain: str, said: str) -> None:
    assert advice.of_unknown(op, domain, readers()).startswith(said)


def test_nodes_of_one_reason_are_named_together(tmp_path: Path, new_model: Any) -> None:
    b = new_model()
    b.add(b.node("Erf", ["input"], "a"), b.add(b.node("Erf", ["input"], "b"), b.node("Sin", ["input"], "c"), "d"), "y")
    message = refused(b, tmp_path / "m.onnx")
    assert f"3 nodes not supported: Erf A, Erf B ({advice.GELU}); Sin C (its function is none that" in message


# following it works


def embedding(b: Builder) -> str:
    """Divide an embedding by its norm, written out in small operators."""
    x = b.gemm(flat(b), "embedding", 2, 4)
    square = b.node("Pow", [x, b.constant("two", 2)], "square")
    sums = b.node("ReduceSum", [square, b.constant("axes", [1], INT)], "sums")
    return str(b.node("Div", [x, b.node("Sqrt", [sums], "norm")], "y"))


def test_an_embedding_is_taken_before_its_norm(tmp_path: Path, new_model: Any) -> None:
    b = new_model()
    path = b.save(tmp_path / "m.onnx", embedding(b))
    with pytest.raises(
        UnsupportedOperatorError, match="has no spiking form and keeps the direction; --output"
    ) as caught:
        read(path)
    value = str(caught.value).partition("--output ")[2].split()[0]
    assert read(path, value).shape_of(read(path, value).output) == (4,)


def test_a_norm_inside_the_network_names_the_value_before_it(tmp_path: Path, new_model: Any) -> None:
    b = new_model()
    b.gemm(embedding(b), "behind", 4, 3)
    message = refused(b, tmp_path / "m.onnx")
    assert "--output embedding takes the embedding as it is before" in message
    assert read(tmp_path / "m.onnx", "embedding").class_count == 4


def test_a_file_saved_at_the_basic_level_is_read(tmp_path: Path, new_residual_network: Any) -> None:
    path = new_residual_network().save(tmp_path / "m.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "basic.onnx")
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    assert read(tmp_path / "basic.onnx").class_count == 5


def test_an_open_height_is_fixed_by_the_command_that_is_named(tmp_path: Path, new_model: Any, monkeypatch: Any) -> None:
    b = new_model((2, None, None))
    b.classifier(b.relu(b.conv("input", "conv", (4, 2, 3, 3)), "relu"), 4)
    path = b.save(tmp_path / "m.onnx")
    with pytest.raises(ModelError, match="python -m onnxruntime") as caught:
        read(path)
    words = str(caught.value).partition("python -m ")[2].split()
    given = {"NAME": "input", "1,C,H,W": "1,2,8,8", "IN.onnx": str(path), "OUT.onnx": str(tmp_path / "fixed.onnx")}
    monkeypatch.setattr("sys.argv", [given.get(word, word) for word in words])
    runpy.run_module(words[0], run_name="__main__")
    assert read(tmp_path / "fixed.onnx").input_shape == (2, 8, 8)


def test_features_and_series_are_read_as_images(tmp_path: Path, new_model: Any) -> None:
    b = new_model((1, 1, 12))
    b.gemm(b.relu(b.gemm(b.node("Flatten", ["input"], "x"), "hidden", 12, 6), "relu"), "logits", 6, 3)
    assert read(b.save(tmp_path / "features.onnx")).class_count == 3
    b = new_model((2, 1, 12))
    b.classifier(b.relu(b.conv("input", "conv", (4, 2, 1, 3), pads=[0, 1, 0, 1]), "relu"), 4)
    assert read(b.save(tmp_path / "series.onnx")).class_count == 5


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((12,), "export it with images of (N, 1, 1, features) and a Flatten in front"),
        ((2, 8), "series are no images: export it with (N, C, 1, L) and two-dimensional layers"),
        ((3, 4, 8, 8), "films and volumes are no images: convert a network with two-dimensional layers"),
        ((2, 3, 4, 8, 8), "export it with images as its input"),
        ((3, None, None), "export it without dynamic axes but that of the batch, or fix them in the file: python -m"),
    ],
)
def test_what_an_input_should_be_is_said(tmp_path: Path, new_model: Any, shape: tuple[int, ...], said: str) -> None:
    b = new_model(shape)
    b.relu("input", "logits")
    with pytest.raises(ModelError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert f"with fixed C, H, W is expected; {said}" in str(caught.value)


def test_an_image_without_a_batch_axis_is_said_to_be_one(tmp_path: Path, new_model: Any) -> None:
    b = new_model((8, 8), batch=3)
    b.relu("input", "logits")
    with pytest.raises(ModelError, match=r"it has no batch axis: export it with images of \(1, C, H, W\)$"):
        read(b.save(tmp_path / "m.onnx"))


def test_a_map_at_the_end_is_no_classifier(tmp_path: Path, new_model: Any) -> None:
    b = new_model()
    path = b.save(tmp_path / "m.onnx", b.conv("input", "conv", (4, 2, 1, 1)), rank=4)
    with pytest.raises(ModelError, match=r"\(4, 8, 8\) per image, \(classes,\) is expected; end with a pooling and a"):
        read(path)
    assert onnx.load(path).graph.output[0].name == "conv"
