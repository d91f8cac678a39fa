import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnconv.data import open_images, read_classes
from snnconv.data.labels import check_labels, read_labels
from snnconv.errors import DataError, FileMissingError

Advice = Callable[[np.ndarray], np.ndarray]


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
        (
            "1\ntwo\n3",
            "line 2 is 'two', expected an integer; write one number of a class per line, in the model's order from 0",
        ),
        ("label\n1\n2\n3", "line 1 is 'label', expected an integer"),
        ("1\n2\n3\n0", "has 4 labels for 3 images; give one label per image"),
        ("1\n2\n3\n\n\nx\n \n", "has 6 labels for 3 images; give one label per image"),
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
        ([0.0, 0.7, 2.0], "label 0.7 at index 1 is not a whole number; give numbers of classes"),
        ([0.0, np.nan, 2.0], "label nan at index 1 is not a whole number"),
        ([0.0, 1.0, np.inf], "label inf at index 2 is not a whole number"),
        ([0.0, 1.0, -1e300], "label -1e+300 at index 2 is not a whole number"),
        ([0.0, 1.0, 4.0], "label 4 at index 2 is no class of the model, allowed: 0 to 3"),
        (
            [1, 2, 4],
            "label 4 at index 2 is no class of the model, allowed: 0 to 3; they seem to count from 1: subtract",
        ),
        ([1, 2, 5], "label 5 at index 2 is no class of the model, allowed: 0 to 3; correct the labels"),
        ([True, False, True], "has labels of type bool, expected integers; save y.astype(int), 1 for True"),
        (
            ["cat", "dog", "cat"],
            "has labels of type <U3, expected integers; save the number of each class, in the model's order from 0: "
            "np.array([names.index(label) for label in y])",
        ),
        (
            np.eye(4)[[0, 1, 3]],
            "has labels of shape (3, 4), expected (3,); if each row has its largest number at the class (one-hot, "
            "scores), save y.argmax(axis=1)",
        ),
        ([0, 1], "has labels of shape (2,), expected (3,); give one label per image"),
        ([[0, 1, 2]], "has labels of shape (1, 3), expected (3,)"),
    ],
)
def test_bad_arrays_are_refused(tmp_path: Path, labels: object, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_labels(_array(tmp_path, labels), 3, 4)


@pytest.mark.parametrize(
    ("given", "advised"),
    [
        (np.eye(4)[[2, 0, 1]], lambda y: y.argmax(axis=1)),
        (np.eye(4, dtype=bool)[[2, 0, 1]], lambda y: y.argmax(axis=1)),
        (np.array(["emu", "cat", "dog"]), lambda y: np.array([["cat", "dog", "emu"].index(label) for label in y])),
        (np.array([3, 1, 2]), lambda y: y - 1),
    ],
)
def test_what_is_advised_gives_the_right_labels(tmp_path: Path, given: np.ndarray, advised: Advice) -> None:
    with pytest.raises(DataError):
        read_labels(_array(tmp_path, given), 3, 3)
    assert read_labels(_array(tmp_path, advised(given)), 3, 3).tolist() == [2, 0, 1]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint8, np.int8, ">i4", ">f8"])
def test_whole_numbers_of_every_type_are_labels(tmp_path: Path, dtype: str) -> None:
    for labels in (np.array([2, 0, 1], dtype), np.array([[2], [0], [1]], dtype)):
        assert read_labels(_array(tmp_path, labels), 3, 3).tolist() == [2, 0, 1]


def test_lines_beyond_the_images_are_counted_and_not_kept(tmp_path: Path) -> None:
    path = _text(tmp_path, "1\n" * 3_000_000 + "\n\n")
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="has 3000000 labels for 3 images; give one label per image"):
            read_labels(path, 3, 4)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # a few chunks of 1 MiB; all lines as a list take 150 MB
    assert peak < 8 * 2**20


def test_a_line_without_an_end_is_not_read_whole(tmp_path: Path) -> None:
    path = _text(tmp_path, "1\n" + "1" * 5000)
    with pytest.raises(DataError, match="line 2 has more than 4096 bytes; give a text of one entry a line"):
        read_labels(path, 3, 4)


def test_class_names_without_end_are_refused(tmp_path: Path) -> None:
    path = _text(tmp_path, "".join(f"{number}\n" for number in range(2**20 + 5)))
    with pytest.raises(DataError, match="has 1048581 class names, at most 1048576 are read; give one per class"):
        read_classes(path)


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
    with pytest.raises(DataError, match="is not UTF-8 text: invalid start byte at byte 4; save it as UTF-8"):
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
