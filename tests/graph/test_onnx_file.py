"""Files that are no model, or not the kind of model that can be converted."""

import os
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from snnconv.errors import FileMissingError, ModelError
from snnconv.graph.guarding.onnx_file import load
from snnconv.graph.reading.reader import read


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith((str(path), f"cannot read {path}"))
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"none\.onnx does not exist"):
        read(tmp_path / "none.onnx")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.onnx"
    path.touch()
    assert refusal(path).startswith(" has 0 bytes, an ONNX file has between 1 and ")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == " is a folder, an ONNX file is expected; name the file in it"


@pytest.mark.parametrize("data", [b"PK\x03\x04 a zip", b"\x89PNG\r\n\x1a\n", b"{}", b"\0" * 100, b"#!/bin/sh\n"])
def test_another_kind_of_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(data)
    assert refusal(path).startswith(" is not an ONNX model")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 a zip", " but a zip file, as .npz, .zip and PyTorch's .pt are; give the .onnx file, or "),
        (b"\x80\x02}q\x00.", " but a pickle, as PyTorch's older .pt and .pth are; write the network as ONNX: "),
        (b"\x93NUMPY\x01\x00", " but an array; give the .onnx file, and arrays as --data"),
        (b"\x89HDF\r\n\x1a\n", " but an HDF5 file, as Keras' .h5 is; convert it to ONNX with tf2onnx"),
        (b"\x1c\0\0\0TFL3", " but a TensorFlow Lite model; "),
        (b"\x89PNG\r\n\x1a\n", " but a picture; give the .onnx file, and pictures as --data"),
        (b"\x1f\x8b\x08", " but a compressed file; unpack it"),
        (b"version https://git-lfs.github.com/spec/v1\n", " but a pointer of Git LFS to it; "),
        (b"<!doctype html>", " but a page of HTML or XML, as downloads that failed are; fetch the file again"),
    ],
)
def test_what_a_file_is_instead_is_said(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(data)
    assert refusal(path).startswith(f" is not an ONNX model{said}")


@pytest.mark.parametrize("name", ["v1.snn", "v1.calib"])
def test_a_file_of_our_own_is_no_model(name: str) -> None:
    said = " is not an ONNX model but a file that snnconv made of one; give the .onnx file, and this one as NETWORK or "
    assert refusal(Path(__file__).parents[1] / "golden" / name).startswith(said)


def test_a_model_without_nodes_is_refused(tmp_path: Path, new_model) -> None:
    assert refusal(new_model().save(tmp_path / "m.onnx")) == " is not an ONNX model: it has no nodes; export it again"


def test_a_truncated_model_is_refused_wherever_it_is_cut(tmp_path: Path, tiny_resnet: Path) -> None:
    data = tiny_resnet.read_bytes()
    path = tmp_path / "cut.onnx"
    # every 97th place, and the last ones, where only the model's tail is missing
    for cut in [*range(1, len(data), 97), *range(len(data) - 40, len(data))]:
        path.write_bytes(data[:cut])
        try:
            graph = read(path)
        except ModelError:
            continue
        assert graph.class_count == 5


def test_a_flipped_byte_is_refused_or_read(tmp_path: Path, tiny_resnet: Path) -> None:
    data = tiny_resnet.read_bytes()
    path = tmp_path / "flipped.onnx"
    random = np.random.default_rng(0)
    refused = 0
    for place, flip in zip(random.integers(0, len(data), 300), random.integers(1, 256, 300), strict=True):
        changed = bytearray(data)
        changed[place] ^= flip
        path.write_bytes(changed)
        try:
            read(path)
        except ModelError:
            refused += 1
    # most of the file is weights, where a flip is only another number
    assert refused > 30


def test_a_model_that_onnx_finds_invalid_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Relu", ["input", "input"], "logits")
    expected = " is not a valid ONNX model: Node(LOGITS) with schema(::Relu:14) has input size 2 not in range"
    assert refusal(b.save(tmp_path / "m.onnx")).startswith(expected)


def test_a_model_whose_shapes_contradict_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier("input", 3)  # the image has 2 channels
    assert "LOGITS" in refusal(b.save(tmp_path / "m.onnx"))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.onnx")
    assert refusal(tmp_path / "m.onnx").endswith("it is a pipe or a device; name a plain file")


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.touch()
    os.truncate(path, 2**40)  # takes no room on the disk
    assert refusal(path) == f" has {2**40} bytes, an ONNX file has between 1 and {2**31 - 1}; use a smaller model"


@pytest.mark.parametrize(
    ("shape", "shown"), [((8,), "?×8"), ((8, 8), "?×8×8"), ((2, 8, 8, 8), "?×2×8×8×8"), ((2, None, 8), "?×2×?×8")]
)
def test_an_input_that_is_no_image_is_refused(tmp_path: Path, new_model, shape: tuple, shown: str) -> None:
    b = new_model(shape)
    b.relu("input", "logits")  # never run: the file is refused before
    expected = f": input input has shape {shown}, (N, C, H, W) with fixed C, H, W is expected; "
    assert refusal(b.save(tmp_path / "m.onnx")).startswith(expected)


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_of_no_images_is_refused(tmp_path: Path, new_model, size: int) -> None:
    b = new_model(batch=size)
    b.classifier("input", 2)
    assert f"has shape {size}×2×8×8, (N, C, H, W)" in refusal(b.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("kind", ["FLOAT16", "BFLOAT16", "BOOL"])
def test_an_input_of_another_type_is_refused(tmp_path: Path, new_model, kind: str) -> None:
    b = new_model()
    b.input.type.tensor_type.elem_type = TensorProto.DataType.Value(kind)
    b.relu("input", "logits")
    expected = f": input input has type {kind}, FLOAT is expected; export in float32"
    assert refusal(b.save(tmp_path / "m.onnx")) == expected


def test_several_outputs_are_listed(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier("input", 2)
    assert load(b.save(tmp_path / "m.onnx", ["logits", "flat"])).outputs == ("logits", "flat")


def test_two_inputs_are_refused_by_name(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier(b.add("input", "mask", "sum"), 2)
    model = b.model()
    model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["N", 2, 8, 8]))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert refusal(path) == (
        " has 2 inputs (input, mask), exactly one is expected; "
        "export the part that reads one image, with the others as constants"
    )


@pytest.mark.parametrize("version", [3, 8])
def test_weights_that_are_also_listed_as_inputs_are_no_images(tmp_path: Path, new_model, version: int) -> None:
    b = new_model()
    b.classifier("input", 2)
    model = b.model(opset=9)
    model.ir_version = version
    for name, sizes in (("logits.weight", [5, 2]), ("logits.bias", [5])):
        model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    file = load(path)
    assert [value.name for value in file.model.graph.input] == [file.input] == ["input"]
    assert {tensor.name for tensor in file.model.graph.initializer} == {"logits.weight", "logits.bias"}


def test_shapes_that_the_file_claims_for_values_inside_are_not_believed(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.classifier("input", 2)
    model = b.model()
    model.graph.value_info.append(helper.make_tensor_value_info("flat", TensorProto.INT64, [-7, 2**62]))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert not load(path).model.graph.value_info


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("tensor", ["conv3.weight", "conv7.bias", "bn2.gamma", "bn2.var", "logits.weight"])
def test_weights_that_are_no_numbers_are_named(tmp_path: Path, new_residual_network, tensor: str, value: float) -> None:
    b = new_residual_network()
    b.constants[tensor].reshape(-1)[-1] = value
    expected = f": the tensor {tensor} holds NaN or infinity; train or export the model again"
    assert refusal(b.save(tmp_path / "m.onnx")) == expected
