"""A container that is damaged, changed or made by somebody else is refused."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import InputError
from snnconv.files import container

FORMAT = "snnconv.test"
Content = dict[str, Any]


def read(path: Path) -> tuple[Content, container.Tensors]:
    return container.read(path, FORMAT, 1)


def taken_apart(path: Path) -> tuple[Content, Content, bytes]:
    """Give the safetensors header, the manifest in it, and the tensors' bytes."""
    data = path.read_bytes()
    end = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:end])
    return header, json.loads(header["__metadata__"]["snnconv"]), data[end:]


def put_together(path: Path, header: Content | str, manifest: Content | None, data: bytes, sign: bool = True) -> None:
    """Write a container by hand; `sign` gives the manifest the digest that fits it."""
    if manifest is not None and isinstance(header, dict):
        if sign:
            manifest.pop("digest", None)
            manifest["digest"] = hashlib.sha256(text(manifest).encode()).hexdigest()
        header["__metadata__"] = {"snnconv": text(manifest)}
    raw = (header if isinstance(header, str) else json.dumps(header)).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + data)


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_a_file_taken_apart_and_put_together_by_hand_is_read(same, good: Path) -> None:
    before = read(good)
    put_together(good, *taken_apart(good))
    assert same(before, read(good))


def test_nan_is_not_read(good: Path) -> None:
    header, manifest, data = taken_apart(good)
    first = header["a"]["data_offsets"][0]
    data = data[:first] + struct.pack("<f", np.nan) + data[first + 4 :]
    manifest["tensors"]["a"]["sha256"] = hashlib.sha256(data[slice(*header["a"]["data_offsets"])]).hexdigest()
    put_together(good, header, manifest, data)
    assert refusal(good) == ": tensor a holds NaN or infinity"


def test_a_newer_version_says_to_upgrade(good: Path) -> None:
    header, manifest, data = taken_apart(good)
    put_together(good, header, manifest | {"version": 2}, data)
    assert refusal(good) == " has snnconv.test version 2, this snnconv reads up to 1: upgrade snnconv"
    assert container.read(good, FORMAT, 2)[0]["version"] == 2


@pytest.mark.parametrize("version", [0, -1, "1", 1.0, None, True])
def test_a_version_that_is_no_positive_integer_is_refused(good: Path, version: object) -> None:
    header, manifest, data = taken_apart(good)
    put_together(good, header, manifest | {"version": version}, data)
    assert refusal(good) == f" has no valid format version: found {version!r}; make it anew"


def test_a_changed_manifest_is_refused(good: Path) -> None:
    header, manifest, data = taken_apart(good)
    put_together(good, header, manifest | {"note": "other"}, data, sign=False)
    assert "what it says does not match its digest; make it anew" in refusal(good)


def test_changed_tensor_bytes_are_refused(good: Path) -> None:
    data = bytearray(good.read_bytes())
    data[-1] ^= 1
    good.write_bytes(data)
    assert "tensor " in (message := refusal(good))
    assert "does not match its hash; make it anew" in message


def test_a_changed_tensor_shape_is_refused(good: Path) -> None:
    header, manifest, data = taken_apart(good)
    header["a"]["shape"] = [3, 2]
    put_together(good, header, manifest, data)
    assert "tensor a does not match its hash" in refusal(good)


def test_an_unlisted_tensor_is_refused(good: Path) -> None:
    header, manifest, data = taken_apart(good)
    header["extra"] = {"dtype": "U8", "shape": [1], "data_offsets": [len(data), len(data) + 1]}
    put_together(good, header, manifest, data + b"\0")
    assert refusal(good) == " is damaged: the manifest and the file disagree on the tensors extra"


@pytest.mark.parametrize("listed", [None, [], "a"])
def test_a_manifest_without_tensors_is_refused(good: Path, listed: object) -> None:
    header, manifest, data = taken_apart(good)
    put_together(good, header, manifest | {"tensors": listed}, data)
    assert refusal(good) == " is damaged: the manifest and the file disagree on the tensors a, b"


def test_a_missing_tensor_is_refused(good: Path) -> None:
    header, manifest, data = taken_apart(good)
    manifest["tensors"]["c"] = manifest["tensors"]["a"]
    put_together(good, header, manifest, data)
    assert refusal(good) == " is damaged: the manifest and the file disagree on the tensors c"


def test_duplicate_keys_in_the_header_are_refused(good: Path) -> None:
    header, _, data = taken_apart(good)
    doubled = json.dumps(header).replace("{", '{"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}, ', 1)
    put_together(good, doubled, None, data)
    assert refusal(good) == " is damaged or no snnconv file: JSON with duplicate keys: a"


