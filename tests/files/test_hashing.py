"""Hashes of files, folders and arrays."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from snnconv.errors import FileMissingError, InputError
from snnconv.files.hashing import sha256_of_array, sha256_of_file, sha256_of_path


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of_file(path) == expected
    assert sha256_of_path(path) == expected


@pytest.mark.parametrize("function", [sha256_of_file, sha256_of_path])
def test_a_missing_file_is_said(function, tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="none does not exist"):
        function(tmp_path / "none")


@pytest.mark.parametrize("function", [sha256_of_file, sha256_of_path])
def test_an_unreadable_path_is_said(function, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*: File name too long"):
        function(tmp_path / ("n" * 300))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*: Is a directory"):
        sha256_of_file(tmp_path)


def test_the_hash_of_an_array_is_that_of_its_little_endian_bytes_in_c_order() -> None:
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    expected = hashlib.sha256(array.tobytes()).hexdigest()
    assert sha256_of_array(array) == expected
    assert sha256_of_array(array.astype(">f4")) == expected
    assert sha256_of_array(np.asfortranarray(array)) == expected
    assert sha256_of_array(array.T) != expected


@pytest.mark.parametrize("shape", [(), (0,), (2, 0)])
def test_arrays_without_axes_or_numbers_have_a_hash(shape: tuple[int, ...]) -> None:
    array = np.zeros(shape)
    assert sha256_of_array(array) == hashlib.sha256(array.tobytes()).hexdigest()


def test_the_hash_of_a_folder_sees_names_sizes_and_times(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    (folder / "cat").mkdir(parents=True)
    file = folder / "cat" / "1.png"
    hashes = []
    for name, data, time in [("1.png", b"a", 1), ("1.png", b"bb", 1), ("1.png", b"bb", 2), ("2.png", b"bb", 2)]:
        file = file.rename(file.with_name(name)) if file.exists() else file
        file.write_bytes(data)
        os.utime(file, ns=(time, time))
        hashes.append(sha256_of_path(folder))
        assert sha256_of_path(folder) == hashes[-1]
    assert len(set(hashes)) == 4


def test_a_file_name_need_not_be_text(tmp_path: Path) -> None:
    empty = sha256_of_path(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(b"")
    assert sha256_of_path(tmp_path) != empty


def test_the_hash_of_a_folder_sees_what_lies_behind_links(tmp_path: Path) -> None:
    images, elsewhere = tmp_path / "images", tmp_path / "elsewhere"
    (images / "cat").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "1.png").write_bytes(b"a")
    hashes = [sha256_of_path(images)]
    (images / "dog").symlink_to(elsewhere)
    hashes.append(sha256_of_path(images))
    (elsewhere / "1.png").write_bytes(b"bb")
    hashes.append(sha256_of_path(images))
    assert len(set(hashes)) == 3
    # a link that leads back up, and one that leads nowhere, add nothing and do not trap the walk
    (images / "cat" / "up").symlink_to(images)
    (images / "gone").symlink_to(tmp_path / "none")
    assert sha256_of_path(images) == hashes[-1]


def test_a_link_and_the_folder_it_leads_to_have_the_same_hash(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "1.png").write_bytes(b"a")
    (tmp_path / "link").symlink_to(tmp_path / "cat")
    assert sha256_of_path(tmp_path / "link") == sha256_of_path(tmp_path / "cat")


@pytest.mark.parametrize("function", [sha256_of_file, sha256_of_path])
def test_a_pipe_is_not_waited_for(function, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: it is a pipe or a device; name a plain file"):
        function(tmp_path / "pipe")
