"""Zip files of images that say something that is not so."""

import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from snnconv.data import open_images
from snnconv.data.image_sources import ZipImages
from snnconv.data.images import MAX_FILE_BYTES
from snnconv.errors import DataError, FileMissingError
from tests.fuzz.zip_writer import Entry, zipped

SHAPE = (3, 5, 4)
Make = Callable[..., Path]
# where things stand in an entry of the table of contents, in bytes
FLAGS, CHECKSUM, STORED, SIZE, OFFSET = 8, 16, 20, 24, 42


def _edit(path: Path, field: int, value: int, form: str = "<I") -> Path:
    """Change the first entry of the table of contents."""
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, data.index(b"PK\x01\x02") + field, value)
    path.write_bytes(data)
    return path


def _read(path: Path) -> None:
    list(open_images(path, input_shape=SHAPE).batches(4))


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images.zip").write_bytes(b"something else")
    with pytest.raises(DataError, match=re.escape("images.zip is damaged: File is not a zip file; make or download")):
        _read(tmp_path / "images.zip")
    with pytest.raises(FileMissingError, match=re.escape("no.zip does not exist")):
        ZipImages(tmp_path / "no.zip")


def test_encrypted_entries_are_refused(make_zip: Make, tree: dict[str, bytes]) -> None:
    path = _edit(make_zip(tree), FLAGS, 1, "<H")
    with pytest.raises(DataError, match=r"image 'train/cat/0\.png' is encrypted; make the zip file without"):
        _read(path)