def test_duplicate_keys_in_the_manifest_are_refused(good: Path) -> None:
    header, manifest, data = taken_apart(good)
    header["__metadata__"]["snnconv"] = text(manifest).replace("{", '{"version":1,', 1)
    put_together(good, json.dumps(header), None, data)
    assert refusal(good) == " is damaged or no snnconv file: JSON with duplicate keys: version"


@pytest.mark.parametrize("number", ["NaN", "1e999", "1" * 5000], ids=["NaN", "1e999", "digits"])
def test_numbers_that_json_does_not_have_are_refused(good: Path, number: str) -> None:
    header, manifest, data = taken_apart(good)
    header["__metadata__"]["snnconv"] = text(manifest).replace('"version":1', f'"version":{number}')
    put_together(good, json.dumps(header), None, data)
    assert refusal(good).startswith(" is damaged or no snnconv file: ")


@pytest.mark.parametrize(
    "metadata", [None, {}, {"format": "pt"}, {"snnconv": "{}", "more": ""}, {"snnconv": 1}, "snnconv"]
)
def test_other_metadata_are_refused(good: Path, metadata: object) -> None:
    header, _, data = taken_apart(good)
    put_together(good, json.dumps(header | {"__metadata__": metadata}), None, data)
    assert refusal(good) == " is no snnconv file: its metadata must have the one key 'snnconv'"


@pytest.mark.parametrize("manifest", ["[]", "1", '"text"', "null"])
def test_a_manifest_that_is_no_object_is_refused(good: Path, manifest: str) -> None:
    header, _, data = taken_apart(good)
    put_together(good, json.dumps(header | {"__metadata__": {"snnconv": manifest}}), None, data)
    assert " is not a snnconv.test file: its format is '" in refusal(good)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2**64], "data_offsets": [0, 24]},
        {"dtype": "F32", "shape": [0, 2**63], "data_offsets": [0, 0]},
        {"dtype": "F32", "shape": [0] * 100, "data_offsets": [0, 0]},
        {"dtype": "F32", "shape": [7], "data_offsets": [0, 28]},
        {"dtype": "F32", "shape": [-1], "data_offsets": [0, 24]},
        {"dtype": "BF16", "shape": [12], "data_offsets": [0, 24]},
        {"dtype": "F4", "shape": [48], "data_offsets": [0, 24]},
        {"dtype": "F8_E4M3", "shape": [24], "data_offsets": [0, 24]},
        {"dtype": "C64", "shape": [3], "data_offsets": [0, 24]},
        {"dtype": "X", "shape": [1], "data_offsets": [0, 24]},
        [],
    ],
)
def test_impossible_tensors_are_refused(tmp_path: Path, entry: object) -> None:
    path = tmp_path / "file"
    listed = {"a": {"dtype": "float32", "shape": [6], "sha256": "0" * 64}}
    data = b"\0" * (entry["data_offsets"][1] if isinstance(entry, dict) else 0)
    put_together(path, {"a": entry}, {"format": FORMAT, "version": 1, "tensors": listed}, data)
    assert " is damaged" in refusal(path)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 4 * container.MAX_MANIFEST_BYTES + 1])
def test_a_header_longer_than_the_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(struct.pack("<Q", length) + b"{}")
    assert refusal(path) == " is damaged or no snnconv file: it has no safetensors header; make it anew"


def test_a_header_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    length = 4 * container.MAX_MANIFEST_BYTES + 1
    path.write_bytes(struct.pack("<Q", length) + b" " * length)
    assert refusal(path) == f" has a header of {length} bytes, at most {length - 1} are read"


def test_a_truncated_file_is_refused_wherever_it_is_cut(good: Path) -> None:
    data = good.read_bytes()
    for cut in range(len(data)):
        good.write_bytes(data[:cut])
        refusal(good)


def test_a_flipped_byte_is_refused_or_changes_nothing(same, good: Path) -> None:
    data, before = good.read_bytes(), read(good)
    random = np.random.default_rng(0)
    refused = 0
    for place, flip in zip(random.integers(0, len(data), 500), random.integers(1, 256, 500), strict=True):
        changed = bytearray(data)
        changed[place] ^= flip
        good.write_bytes(changed)
        try:
            after = read(good)
        except InputError:
            refused += 1
            continue
        assert same(before, after), f"byte {place} ^ {flip}"
    # only the white space that fills up the header may change
    assert refused > 450
