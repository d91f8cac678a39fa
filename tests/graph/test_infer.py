"""What does not depend on the image is computed, what does gets its shape, and neither takes more than it may."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from snnconv.errors import ModelError
from snnconv.graph.graph import AveragePool, Dense, Flatten, Relu
from snnconv.graph.guarding import onnx_file
from snnconv.graph.inference.facts import Facts
from snnconv.graph.inference.infer import OPEN_BATCH, infer
from snnconv.graph.reading.reader import read

Builder = Any

INT = np.int64
# IR version by opset, as onnxruntime takes it
NEWEST = min(onnx.defs.onnx_opset_version(), 24)


def facts(path: Path, limit: int = 2**30) -> Facts:
    return infer(onnx_file.load(path), limit)


def end(b: Builder, x: str = "input") -> None:
    b.node("Flatten", [x], "logits")


def axes(b: Builder, op: str, x: str, values: list[int], output: str, opset: int, since: int = 13) -> str:
    """Add a node whose axes are an attribute in older opsets and an input in newer ones."""
    if opset < since:
        return b.node(op, [x], output, axes=values)
    return b.node(op, [x, b.constant(f"{output}.axes", values, INT)], output)


@pytest.mark.parametrize("opset", [*range(7, 24), NEWEST])
def test_shape_arithmetic_is_computed_in_every_opset(tmp_path: Path, new_model, opset: int) -> None:
    """As exporters write ``x.view(x.size(0), -1)``, with a cast, a division and a comparison in between."""
    b = new_model()
    pooled = b.node("GlobalAveragePool", ["input"], "pooled")
    shape = b.node("Shape", [pooled], "shape")
    size = b.node("Gather", [shape, b.constant("zero", 0, INT)], "size", axis=0)
    size = b.node("Cast", [b.node("Cast", [size], "float", to=TensorProto.FLOAT)], "size_again", to=TensorProto.INT64)
    size = b.node("Mul", [size, b.constant("six", 6, INT)], "more")
    size = b.node("Div", [size, "six"], "fewer")
    first = axes(b, "Unsqueeze", size, [0], "first", opset)
    if opset < 10:
        rest = b.node("Slice", [shape], "rest", axes=[0], starts=[1], ends=[2])
    else:
        bounds = [b.constant(f"bound{i}", [v], INT) for i, v in enumerate((1, 2, 0))]
        rest = b.node("Slice", [shape, *bounds], "rest")
    target = b.node("Concat", [first, rest], "target", axis=0)
    b.gemm(b.node("Reshape", [pooled, target], "flat"), "logits", 2, 5)
    path = b.save(tmp_path / "m.onnx", opset=opset)
    found = facts(path)
    np.testing.assert_array_equal(found.constant("target"), [OPEN_BATCH, 2])
    assert found.shapes["flat"] == (OPEN_BATCH, 2)
    assert [type(node) for node in read(path).nodes] == [AveragePool, Flatten, Dense]


@pytest.mark.parametrize("batch", [None, 1, 5])
def test_shapes_are_those_of_a_batch(tmp_path: Path, new_residual_network, batch: int | None) -> None:
    found = facts(new_residual_network(batch=batch).save(tmp_path / "m.onnx"))
    count = batch or OPEN_BATCH
    assert {name: found.shapes[name] for name in ("input", "relu1", "shortcut2", "pooled", "logits")} == {
        "input": (count, 2, 8, 8),
        "relu1": (count, 4, 8, 8),
        "shortcut2": (count, 8, 4, 4),
        "pooled": (count, 6, 1, 1),
        "logits": (count, 5),
    }
    assert set(found.types.values()) == {TensorProto.FLOAT}


def test_image_bytes_are_those_of_all_values(tmp_path: Path, new_model) -> None:
    b = new_model(batch=3)
    b.gemm(b.node("Flatten", [b.relu("input", "relu")], "flat"), "logits", 128, 5)
    assert facts(b.save(tmp_path / "m.onnx")).image_bytes == 4 * 3 * (128 + 128 + 5)


CONSTANTS = {
    "value": ({"value": helper.make_tensor("t", TensorProto.FLOAT, [2], [1, 2])}, np.array([1, 2], np.float32)),
    "value_float": ({"value_float": 1.5}, np.float32(1.5)),
    "value_int": ({"value_int": 7}, np.int64(7)),
    "value_floats": ({"value_floats": [1.0, 2.0]}, np.array([1, 2], np.float32)),
    "value_ints": ({"value_ints": [1, 2]}, np.array([1, 2])),
}


@pytest.mark.parametrize(("attributes", "expected"), CONSTANTS.values(), ids=CONSTANTS.keys())
def test_a_constant_node_gives_its_value(tmp_path: Path, new_model, attributes, expected) -> None:
    b = new_model()
    b.node("Constant", [], "c", **attributes)
    end(b)
    found = facts(b.save(tmp_path / "m.onnx")).constant("c")
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(found, expected)


def test_castlike_takes_the_type_of_an_image(tmp_path: Path, new_model) -> None:
    b = new_model()
    like = b.node("CastLike", [b.constant("two", 2, INT), "input"], "like")
    end(b, b.node("Mul", ["input", like], "y"))
    path = b.save(tmp_path / "m.onnx", opset=17)
    found = facts(path).constant("like")
    assert (found.dtype, found) == (np.float32, 2)
    assert [type(node).__name__ for node in read(path).nodes] == ["Affine", "Flatten"]


def test_shape_and_size_of_an_image_are_constants(tmp_path: Path, new_model) -> None:
    b = new_model(batch=3)
    b.node("Shape", ["input"], "all")
    b.node("Shape", ["input"], "some", start=1, end=-1)
    b.node("Size", ["input"], "size")
    end(b)
    found = facts(b.save(tmp_path / "m.onnx"))
    assert found.constant("all").tolist() == [3, 2, 8, 8]
    assert found.constant("some").tolist() == [2, 8]
    assert found.constant("size") == 3 * 2 * 8 * 8


def test_weights_are_folded_without_a_change_of_type(tmp_path: Path, new_model) -> None:
    b = new_model()
    weight = b.node("Transpose", [b.constant("w", np.arange(10).reshape(5, 2))], "turned")
    pooled = b.node("Flatten", [b.node("GlobalAveragePool", ["input"], "pooled")], "flat")
    b.node("MatMul", [pooled, b.node("Mul", [weight, b.constant("two", 2)], "doubled")], "logits")
    found = facts(b.save(tmp_path / "m.onnx")).constant("doubled")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, 2 * np.arange(10).reshape(5, 2).T)


def test_what_cannot_be_known_is_left_unknown(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Foo", ["input"], "foreign", domain="my.ops")
    b.relu("foreign", "behind")
    b.node("RandomNormal", [], "noise", shape=[1, 5])
    b.node("Unique", [b.constant("c", [1.0, 1.0, 2.0])], "unique")
    b.node("NonZero", ["input"], "places")
    end(b)
    found = facts(b.save(tmp_path / "m.onnx"))
    for name in ("foreign", "behind", "noise", "unique", "places"):
        assert name not in found.shapes
        assert name not in found.constants


def test_a_size_that_the_file_leaves_open_to_data_is_named(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Compress", ["input", b.constant("which", [True, False], bool)], "some", axis=1)
    end(b, b.relu("some", "relu"))
    with pytest.raises(ModelError, match=r"Compress SOME \(it decides by values of the image"):
        read(b.save(tmp_path / "m.onnx"))


BROKEN = {
    "gather": (
        lambda b: b.node("Gather", [b.node("Shape", ["input"], "s"), b.constant("i", 9, INT)], "y"),
        r"constant of node Y \(Gather\) cannot be computed",
    ),
    "reshape": (
        lambda b: b.node("Reshape", [b.constant("x", [1.0, 2]), b.constant("s", [3], INT)], "y"),
        r"node Y \(Reshape\)",
    ),
    "negative": (
        lambda b: b.node("ConstantOfShape", [b.constant("s", [-3], INT)], "y"),
        r"node Y",
    ),
    "sum": (
        lambda b: b.add(b.constant("x", [1.0, 2]), b.constant("z", [1.0, 2, 3]), "y"),
        r"shapes at node Y \(Add\) contradict each other",
    ),
    "image": (lambda b: b.add("input", b.constant("z", np.ones(7)), "y"), r"shapes at node Y \(Add\) contradict"),
}


@pytest.mark.parametrize(("build", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_arithmetic_that_fails_names_its_node(tmp_path: Path, new_model, build, message: str) -> None:
    b = new_model()
    build(b)
    end(b)
    with pytest.raises(ModelError, match=message):
        facts(b.save(tmp_path / "m.onnx"))


def test_division_by_zero_is_no_warning(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Div", [b.constant("x", 1.0), b.constant("zero", 0.0)], "y")
    end(b)
    assert facts(b.save(tmp_path / "m.onnx")).constant("y") == np.inf


MIXED = {
    "halves": [-1, 64],
    "together": [1, -1],
    "turned": [128, -1],
}


@pytest.mark.parametrize("shape", MIXED.values(), ids=MIXED.keys())
@pytest.mark.parametrize("batch", [None, 4])
def test_a_reshape_that_mixes_images_is_refused(tmp_path: Path, new_model, shape: list[int], batch: int | None) -> None:
    b = new_model(batch=batch)
    b.node("Reshape", ["input", b.constant("shape", shape, INT)], "mixed")
    b.node("Reshape", [b.relu("mixed", "relu"), b.constant("back", [-1, 128], INT)], "logits")
    with pytest.raises(ModelError, match=r"MIXED \(mixed has shape .*whose first axis is not the batch of"):
        read(b.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("shape", MIXED.values(), ids=MIXED.keys())
@pytest.mark.parametrize("batch", [None, 4])
def test_a_reshape_that_is_undone_is_nothing(tmp_path: Path, new_model, shape: list[int], batch: int | None) -> None:
    b = new_model(batch=batch)
    x = b.node("Reshape", [b.relu("input", "relu"), b.constant("shape", shape, INT)], "mixed")
    b.gemm(b.node("Reshape", [x, b.constant("back", [-1, 128], INT)], "flat"), "logits", 128, 5)
    assert [type(node) for node in read(b.save(tmp_path / "m.onnx")).nodes] == [Relu, Flatten, Dense]


def batch_as_float(b: Builder, x: str = "input") -> str:
    size = b.node("Gather", [b.node("Shape", [x], "shape"), b.constant("zero", 0, INT)], "size")
    return b.node("Cast", [size], "count", to=TensorProto.FLOAT)


def of_the_batch(b: Builder) -> set[str]:
    half = b.node("Div", [batch_as_float(b), b.constant("two", 2)], "half")
    b.node("Expand", [half, "shape"], "spread")
    return {"count", "half", "spread"}


def parity_of_the_batch(b: Builder) -> set[str]:
    b.node("Mod", [batch_as_float(b), b.constant("two", 2)], "odd", fmod=1)
    return {"count", "odd"}


def places_in_the_batch(b: Builder) -> set[str]:
    bounds = [b.constant("start", 0), batch_as_float(b), b.constant("step", 1)]
    b.node("Range", bounds, "places")
    return {"count", "places"}


def of_the_rows(b: Builder) -> set[str]:
    sizes = b.node(
        "Slice", [b.node("Shape", ["input"], "shape"), *(b.constant(f"b{i}", [i], INT) for i in (2, 4))], "hw"
    )
    b.node("ReduceProd", [b.node("Cast", [sizes], "float", to=TensorProto.FLOAT)], "area", keepdims=0)
    return set()


def repeated_for_each_image(b: Builder) -> set[str]:
    shape = b.node("Shape", ["input"], "shape")
    b.node("ConstantOfShape", [shape], "zeros")
    b.node("Expand", [b.constant("bias", np.arange(16).reshape(2, 8, 1)), shape], "wide")
    return set()


def of_a_constant(b: Builder) -> set[str]:
    batch_as_float(b, b.constant("other", np.ones((5, 2))))
    return set()


OF_BATCH = [
    of_the_batch,
    parity_of_the_batch,
    places_in_the_batch,
    of_the_rows,
    repeated_for_each_image,
    of_a_constant,
]


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("build", OF_BATCH, ids=lambda build: build.__name__)
def test_numbers_that_change_with_an_open_batch_are_known(tmp_path: Path, new_model, build, batch: int | None) -> None:
    b = new_model(batch=batch)
    expected = build(b)
    end(b)
    found = facts(b.save(tmp_path / "m.onnx"))
    assert b.nodes[-2].output[0] in found.constants
    assert found.of_batch == (expected if batch is None else set())


def test_a_batch_size_written_into_the_model_makes_numbers_unsure(tmp_path: Path, new_model) -> None:
    b = new_model()
    fixed = b.add("input", b.constant("offsets", np.ones((OPEN_BATCH, 2, 8, 8))), "fixed")
    b.node("Cast", [b.node("Shape", [fixed], "shape")], "count", to=TensorProto.FLOAT)
    end(b)
    assert facts(b.save(tmp_path / "m.onnx")).of_batch == {"count"}


def test_texts_are_no_constants(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Constant", [], "alone", value_string="a")
    b.node("Constant", [], "list", value_strings=["a", "b"])
    b.node("Constant", [], "tensor", value=helper.make_tensor("t", TensorProto.STRING, [1], [b"a"]))
    b.node("Cast", [b.constant("number", 1.0)], "cast", to=TensorProto.STRING)
    b.node("Identity", ["kept"], "same")
    end(b)
    model = b.model()
    model.graph.initializer.append(helper.make_tensor("kept", TensorProto.STRING, [1], [b"a"]))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert set(facts(path).constants) == {"number"}
    assert read(path).class_count == 128


def test_a_layer_between_constants_is_refused_by_name(tmp_path: Path, new_model) -> None:
    b = new_model()
    maps = b.conv(b.constant("x", np.ones((1, 2, 8, 8))), "maps", (2, 2, 1, 1))
    end(b, b.add("input", maps, "sum"))
    with pytest.raises(ModelError, match=r"1 nodes? not supported: Conv MAPS \("):
        read(b.save(tmp_path / "m.onnx"))
