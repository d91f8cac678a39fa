"""Weights that the file keeps as small integers behind a DequantizeLinear, with activations in float32."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import UnsupportedOperatorError
from snnconv.graph.graph import Conv, Dense, Flatten, Relu
from snnconv.graph.reading.reader import read
from tests.graph.forms import reshaped

Builder = Any


def levels(b: Builder, name: str, shape: tuple[int, ...], dtype: Any, scales: Any, **attributes: Any) -> str:
    """Add a tensor of integers, its scales, and zero points where the integers have no sign."""
    limits = np.iinfo(dtype)
    low, high = max(limits.min, -127), min(limits.max, 255)
    inputs = [b.constant(f"{name}.q", b.random.integers(low, high, shape), dtype), b.constant(f"{name}.scale", scales)]
    if limits.min == 0:
        zeros = b.random.integers(100, 150, np.shape(scales))
        inputs.append(b.constant(f"{name}.zero", zeros, dtype))
    return b.node("DequantizeLinear", inputs, name, **attributes)


def by_tensor(b: Builder) -> str:
    return levels(b, "w", (4, 2, 3, 3), np.int8, 0.004)


def by_channel(b: Builder) -> str:
    return levels(b, "w", (4, 2, 3, 3), np.int8, [0.004, 0.001, 0.01, 0.002], axis=0)


def unsigned(b: Builder) -> str:
    return levels(b, "w", (4, 2, 3, 3), np.uint8, [0.004, 0.001, 0.01, 0.002], axis=0)


def by_block(b: Builder) -> str:
    flat = levels(b, "rows", (4, 18), np.int8, b.random.uniform(0.001, 0.01, (4, 3)), axis=1, block_size=6)
    return reshaped(b, flat, [4, 2, 3, 3], "w")


def by_uneven_block(b: Builder) -> str:
    flat = levels(b, "rows", (4, 18), np.uint8, b.random.uniform(0.001, 0.01, (4, 3)), axis=-1, block_size=7)
    return reshaped(b, flat, [4, 2, 3, 3], "w")


def there_and_back(b: Builder) -> str:
    """Float weights between the two, as training for quantisation exports them."""
    weight = b.constant("float", b.random.normal(0, 0.3, (4, 2, 3, 3)))
    scale, zero = b.constant("scale", [0.01, 0.02, 0.005, 0.01]), b.constant("zero", [0, 0, 0, 0], np.int8)
    rounded = b.node("QuantizeLinear", [weight, scale, zero], "rounded", axis=0)
    return b.node("DequantizeLinear", [rounded, scale, zero], "w", axis=0)


FORMS: dict[str, tuple[int, Callable[[Builder], str]]] = {
    "by tensor, opset 10": (10, by_tensor),
    "by tensor": (13, by_tensor),
    "by channel": (13, by_channel),
    "unsigned": (17, unsigned),
    "by block": (21, by_block),
    "by uneven block": (21, by_uneven_block),
    "there and back": (13, there_and_back),
    "there and back, opset 21": (21, there_and_back),
}


@pytest.mark.parametrize(("opset", "form"), FORMS.values(), ids=FORMS.keys())
def test_they_are_computed(tmp_path: Path, new_model, tiny_images, run_values, evaluate, opset: int, form) -> None:
    b = new_model()
    weight = form(b)
    bias = levels(b, "bias", (4,), np.int32, 0.001)
    x = b.relu(b.node("Conv", ["input", weight, bias], "conv"), "relu")
    matrix = levels(b, "m", (144, 5), np.int8, 0.01)
    b.node("MatMul", [b.node("Flatten", [x], "flat"), matrix], "logits")
    path = b.save(tmp_path / "m.onnx", opset=opset)
    graph = read(path)
    assert [type(node) for node in graph.nodes] == [Conv, Relu, Flatten, Dense]
    expected = run_values(path, ["logits"], tiny_images[:4])["logits"]
    # float32 against float64, sums of 144 products
    np.testing.assert_allclose(evaluate(graph, tiny_images[:4])["logits"], expected, rtol=1e-4, atol=1e-4)


def test_activations_as_integers_are_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.relu(b.node("Conv", ["input", by_channel(b)], "conv"), "relu")
    scale, zero = b.constant("scale", 0.1), b.constant("zero", 0, np.uint8)
    x = b.node("QuantizeLinear", [x, scale, zero], "small")
    b.classifier(b.node("DequantizeLinear", [x, scale, zero], "float"), 4)
    with pytest.raises(UnsupportedOperatorError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert "QuantizeLinear SMALL, DequantizeLinear FLOAT (the model is quantised; export it in float32)" in str(
        caught.value
    )


WRONG = {
    "more scales than channels": {"shape": (1000, 1), "scales": np.ones(1000), "axis": 1},
    "another axis": {"shape": (4, 8), "scales": np.ones(8), "axis": 5},
    "a long block": {"shape": (4, 8), "scales": np.ones((4, 1)), "axis": 1, "block_size": 2**40},
    "other blocks": {"shape": (4, 8), "scales": np.ones((2, 4)), "axis": 1, "block_size": 2},
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG.keys())
def test_scales_that_do_not_fit_are_not_computed(tmp_path: Path, new_model, given: dict[str, Any]) -> None:
    b = new_model()
    made = levels(b, "w", given["shape"], np.int8, **{k: v for k, v in given.items() if k != "shape"})
    b.node("MatMul", [b.node("Flatten", ["input"], "flat"), reshaped(b, made, [128, -1], "m")], "logits")
    with pytest.raises(UnsupportedOperatorError, match="DequantizeLinear W"):
        read(b.save(tmp_path / "m.onnx", opset=21))