def test_a_bomb_is_refused_at_its_declared_size(make_zip: Make) -> None:
    path = make_zip({"a/0.png": bytes(MAX_FILE_BYTES + 1)}, method=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    message = f"image 'a/0.png' claims {MAX_FILE_BYTES + 1} bytes, at most {MAX_FILE_BYTES} are read; shrink it"
    with pytest.raises(DataError, match=re.escape(message)):
        _read(path)


def test_a_bomb_that_declares_less_is_refused(make_zip: Make) -> None:
    path = _edit(make_zip({"a/0.png": bytes(2**20)}, method=zipfile.ZIP_DEFLATED), SIZE, 100)
    message = "image 'a/0.png' is damaged: truncated or changed, 100 bytes declared, 101 came"
    with pytest.raises(DataError, match=re.escape(message)):
        _read(path)


def test_an_entry_that_ends_early_is_refused(make_zip: Make) -> None:
    path = _edit(make_zip({"a/0.png": bytes(2000)}, method=zipfile.ZIP_DEFLATED), SIZE, 2001)
    message = "image 'a/0.png' is damaged: truncated or changed, 2001 bytes declared, 2000 came"
    with pytest.raises(DataError, match=re.escape(message)):
        _read(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (SIZE, 10**6, "image 'a/0.png' is damaged: it claims 1000000 bytes from 2000, in a file of"),
        (STORED, 10**6, "image 'a/0.png' is damaged: it claims 2000 bytes from 1000000, in a file of"),
        (CHECKSUM, 1, "image 'a/0.png' is damaged: its checksum is wrong; make or download it anew"),
        (OFFSET, 7, "image 'a/0.png' is damaged: there is no entry where the table of contents says"),
    ],
)
def test_lies_in_the_table_of_contents_are_refused(make_zip: Make, field: int, value: int, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        _read(_edit(make_zip({"a/0.png": bytes(2000)}), field, value))


def test_a_damaged_stream_is_refused(make_zip: Make) -> None:
    path = make_zip({"a/0.png": bytes(2000)}, method=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    # the entry's data follow its header and its name; 7 is no block type of deflate
    data[30 + len("a/0.png")] = 7
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"image 'a/0\.png' is damaged: Error -3 while decompressing data"):
        _read(path)


def test_other_compression_is_refused(make_zip: Make) -> None:
    with pytest.raises(DataError, match="is compressed by method 12, stored and deflated entries are read"):
        _read(make_zip({"a/0.png": bytes(9)}, method=zipfile.ZIP_BZIP2))


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("a/0.png", b"")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a/0.png", b"")
    with pytest.raises(DataError, match=r"image 'a/0\.png' is there twice; make the zip file anew"):
        _read(tmp_path / "images.zip")


def test_a_name_that_is_not_utf8_is_refused(make_zip: Make) -> None:
    path = make_zip({"ä/0.png": bytes(9)})
    path.write_bytes(path.read_bytes().replace("ä".encode(), b"\xff\xff"))
    with pytest.raises(DataError, match=re.escape("images.zip is damaged: 'utf-8' codec can't decode")):
        _read(path)


def test_names_are_escaped_in_messages(make_zip: Make) -> None:
    with pytest.raises(DataError) as caught:
        _read(make_zip({"a/\x1b[31m\n.png": b"nothing"}))
    assert r"image 'a/\x1b[31m\n.png' is no image" in str(caught.value)


def test_entries_above_the_zip_file_are_only_read(make_zip: Make, tmp_path: Path, tree: dict[str, bytes]) -> None:
    before = sorted(tmp_path.rglob("*"))
    path = make_zip({f"../../{name}": data for name, data in tree.items()})
    images = open_images(path, input_shape=SHAPE)
    assert images.count == 9
    assert sorted(tmp_path.rglob("*")) == [*before, path]


@pytest.mark.parametrize("name", ["set.zip", "set.npz"])
@pytest.mark.parametrize("nameless", [b"", b"\0a/0.png"])
def test_an_entry_without_a_name_is_refused(tmp_path: Path, name: str, nameless: bytes) -> None:
    (tmp_path / name).write_bytes(zipped([Entry(b"a/0.png", b"1"), Entry(nameless, b"2"), Entry(b"x.npy", b"3")]))
    with pytest.raises(DataError) as caught:
        _read(tmp_path / name)
    path = tmp_path / name
    assert str(caught.value) == f"{path} is damaged: it holds an entry without a name; make the zip file anew"


@pytest.mark.parametrize("name", ["set.zip", "set.npz"])
@pytest.mark.parametrize("offset", [2**63, 2**64 - 1, 2**62, 2**40, 200])
def test_an_entry_beyond_the_end_is_refused(tmp_path: Path, name: str, offset: int) -> None:
    inner, what = ("a/0.png", "image 'a/0.png'") if name == "set.zip" else ("x.npy", "x")
    data = zipped([Entry(inner.encode(), b"12345", offset=offset)])
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as caught:
        _read(tmp_path / name)
    assert str(caught.value) == (
        f"{tmp_path / name}: {what} is damaged: it should begin at byte {offset} and take 5, in a file of {len(data)}; "
        "make or download it anew"
    )


@pytest.mark.parametrize("name", ["set.zip", "set.npz"])
def test_an_entry_before_the_beginning_is_refused(tmp_path: Path, name: str) -> None:
    # the table of contents says that it lies 1000 bytes further on than it does, so entries lie before the file
    data = bytearray(zipped([Entry(b"x.npy", b"12345"), Entry(b"a/0.png", b"12345")]))
    struct.pack_into("<I", data, len(data) - 6, struct.unpack_from("<I", data, len(data) - 6)[0] + 1000)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=r"is damaged: it should begin at byte -\d+ and take 5, in a file of"):
        _read(tmp_path / name)


def test_a_table_of_contents_that_the_standard_library_chokes_on_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "set.zip").write_bytes(zipped([Entry(b"a/0.png", b"1")]))

    def choke(path: Path) -> None:
        raise OverflowError("cannot fit 'int' into an offset-sized integer")

    monkeypatch.setattr(zipfile, "ZipFile", choke)
    with pytest.raises(
        DataError, match=r"set\.zip is damaged: its table of contents is not valid .cannot fit 'int' into"
    ):
        _read(tmp_path / "set.zip")
