"""The container comes back as it was written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from snnconv.errors import FileMissingError, InputError
from snnconv.files import container

FORMAT = "snnconv.test"
Content = dict[str, Any]


def read(path: Path) -> tuple[Content, container.Tensors]:
    return container.read(path, FORMAT, 1)


def test_what_is_written_is_read_without_what_the_container_adds(good: Path) -> None:
    manifest, tensors = read(good)
    assert manifest == {"format": FORMAT, "version": 1, "note": "λ"}
    assert {name: (a.dtype.name, a.tolist()) for name, a in tensors.items()} == {
        "a": ("float32", [[0, 1, 2], [3, 4, 5]]),
        "b": ("int64", [7, 8]),
    }


TYPES = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint64", "bool"]


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda name: name != "__metadata__"),
        st.sampled_from(TYPES).flatmap(
            lambda dtype: hnp.arrays(
                dtype,
                hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
                elements={"allow_nan": False, "allow_infinity": False} if dtype.startswith("float") else None,
            )
        ),
        max_size=4,
    )
)
def test_write_read_write_is_byte_stable(
    same, tmp_path_factory: pytest.TempPathFactory, tensors: container.Tensors
) -> None:
    folder = tmp_path_factory.mktemp("container")
    container.write(folder / "first", {"format": FORMAT, "version": 1}, tensors)
    manifest, back = read(folder / "first")
    container.write(folder / "second", manifest, back)
    assert (folder / "first").read_bytes() == (folder / "second").read_bytes()
    assert same((manifest, tensors), (manifest, back))


def test_the_order_of_keys_changes_nothing(tmp_path: Path) -> None:
    a, b = np.zeros(2), np.ones(3)
    container.write(tmp_path / "1", {"format": FORMAT, "version": 1}, {"a": a, "b": b})
    container.write(tmp_path / "2", {"version": 1, "format": FORMAT}, {"b": b, "a": a})
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "array",
    [CUBE.transpose(2, 0, 1), np.asfortranarray(CUBE), CUBE[:, ::-1, ::2], np.broadcast_to(CUBE[:1], (5, 3, 4))],
    ids=["transposed", "fortran", "strided", "broadcast"],
)
def test_arrays_that_are_not_contiguous_come_back_right(tmp_path: Path, array: np.ndarray) -> None:
    container.write(tmp_path / "file", {"format": FORMAT, "version": 1}, {"a": array})
    _, tensors = read(tmp_path / "file")
    np.testing.assert_array_equal(tensors["a"], array)


def test_big_endian_arrays_come_back_right(tmp_path: Path) -> None:
    container.write(tmp_path / "file", {"format": FORMAT, "version": 1}, {"a": CUBE.astype(">f4")})
    _, tensors = read(tmp_path / "file")
    np.testing.assert_array_equal(tensors["a"], CUBE)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nan_and_infinity_are_not_written(tmp_path: Path, value: float, dtype: type) -> None:
    path = tmp_path / "file"
    with pytest.raises(InputError, match="tensor bad holds NaN or infinity"):
        container.write(path, {"format": FORMAT, "version": 1}, {"bad": np.array([0, value], dtype)})
    assert not path.exists()


def test_a_manifest_that_is_too_large_is_not_written(tmp_path: Path) -> None:
    manifest = {"format": FORMAT, "version": 1, "note": "x" * container.MAX_MANIFEST_BYTES}
    with pytest.raises(InputError, match=r"its manifest has 8\d{6} bytes, at most 8000000 fit"):
        container.write(tmp_path / "file", manifest, {})
    assert not (tmp_path / "file").exists()


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="none does not exist"):
        read(tmp_path / "none")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*: Is a directory"):
        read(tmp_path)


def test_another_format_is_refused(good: Path) -> None:
    with pytest.raises(InputError, match=r"is not a snnconv\.net file: its format is 'snnconv\.test'$"):
        container.read(good, "snnconv.net", 1)
