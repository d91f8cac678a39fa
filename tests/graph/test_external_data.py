"""External data are read from plain files in the model's own folder, and from nowhere else."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, numpy_helper

from snnconv.errors import FileMissingError, ModelError
from snnconv.files.hashing import sha256_of_file
from snnconv.files.sizes import MEMORY_LIMIT
from snnconv.graph.guarding import external_data
from snnconv.graph.guarding.onnx_file import load
from snnconv.graph.reading.reader import read


@pytest.fixture
def split(tmp_path: Path, tiny_resnet: Path) -> Path:
    """Give a model in a folder of its own whose weights lie in the file `weights` beside it."""
    folder = tmp_path / "model"
    folder.mkdir()
    path = folder / "m.onnx"
    onnx.save(onnx.load(tiny_resnet), path, save_as_external_data=True, location="weights", size_threshold=0)
    return path


@pytest.fixture
def refusal(split: Path) -> Callable[..., str]:
    """Give a function that changes an entry of a tensor and gives what `load` says, without the file's name."""

    def say(key: str = "", value: str = "", tensor: str = "conv3.weight", **limits: int) -> str:
        if key:
            model = onnx.load(split, load_external_data=False)
            found = next(t for t in model.graph.initializer if t.name == tensor)
            entry = next(e for e in found.external_data if e.key == key)
            entry.value = value
            split.write_bytes(model.SerializeToString())
        with pytest.raises((ModelError, FileMissingError)) as caught:
            load(split, **limits)
        message = str(caught.value)
        assert len(message.splitlines()) == 1
        return message.removeprefix(str(split))

    return say


def test_a_model_in_two_files_is_the_same_model(split: Path, tiny_resnet: Path) -> None:
    model, whole = load(split).model, load(tiny_resnet).model
    assert [(t.name, t.raw_data) for t in model.graph.initializer] == [
        (t.name, t.raw_data) for t in whole.graph.initializer
    ]
    assert not any(t.external_data or t.data_location == TensorProto.EXTERNAL for t in model.graph.initializer)
    assert read(split).class_count == 5


def test_a_constant_nodes_external_data_are_read(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.relu("input", "relu1")
    weight = numpy_helper.from_array(b.random.normal(size=(5, 2)).astype("float32"), "w")
    data = weight.raw_data
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="w.bin")
    flat = b.node("Flatten", [b.node("GlobalAveragePool", [x], "pooled")], "flat")
    b.node("Constant", [], "w", value=weight)
    b.node("Gemm", [flat, "w"], "logits", transB=1)
    path = b.save(tmp_path / "m.onnx")
    (tmp_path / "w.bin").write_bytes(data)
    constant = next(n for n in load(path).model.graph.node if n.op_type == "Constant")
    assert constant.attribute[0].t.raw_data == data


def test_the_hash_covers_both_files(split: Path, tiny_resnet: Path) -> None:
    assert load(tiny_resnet).sha256 == sha256_of_file(tiny_resnet)
    digests = [hashlib.sha256(p.read_bytes()).digest() for p in (split, split.with_name("weights"))]
    before = load(split).sha256
    assert before == hashlib.sha256(b"".join(digests)).hexdigest()
    data = bytearray(split.with_name("weights").read_bytes())
    data[3] ^= 1
    split.with_name("weights").write_bytes(data)
    assert load(split).sha256 != before


@pytest.mark.parametrize(
    "location",
    [
        *("../weights", "sub/../../weights", "/etc/passwd", "//etc/passwd", "..", "a\\b", "..\\weights"),
        *("C:weights", "c:/weights", "", "a\nb", "a\0b", "x" * 5000),
    ],
)
def test_a_place_outside_the_folder_is_refused(refusal, split: Path, location: str) -> None:
    (split.parents[1] / "weights").write_bytes(split.with_name("weights").read_bytes())
    found = refusal("location", location)
    assert found.startswith(
        f" keeps external data in {location[:200]!r}; only files in the model's own folder are read"
    )


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_a_link_out_of_the_folder_is_refused(refusal, split: Path, linked: str) -> None:
    outside = split.parents[1] / "outside"
    outside.mkdir()
    split.with_name("weights").rename(outside / "weights")
    split.with_name("weights").symlink_to(outside / "weights")
    split.with_name("sub").symlink_to(outside)
    location = "weights" if linked == "file" else "sub/weights"
    assert f" keeps external data in '{location}'; only files in the model's own folder are" in refusal(
        "location", location, tensor=onnx.load(split, load_external_data=False).graph.initializer[0].name
    )


