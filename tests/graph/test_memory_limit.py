"""Constants and values that would need too much memory are refused before they are made."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import ModelError
from snnconv.graph.guarding import onnx_file
from snnconv.graph.inference import constant_nodes
from snnconv.graph.inference.infer import OPEN_BATCH, infer

Builder = Any

LIMIT = 2**20
INT = np.int64
HUGE = 2**40


def constant_of_shape(b: Builder) -> None:
    b.node("ConstantOfShape", [b.constant("shape", [HUGE], INT)], "huge")


def constant_of_a_large_list(b: Builder) -> None:
    b.node("ConstantOfShape", [b.constant("shape", [2**10] * 4, INT)], "huge")


def expand(b: Builder) -> None:
    b.node("Expand", [b.constant("x", [1.0]), b.constant("shape", [2**20, 2**20], INT)], "huge")


def tile(b: Builder) -> None:
    b.node("Tile", [b.constant("x", [1.0, 2.0]), b.constant("times", [HUGE], INT)], "huge")


def numbers(b: Builder) -> None:
    parts = [b.constant(f"part{i}", v, INT) for i, v in enumerate((0, HUGE, 1))]
    b.node("Range", parts, "huge")


def pad(b: Builder) -> None:
    b.node("Pad", [b.constant("x", [1.0]), b.constant("pads", [0, HUGE], INT)], "huge")


def product(b: Builder) -> None:
    b.node("MatMul", [b.constant("x", np.ones((1000, 1))), b.constant("y", np.ones((1, 1000)))], "huge")


def many(b: Builder) -> None:
    for i in range(40):
        b.node("ConstantOfShape", [b.constant("shape", [4096], INT)], f"many{i}" if i != 32 else "huge")


def indices(b: Builder) -> None:
    # only with an index for each axis of each number is it too much
    b.node("ConstantOfShape", [b.constant("shape", [120000], INT)], "most")
    b.node("NonZero", [b.node("ConstantOfShape", [b.constant("some_shape", [30, 30, 10], INT)], "some")], "huge")


HUGE_CONSTANTS = {
    "ConstantOfShape": constant_of_shape,
    "ConstantOfShape of four": constant_of_a_large_list,
    "Expand": expand,
    "Tile": tile,
    "Range": numbers,
    "Pad": pad,
    "MatMul": product,
    "many": many,
    "NonZero": indices,
}


@pytest.mark.parametrize("build", HUGE_CONSTANTS.values(), ids=HUGE_CONSTANTS.keys())
def test_a_huge_constant_is_refused_before_it_is_made(tmp_path: Path, new_model, build) -> None:
    b = new_model()
    build(b)
    b.node("Flatten", ["input"], "logits")
    file = onnx_file.load(b.save(tmp_path / "m.onnx"), LIMIT)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=r"node HUGE \(.*all constants would take .*at most 1 MiB is allowed$"):
            infer(file, LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # the model itself, what 39 small ones take, and what onnx's Python keeps
    assert peak < 4 * LIMIT


@pytest.mark.parametrize(("limit", "fits"), [(4 * OPEN_BATCH * 128 * 3, True), (4 * OPEN_BATCH * 128 * 3 - 1, False)])
def test_the_values_of_a_batch_are_bounded(tmp_path: Path, new_model, limit: int, fits: bool) -> None:
    b = new_model()
    b.relu("input", "one")
    b.relu("one", "two")
    b.node("Flatten", ["two"], "logits")
    file = onnx_file.load(b.save(tmp_path / "m.onnx"))
    if fits:
        assert infer(file, limit).image_bytes == limit
    else:
        with pytest.raises(
            ModelError, match=rf"up to node LOGITS a batch of {OPEN_BATCH} needs .*raise --memory-limit"
        ):
            infer(file, limit)


def test_a_batch_that_the_file_fixes_is_bounded(tmp_path: Path, new_model) -> None:
    b = new_model(batch=1000)
    b.node("Flatten", ["input"], "logits")
    with pytest.raises(ModelError, match=r"node LOGITS a batch of 1000 needs 500 KiB, at most 100 KiB is allowed"):
        infer(onnx_file.load(b.save(tmp_path / "m.onnx")), 100 * 2**10)


def texts(b: Builder) -> None:
    x = b.node("Constant", [], "text", value_string="a" * 512)
    for i in range(17):
        x = b.node("StringConcat", [x, x], f"text{i}")


def unfolded(b: Builder) -> None:
    images, kernel = (
        b.node("ConstantOfShape", [b.constant(f"shape{k}", (1, 8, k, k), INT)], f"of{k}") for k in (64, 9)
    )
    b.node("Conv", [images, kernel], "maps", pads=[4, 4, 4, 4])


def resized(b: Builder) -> None:
    sizes = b.constant("sizes", [1, 1, 2**20, 2**20], INT)
    b.node("Resize", [b.constant("x", np.ones((1, 1, 2, 2))), "", "", sizes], "large", mode="nearest")


def clipped(b: Builder) -> None:
    b.node("Clip", [b.constant("x", np.ones((1000, 1))), b.constant("low", np.zeros((1, 1000)))], "clipped")


def multiplied(b: Builder) -> None:
    shapes = {"row": (16, 2**10), "column": (2**10, 16)}
    row, column = (b.node("ConstantOfShape", [b.constant(f"{k}.shape", s, INT)], k) for k, s in shapes.items())
    b.node("MatMul", [row, column], "product")


NOT_COMPUTED = {
    "texts": (texts, {"text", *(f"text{i}" for i in range(17))}),
    "Conv": (unfolded, {"maps"}),
    "Resize": (resized, {"large"}),
    "Clip": (clipped, {"clipped"}),
    "MatMul": (multiplied, {"product"}),
}


@pytest.mark.parametrize(("build", "unknown"), NOT_COMPUTED.values(), ids=NOT_COMPUTED.keys())
def test_what_takes_more_than_its_result_is_not_computed(
    tmp_path: Path, new_model, monkeypatch, build, unknown: set[str]
) -> None:
    monkeypatch.setattr(constant_nodes, "MOST_PRODUCTS", 16 * 16 * 2**10 - 1)
    b = new_model()
    build(b)
    b.node("Flatten", ["input"], "logits")
    file = onnx_file.load(b.save(tmp_path / "m.onnx", opset=20), LIMIT)
    tracemalloc.start()
    try:
        found = infer(file, LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert unknown <= found.names
    assert unknown.isdisjoint(found.constants)
    assert unknown.isdisjoint(found.shapes)
    assert peak < 2 * LIMIT


def test_a_small_product_of_constants_is_computed(tmp_path: Path, new_model) -> None:
    b = new_model()
    multiplied(b)
    b.node("Flatten", ["input"], "logits")
    found = infer(onnx_file.load(b.save(tmp_path / "m.onnx")), LIMIT)
    np.testing.assert_array_equal(found.constant("product"), np.zeros((16, 16)))


def test_nodes_that_are_not_wanted_are_not_computed(tmp_path: Path, new_model) -> None:
    b = new_model()
    constant_of_shape(b)
    b.relu("input", "aside")
    b.node("Flatten", ["input"], "logits")
    file = onnx_file.load(b.save(tmp_path / "m.onnx"), LIMIT)
    found = infer(file, LIMIT, {2})
    assert (set(found.shapes), set(found.constants)) == ({"input", "logits"}, {"shape"})
    assert found.names == {"input", "shape", "huge", "aside", "logits"}
    assert found.image_bytes == 4 * OPEN_BATCH * 128
