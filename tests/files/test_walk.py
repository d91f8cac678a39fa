"""The files below a folder: deep ones, linked ones, and links that lead round."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snnconv.data import open_images
from snnconv.errors import DataError, InputError
from snnconv.files.hashing import sha256_of_path
from snnconv.files.walk import MAX_DEPTH, walk


def _deep(top: Path, depth: int) -> Path:
    """Make folders below one another, and a file in the last; a path of them all would be too long to name."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("0.png", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    return top


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Give the function that makes deep folders; they go at the end, too deep for what clears up after tests."""
    yield lambda depth: _deep(tmp_path, depth)
    top, rest = tmp_path / "d", tmp_path / "rest"
    while top.exists():
        if (top / "d").exists():
            (top / "d").rename(rest)
        shutil.rmtree(top)
        if rest.exists():
            rest.rename(top)


def test_names_of_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "cat" / "one").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    for name in ("a.txt", "cat/0.png", "cat/one/1.png"):
        (tmp_path / name).write_bytes(b"")
    assert sorted(walk(tmp_path)) == ["a.txt", "cat/", "cat/0.png", "cat/one/", "cat/one/1.png", "empty/"]


def test_the_deepest_folder_that_is_entered(deep: Callable[[int], Path]) -> None:
    assert "d/" * MAX_DEPTH + "0.png" in set(walk(deep(MAX_DEPTH)))


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 200])
def test_deeper_folders_are_refused(deep: Callable[[int], Path], depth: int) -> None:
    path = deep(depth)
    message = f"{path} has folders more than {MAX_DEPTH} deep in 'd/d/d'; name the folder of the images"
    with pytest.raises(InputError, match=re.escape(message)):
        sha256_of_path(path)
    with pytest.raises(DataError, match=re.escape(message)):
        open_images(path, input_shape=(3, 5, 4))


def test_folders_full_of_links_are_entered_once(tmp_path: Path) -> None:
    # each of 24 folders has two links to the next: 2^24 ways to the last
    for number in range(24):
        (tmp_path / f"{number}").mkdir()
    for number in range(23):
        for link in ("left", "right"):
            (tmp_path / f"{number}" / link).symlink_to(tmp_path / f"{number + 1}")
    (tmp_path / "23" / "0.png").write_bytes(b"")
    began = time.process_time()
    assert [name for name in walk(tmp_path / "0") if not name.endswith("/")] == ["left/" * 23 + "0.png"]
    # it takes milliseconds; 2^24 ways would take minutes
    assert time.process_time() - began < 5


def test_a_real_folder_goes_before_links_to_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "0.png").write_bytes(b"")
    for link in ("a", "z"):
        (tmp_path / link).symlink_to(tmp_path / "real")
    assert sorted(walk(tmp_path)) == ["a/", "real/", "real/0.png", "z/"]


def test_of_links_to_a_folder_outside_the_first_name_counts(tmp_path: Path) -> None:
    (tmp_path / "outside" / "below").mkdir(parents=True)
    (tmp_path / "outside" / "below" / "0.png").write_bytes(b"")
    (tmp_path / "set").mkdir()
    for link in ("c", "b", "d"):
        (tmp_path / "set" / link).symlink_to(tmp_path / "outside")
    assert sorted(walk(tmp_path / "set")) == ["b/", "b/below/", "b/below/0.png", "c/", "d/"]


def test_links_that_lead_nowhere_are_files(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "none")
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    (tmp_path / "up").symlink_to(tmp_path)
    assert sorted(walk(tmp_path)) == ["gone", "one", "other", "up/"]
