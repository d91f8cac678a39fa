"""The model itself, run by onnxruntime, with values from inside."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.errors import FileMissingError, ModelError, UnsupportedOperatorError
from snnconv.files.hashing import sha256_of_file
from snnconv.graph.running.reference import ReferenceModel

# optimised against unoptimised float32: BatchNorm folded by onnxruntime, sums in another order
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def test_the_output_alone(tiny_resnet: Path, tiny_images, run_values) -> None:
    model = ReferenceModel(tiny_resnet)
    (logits,) = model.run(tiny_images)
    assert (model.values, model.sha256) == (("logits",), sha256_of_file(tiny_resnet))
    assert (logits.shape, logits.dtype) == ((40, 5), np.float32)
    np.testing.assert_allclose(logits, run_values(tiny_resnet, ["logits"], tiny_images)["logits"], **CLOSE)


def test_values_inside_the_model_in_the_order_asked_for(tiny_resnet: Path, tiny_images, run_values) -> None:
    names = ["add2", "logits", "bn1", "relu1", "input", "average"]
    values = ReferenceModel(tiny_resnet, names, threads=1).run(tiny_images)
    expected = run_values(tiny_resnet, names, tiny_images)
    for name, value in zip(names, values, strict=True):
        np.testing.assert_allclose(value, expected[name], err_msg=name, **CLOSE)
    np.testing.assert_array_equal(values[4], tiny_images)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 24])
def test_a_fixed_batch_size_runs_any_number_of_images(
    tmp_path: Path, new_residual_network, tiny_resnet: Path, tiny_images, run_values, count: int
) -> None:
    path = new_residual_network(batch=8).save(tmp_path / "fixed.onnx")
    values = ReferenceModel(path, ["relu3", "logits"]).run(tiny_images[:count])
    # the same weights with an open batch size are the yardstick
    expected = run_values(tiny_resnet, ["relu3", "logits"], tiny_images[:count])
    for value, name in zip(values, expected, strict=True):
        assert value.shape == expected[name].shape
        np.testing.assert_allclose(value, expected[name], err_msg=name, **CLOSE)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="does not exist"):
        ReferenceModel(tmp_path / "none.onnx")


def test_an_unknown_value_is_named(tiny_resnet: Path) -> None:
    with pytest.raises(ModelError, match=r"tiny\.onnx: onnxruntime cannot run the model: .*no_such_value"):
        ReferenceModel(tiny_resnet, ["no_such_value"])


def test_images_of_another_shape_are_refused(tiny_resnet: Path) -> None:
    with pytest.raises(ModelError, match=r"tiny\.onnx: onnxruntime cannot run the model on 3 images: .*imensions"):
        ReferenceModel(tiny_resnet).run(np.zeros((3, 2, 9, 9), np.float32))


def test_a_model_that_runs_single_images_only_is_said(tmp_path: Path, new_model) -> None:
    b = new_model()
    pooled = b.node("GlobalAveragePool", ["input"], "pooled")
    flat = b.node("Reshape", [pooled, b.constant("one", [1, 2], np.int64)], "flat")
    b.gemm(flat, "logits", 2, 5)
    with pytest.raises(
        UnsupportedOperatorError, match=r"Reshape FLAT \(flat has shape \(1, 2\), whose first axis is not"
    ):
        ReferenceModel(b.save(tmp_path / "one.onnx"))


def test_images_of_a_model_with_channels_last_are_turned(tmp_path: Path, new_model, tiny_images, run_values) -> None:
    b = new_model((8, 8, 2))
    x = b.node("Transpose", [b.node("Mul", ["input", b.constant("gain", [2, 3])], "scaled")], "x", perm=[0, 3, 1, 2])
    x = b.node("Transpose", [b.relu(b.conv(x, "conv", (4, 2, 3, 3)), "relu")], "last", perm=[0, 2, 3, 1])
    b.gemm(b.node("Flatten", [b.node("Neg", [x], "negative")], "flat"), "logits", 144, 5)
    path = b.save(tmp_path / "m.onnx")
    names = ["scaled", "relu", "negative", "logits"]
    values = ReferenceModel(path, names).run(tiny_images)
    expected = run_values(path, names, np.ascontiguousarray(tiny_images.transpose(0, 2, 3, 1)))
    assert [value.shape[1:] for value in values] == [(2, 8, 8), (4, 6, 6), (4, 6, 6), (5,)]
    for name, value in zip(names, values, strict=True):
        last = name in ("scaled", "negative")
        np.testing.assert_allclose(value.transpose(0, 2, 3, 1) if last else value, expected[name], **CLOSE)


def test_a_model_with_several_outputs_gives_the_first(tmp_path: Path, new_model, tiny_images) -> None:
    b = new_model()
    b.classifier("input", 2)
    b.node("Softmax", ["logits"], "probabilities")
    model = ReferenceModel(b.save(tmp_path / "m.onnx", ["probabilities", "flat"]))
    # what is left out at the end is not run either
    assert model.values == ("logits",)
    assert model.run(tiny_images)[0].shape == (40, 5)


def test_what_the_output_does_not_need_is_not_run(tmp_path: Path, new_model, tiny_images) -> None:
    b = new_model()
    b.classifier("input", 2)
    b.node("Unknown", ["logits"], "other", domain="my.ops")
    model = ReferenceModel(b.save(tmp_path / "m.onnx", ["logits", "other"]))
    assert model.run(tiny_images)[0].shape == (40, 5)


def test_zeros_that_are_padded_before_a_max_pool_may_be_the_largest(tmp_path: Path, new_model, run_values) -> None:
    """onnxruntime makes such a Pad part of the MaxPool, where it is never the largest; the model says otherwise."""
    b = new_model()
    pads = b.constant("pads", [0, 0, 1, 1, 0, 0, 1, 1], np.int64)
    b.node("MaxPool", [b.node("Pad", ["input", pads], "padded")], "pooled", kernel_shape=[3, 3], strides=[3, 3])
    b.gemm(b.node("Flatten", ["pooled"], "flat"), "logits", 18, 5)
    path = b.save(tmp_path / "padded.onnx")
    negative = -np.random.default_rng(0).uniform(1, 2, (2, 2, 8, 8)).astype(np.float32)
    (found,) = ReferenceModel(path, ["pooled"]).run(negative)
    np.testing.assert_array_equal(found, run_values(path, ["pooled"], negative)["pooled"])
    assert (found[:, :, 0] == 0).all()


@pytest.mark.parametrize("field", ["shape", "type"])
def test_an_output_without_a_shape_is_run(tmp_path: Path, new_residual_network, tiny_images, field: str) -> None:
    model = new_residual_network().model()
    output = model.graph.output[0]
    (output.type.tensor_type if field == "shape" else output).ClearField(field)
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert ReferenceModel(path).run(tiny_images)[0].shape == (40, 5)
