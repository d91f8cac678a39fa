"""onnxruntime is given the nodes on the image's way, and constants as constants."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from snnconv.files.sizes import MEMORY_LIMIT
from snnconv.graph.guarding.onnx_file import load
from snnconv.graph.inference.infer import infer
from snnconv.graph.running.needed import needed_model
from tests.fuzz.models import KINDS, residual, shape_arithmetic


def run(model, values: list[str], images: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(values, {"input": images})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_gives_the_same_values(tmp_path: Path, tiny_images, kind) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(kind(0).SerializeToString())
    file = load(path)
    constants = infer(file, MEMORY_LIMIT).constants
    images = tiny_images[: file.batch or 4]
    found = run(needed_model(file.model, constants, ["logits"], file.batch is None), ["logits"], images)
    np.testing.assert_array_equal(found[0], run(file.model, ["logits"], images)[0])


def test_values_inside_end_the_model(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(residual(0).SerializeToString())
    file = load(path)
    model = needed_model(file.model, infer(file, MEMORY_LIMIT).constants, ["relu1", "bn1"], open_batch=True)
    assert [node.name for node in model.graph.node] == ["CONV1", "BN1", "RELU1"]
    assert [value.name for value in model.graph.output] == ["relu1", "bn1"]
    expected = ["bn1.beta", "bn1.gamma", "bn1.mean", "bn1.var", "conv1.weight"]
    assert [tensor.name for tensor in model.graph.initializer] == expected


def test_shape_arithmetic_stays_where_the_batch_is_open(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(shape_arithmetic(0).SerializeToString())
    file = load(path)
    constants = infer(file, MEMORY_LIMIT).constants
    for open_batch in (True, False):
        operators = {n.op_type for n in needed_model(file.model, constants, ["logits"], open_batch).graph.node}
        assert operators == {"Conv", "Relu", "Reshape", "Gemm"} | (
            {"Shape", "Gather", "Unsqueeze", "Concat"} if open_batch else set()
        )


def test_a_division_that_ends_the_process_is_left_out(tmp_path: Path, tiny_images) -> None:
    """The smallest integer divided by -1, which nobody reads: computed natively, it is SIGFPE."""
    model = residual(0)
    for name, value in (("least", -(2**63)), ("minus", -1)):
        model.graph.initializer.append(numpy_helper.from_array(np.array([value]), name))
    model.graph.node.append(helper.make_node("Div", ["least", "minus"], ["out of range"]))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    file = load(path)
    needed = needed_model(file.model, infer(file, MEMORY_LIMIT).constants, ["logits"], open_batch=True)
    assert "Div" not in [node.op_type for node in needed.graph.node]
    assert run(needed, ["logits"], tiny_images[:4])[0].shape == (4, 5)


def test_nodes_of_one_name_are_run(tmp_path: Path, tiny_images) -> None:
    model = residual(0)
    expected = run(model, ["logits"], tiny_images[:4])[0]
    for node in model.graph.node:
        node.name = "twice"
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    file = load(path)
    needed = needed_model(file.model, infer(file, MEMORY_LIMIT).constants, ["logits"], open_batch=True)
    names = [node.name for node in needed.graph.node]
    assert names == ["twice"] + [""] * (len(names) - 1)
    assert {node.name for node in file.model.graph.node} == {"twice"}
    np.testing.assert_array_equal(run(needed, ["logits"], tiny_images[:4])[0], expected)


def test_a_newer_ir_version_than_that_of_onnxruntime_is_run(tmp_path: Path, tiny_images) -> None:
    model = residual(0)
    model.ir_version = onnx.IR_VERSION
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    file = load(path)
    needed = needed_model(file.model, infer(file, MEMORY_LIMIT).constants, ["logits"], open_batch=True)
    assert run(needed, ["logits"], tiny_images[:4])[0].shape == (4, 5)