def test_a_link_inside_the_folder_is_followed(split: Path) -> None:
    split.with_name("sub").mkdir()
    split.with_name("weights").rename(split.parent / "sub" / "real")
    split.with_name("weights").symlink_to("sub/real")
    assert load(split).input == "input"


def test_a_link_in_a_circle_is_refused(refusal, split: Path) -> None:
    split.with_name("weights").unlink()
    split.with_name("weights").symlink_to("weights")
    assert refusal().startswith(" keeps external data in weights, which cannot be read: ")


def test_a_pipe_is_refused_and_not_waited_for(refusal, split: Path) -> None:
    split.with_name("weights").unlink()
    os.mkfifo(split.with_name("weights"))
    assert refusal() == " keeps external data in weights, which is no plain file; copy the file again"


def test_a_folder_is_refused(refusal, split: Path) -> None:
    split.with_name("weights").unlink()
    split.with_name("weights").mkdir()
    assert refusal().startswith(" keeps external data in weights, which ")


def test_a_missing_file_is_named(refusal, split: Path) -> None:
    split.with_name("weights").unlink()
    with pytest.raises(FileMissingError):
        load(split)
    assert refusal() == " keeps external data in weights, which does not exist; copy it beside the model"


def test_a_file_that_is_too_short_is_refused(refusal, split: Path) -> None:
    data = split.with_name("weights").read_bytes()
    split.with_name("weights").write_bytes(data[:-1])
    assert f"of weights, which has {len(data) - 1}; copy the file again" in refusal()


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("offset", "-1", "with the offset '-1', a number is expected"),
        ("offset", "1e3", "with the offset '1e3', a number is expected"),
        ("offset", "9" * 5000, "a number is expected"),
        ("offset", str(2**62), f"lies at bytes {2**62} to {2**62 + 576} of weights"),
        ("length", "-576", "with the length '-576', a number is expected"),
        ("length", "575", "has 575 bytes of external data, 576 are expected"),
        ("length", "577", "has 577 bytes of external data, 576 are expected"),
    ],
)
def test_a_wrong_place_in_the_file_is_named(refusal, key: str, value: str, why: str) -> None:
    found = refusal(key, value)
    assert found.startswith(": the tensor conv3.weight ")
    assert why in found


def test_an_entry_given_twice_is_refused(refusal, split: Path) -> None:
    model = onnx.load(split, load_external_data=False)
    model.graph.initializer[0].external_data.append(model.graph.initializer[0].external_data[0])
    split.write_bytes(model.SerializeToString())
    assert "says twice where its external data are" in refusal()


def test_a_file_larger_than_the_limit_is_refused(refusal, split: Path) -> None:
    os.truncate(split.with_name("weights"), 2**40)  # takes no room on the disk
    assert f" keeps external data in weights of {2**40} bytes, at most {MEMORY_LIMIT} are" in refusal()


def test_many_tensors_of_one_place_count_each(refusal, split: Path, monkeypatch) -> None:
    """A small file whose bytes are used a thousand times is a large model."""
    model = onnx.load(split, load_external_data=False)
    first = next(t for t in model.graph.initializer if t.name == "conv3.weight")
    for number in range(1000):
        model.graph.initializer.append(first)
        model.graph.initializer[-1].name = f"copy{number}"
    split.write_bytes(model.SerializeToString())
    monkeypatch.setattr(external_data, "LARGEST_MODEL", 500_000)
    monkeypatch.setattr(external_data, "_read", lambda *_: pytest.fail("it is read"))
    assert refusal().startswith(" has more than 500000 bytes with its external data, up to the tensor copy")
