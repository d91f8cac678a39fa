"""Arrays whose files say something that is not so."""

import io
import re
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy_format

from snnconv.data import open_images
from snnconv.errors import DataError

SHAPE = (3, 5, 4)
# dimensions that fit the model, with 60 × 10¹² bytes
HUGE = (10**12, 5, 4, 3)


def _header(shape: tuple[int, ...], descr: str = "|u1", fortran: bool = False) -> bytes:
    buffer = io.BytesIO()
    npy_format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": fortran, "shape": shape})
    return buffer.getvalue()


def _save(path: Path, data: bytes) -> Path:
    if path.suffix == ".npz":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.npy", data)
    else:
        path.write_bytes(data)
    return path


both = pytest.mark.parametrize("name", ["set.npy", "set.npz"])


@both
def test_a_lying_header_is_refused_at_once(tmp_path: Path, name: str) -> None:
    path = _save(tmp_path / name, _header(HUGE) + bytes(600))
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(DataError, match=re.escape(f"is truncated: shape {HUGE} needs {60 * 10**12} bytes, found 600")):
        open_images(path, input_shape=SHAPE)
    seconds, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # generous: it takes milliseconds and some buffers of 16 to 256 KiB
    assert seconds < 2
    assert peak < 4 * 2**20


def test_a_lying_table_of_contents_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "set.npz", _header((2, 5, 4, 3)) + bytes(120))
    data = bytearray(path.read_bytes())
    # the uncompressed size stands 24 bytes into the entry of the table of contents
    struct.pack_into("<I", data, data.rindex(b"PK\x01\x02") + 24, 2**31)
    path.write_bytes(data)
    with pytest.raises(DataError, match=f"x is damaged: it claims {2**31} bytes from"):
        open_images(path, input_shape=SHAPE)


def test_an_entry_that_ends_early_is_refused(tmp_path: Path) -> None:
    content = _header((2, 5, 4, 3)) + bytes(60)
    path = _save(tmp_path / "set.npz", content)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.rindex(b"PK\x01\x02") + 24, len(content) + 60)
    path.write_bytes(data)
    images = open_images(path, input_shape=SHAPE)
    with pytest.raises(DataError, match="x is truncated: 60 bytes are missing; save it anew"):
        list(images.batches(2))
    with pytest.raises(DataError, match="x is truncated: 60 bytes are missing; save it anew"):
        list(images.batches(1, 1))


def test_a_file_cut_after_it_was_opened_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "set.npy", _header((2, 5, 4, 3)) + bytes(120))
    images = open_images(path, input_shape=SHAPE)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="is truncated: 1 bytes are missing; save it anew"):
        list(images.batches(1))


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, x=np.zeros((2, 5, 4, 3), np.uint8))
    data = bytearray(path.read_bytes())
    data[data.index(b"\x93NUMPY") + 128 + 60] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"damaged: Bad CRC-32 for file 'x\.npy'"):
        list(open_images(path, input_shape=SHAPE).batches(2))


@both
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            _header((2, 5, 4, 3)) + bytes(121),
            "is damaged: shape (2, 5, 4, 3) needs 120 bytes, found 121; save it anew",
        ),
        (_header((2, 5, 4, 3)) + bytes(119), "is truncated: shape (2, 5, 4, 3) needs 120 bytes, found 119"),
        (_header((2, 5, 4, 3), "|O") + bytes(960), "holds Python objects, which are never loaded"),
        (
            _header((2, 5, 4, 3), fortran=True) + bytes(120),
            "is in Fortran order, C order is read; save np.asc",
        ),
        (
            _header((-2, 5, 4, 3)) + bytes(120),
            "is damaged: its header has the shape (-2, 5, 4, 3); save it anew",
        ),
        (
            b"",
            "is no array that numpy saved: EOF: reading magic string, expected 8 bytes got 0; save it with",
        ),
        (
            b"\x93NUMPY\x07\x00" + bytes(99),
            "is no array that numpy saved: its version is 7.0, 1.0 and 2.0 are read",
        ),
        (
            b"\x93NUMPY\x03\x00" + bytes(99),
            "is no array that numpy saved: its version is 3.0, 1.0 and 2.0 are read",
        ),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "is no array that numpy saved: EOF: reading array header"),
        (b"\x93NUMPY\x01\x00\x05\x00{'a'(", "is no array that numpy saved: "),
        (_header((2, 5, 4, 3), "|q9"), "is no array that numpy saved: descr is not a valid dtype descriptor"),
    ],
)
def test_what_is_no_usable_array_is_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = _save(tmp_path / name, data)
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        open_images(path, input_shape=SHAPE)
    assert "\n" not in str(caught.value)


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "set.npy", np.array([print, None], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="holds Python objects, which are never loaded; save numbers, such as"):
        open_images(tmp_path / "set.npy", input_shape=SHAPE)


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_bytes(b"something else")
    with pytest.raises(DataError, match=re.escape("set.npz is damaged: File is not a zip file; make or download")):
        open_images(tmp_path / "set.npz", input_shape=SHAPE)


def test_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("x.npy", b"")
    with pytest.raises(DataError, match=re.escape("set.npz holds two arrays of the same name; save it anew")):
        open_images(path, input_shape=SHAPE)


def test_other_compression_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", _header((2, 5, 4, 3)) + bytes(120))
    with pytest.raises(DataError, match="x is compressed by method 14, stored and deflated entries are read"):
        open_images(tmp_path / "set.npz", input_shape=SHAPE)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "set.npz", _header((2, 5, 4, 3)) + bytes(120))
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="x is encrypted; make the zip file without a password"):
        open_images(path, input_shape=SHAPE)
