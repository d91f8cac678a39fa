import re
from pathlib import Path

import numpy as np
import pytest

from snnconv.data import open_images, read_classes
from snnconv.data.labels import check_labels, read_labels
from snnconv.errors import DataError, FileMissingError


def _text(path: Path, text: str) -> Path:
    (path / "labels.txt").write_text(text)
    return path / "labels.txt"


def _array(path: Path, labels: object) -> Path:
    np.save(path / "labels.npy", np.array(labels))
    return path / "labels.npy"


def test_labels_from_text_and_array(tmp_path: Path) -> None:
    from_text = read_labels(_text(tmp_path, " 2\r\n0\n1 \n\n"), 3, 3)
    from_array = read_labels(_array(tmp_path, [2, 0, 1]), 3, 3)
    assert from_text.dtype == from_array.dtype == np.int64
    assert from_text.tolist() == from_array.tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\ntwo\n3", "line 2 is 'two', expected an integer; give one label per line"),
        ("1\n\n3", "line 2 is '', expected an integer"),
        ("1\n1.0\n3", "line 2 is '1.0', expected an integer"),
        ("1\n1_0\n3", "line 2 is '1_0', expected an integer"),
        ("1\n99999999999999999999\n3", "line 2 is '99999999999999999999', expected an integer"),
        ("1\n2", "has 2 labels for 3 images; give one label per image"),
        ("", "has 0 labels for 3 images"),
        ("1\n-1\n3", "label -1 at index 1 is no class of the model, allowed: 0 to 3; correct the labels"),
        ("1\n3\n4", "label 4 at index 2 is no class of the model, allowed: 0 to 3"),
    ],
)
def test_bad_texts_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_labels(_text(tmp_path, text), 3, 4)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 4, 5], "label 4 at index 1 is no class of the model, allowed: 0 to 3"),
        (np.array([0, 1, 2**64 - 1], np.uint64), f"label {2**64 - 1} at index 2 is no class of the model"),
        ([0.0, 1.0, 2.0], "has labels of type float64, expected integers; save y.astype(int)"),
        ([True, False, True], "has labels of type bool, expected integers"),
        ([0, 1], "has labels of shape (2,), expected (3,); give one label per image"),
        ([[0, 1, 2]], "has labels of shape (1, 3), expected (3,)"),
    ],
)
def test_bad_arrays_are_refused(tmp_path: Path, labels: object, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_labels(_array(tmp_path, labels), 3, 4)


def test_the_y_of_an_npz_is_checked_too(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.zeros((3, 2, 2, 3), np.uint8), y=np.array([0, 7, 8]))
    message = "set.npz: y: label 7 at index 1 is no class of the model, allowed: 0 to 4; correct the labels"
    with pytest.raises(DataError, match=re.escape(message)):
        open_images(tmp_path / "set.npz", input_shape=(3, 2, 2), class_count=5)


def test_without_a_class_count_only_negative_labels_are_refused() -> None:
    assert check_labels(np.array([0, 10**6]), None, "y").tolist() == [0, 10**6]
    with pytest.raises(DataError, match="label -3 at index 1 is no class of the model, allowed: 0 or more"):
        check_labels(np.array([0, -3]), None, "y")


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=re.escape("no.txt does not exist")):
        read_labels(tmp_path / "no.txt", 1, 1)
    with pytest.raises(FileMissingError, match=re.escape("no.npy does not exist")):
        read_labels(tmp_path / "no.npy", 1, 1)
    with pytest.raises(DataError, match=r"cannot read .*: Is a directory; name a file"):
        read_classes(tmp_path)
    (tmp_path / "bad.txt").write_bytes(b"cat\n\xff\n")
    with pytest.raises(DataError, match="is not UTF-8 text: invalid start byte at byte 4; save it as text"):
        read_classes(tmp_path / "bad.txt")


def test_class_names_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_bytes("\ufeffzebra\r\nfire engine\r\nÄffchen\r\n\r\n".encode())
    assert read_classes(path) == ("zebra", "fire engine", "Äffchen")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n", "holds no class name; give one per line, in the model's order"),
        ("cat\n\ndog", "line 2 is empty, expected a class name; give one per line"),
        ("cat\ndog\ncat", "line 3 names the class 'cat' again; give each name once"),
    ],
)
def test_bad_class_names_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_classes(_text(tmp_path, text))
