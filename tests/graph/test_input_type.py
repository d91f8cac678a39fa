"""Images that the file takes in another type than float32, and casts itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from snnconv.errors import DataError, ModelError
from snnconv.graph.reading.reader import read
from snnconv.graph.running.reference import ReferenceModel

Builder = Any
IMAGES = np.random.default_rng(2).integers(0, 128, (5, 2, 6, 4)).astype(np.float32)

TYPES = {
    TensorProto.UINT8: np.uint8,
    TensorProto.INT8: np.int8,
    TensorProto.UINT16: np.uint16,
    TensorProto.INT32: np.int32,
    TensorProto.INT64: np.int64,
    TensorProto.DOUBLE: np.float64,
}


def typed(b: Builder, kind: int) -> Builder:
    b.input.type.tensor_type.elem_type = kind
    return b


def cast(b: Builder, x: str, y: str = "cast") -> str:
    return b.node("Cast", [x], y, to=TensorProto.FLOAT)


def scaled(b: Builder, x: str) -> str:
    x = b.node("Sub", [x, b.constant("mean", 100)], "centred")
    return b.node("Div", [x, b.constant("std", 57.5)], "scaled")


def logits(b: Builder, x: str) -> None:
    b.classifier(b.relu(b.conv(x, "conv", (4, 2, 3, 3)), "relu"), 4)


@pytest.mark.parametrize("kind", TYPES)
def test_a_cast_before_the_network_is_read(tmp_path: Path, new_model, run_values, evaluate, kind: int) -> None:
    b = typed(new_model((2, 6, 4)), kind)
    logits(b, scaled(b, cast(b, "input")))
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    expected = run_values(path, ["logits"], IMAGES.astype(TYPES[kind]))["logits"]
    # float32 against float64, sums of 18 products
    np.testing.assert_allclose(evaluate(graph, IMAGES)["logits"], expected, rtol=1e-4, atol=1e-5)
    (found,) = ReferenceModel(path).run(IMAGES)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def last_then_cast(b: Builder) -> str:
    return scaled(b, cast(b, b.node("Transpose", ["input"], "first", perm=[0, 3, 1, 2])))


def cast_then_last(b: Builder) -> str:
    return b.node("Transpose", [scaled(b, cast(b, "input"))], "first", perm=[0, 3, 1, 2])


def cut_then_cast(b: Builder) -> str:
    bounds = [b.constant(f"bound{i}", [v], np.int64) for i, v in enumerate((0, 4, 1))]
    x = b.node("Slice", ["input", *bounds], "cut")
    return b.node("Transpose", [cast(b, b.node("Identity", [x], "same"))], "first", perm=[0, 3, 1, 2])


@pytest.mark.parametrize("begin", [last_then_cast, cast_then_last, cut_then_cast])
def test_bytes_with_channels_last_are_read(tmp_path: Path, new_model, run_values, evaluate, begin) -> None:
    b = typed(new_model((6, 4, 2)), TensorProto.UINT8)
    logits(b, begin(b))
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert graph.input_shape == (2, 6, 4)
    given = np.ascontiguousarray(IMAGES.transpose(0, 2, 3, 1)).astype(np.uint8)
    expected = run_values(path, ["logits"], given)["logits"]
    # float32 against float64, sums of 18 products
    np.testing.assert_allclose(evaluate(graph, IMAGES)["logits"], expected, rtol=1e-4, atol=1e-3)
    found = ReferenceModel(path, [node.output for node in graph.nodes]).run(IMAGES)
    assert {value.dtype for value in found} == {np.dtype(np.float32)}


def test_a_type_that_is_not_cast_is_refused(tmp_path: Path, new_model) -> None:
    b = typed(new_model((2, 6, 4)), TensorProto.UINT8)
    b.node("Add", ["input", b.constant("one", 1, np.uint8)], "sum")
    logits(b, cast(b, "sum"))
    with pytest.raises(ModelError) as caught:
        read(b.save(tmp_path / "m.onnx"))
    assert str(caught.value).endswith(
        "input input has type UINT8, and node SUM (Add) computes with it; cast it to float32 first, or export in "
        "float32"
    )


@pytest.mark.parametrize("images", [IMAGES / 255, IMAGES - 1, IMAGES * 3], ids=["fractions", "negative", "large"])
def test_images_that_bytes_do_not_hold_are_refused(tmp_path: Path, new_model, images: np.ndarray) -> None:
    b = typed(new_model((2, 6, 4)), TensorProto.UINT8)
    logits(b, cast(b, "input"))
    with pytest.raises(DataError) as caught:
        ReferenceModel(b.save(tmp_path / "m.onnx")).run(images)
    assert "m.onnx takes UINT8, the preprocessed images hold " in str(caught.value)
    assert str(caught.value).endswith("so calibrate with --scale 1 and without --mean and --std")
