import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from snnconv.data import ChannelOrder, Geometry, ImageSet, Layout, open_images
from snnconv.errors import DataError, FileMissingError

SHAPE = (3, 5, 4)
Make = Callable[..., Path]
Files = dict[str, bytes]


def _all(images: ImageSet, size: int, start: int = 0, stop: int | None = None) -> tuple[np.ndarray, ...]:
    batches = list(images.batches(size, start, stop))
    assert all(batch.images.flags.c_contiguous for batch in batches)
    return (
        np.concatenate([batch.images for batch in batches]),
        np.concatenate([batch.labels for batch in batches if batch.labels is not None]),
        np.concatenate([batch.ids for batch in batches]),
    )


def test_folder_and_zip_give_the_same_whatever_the_batches(make_folder: Make, make_zip: Make, tree: Files) -> None:
    paths = [
        make_folder(tree),
        make_zip(tree),
        make_zip(dict(reversed(tree.items())), "packed.zip", zipfile.ZIP_DEFLATED),
    ]
    expected = _all(open_images(paths[0], input_shape=SHAPE), 100)
    assert expected[0].shape == (9, 5, 4, 3)
    for path in paths:
        images = open_images(path, input_shape=SHAPE, class_count=3)
        assert (images.name, images.count, images.dtype) == (path.name, 9, "uint8")
        assert images.class_names == ("cat", "dog", "emu")
        for size in (1, 2, 9):
            for start, stop in ((0, None), (3, None), (2, 7)):
                for found, whole in zip(_all(images, size, start, stop), expected, strict=True):
                    np.testing.assert_array_equal(found, whole[start:stop])


@pytest.mark.parametrize("layout", [Layout.NHWC, Layout.NCHW])
def test_a_layout_is_refused_for_image_files(layout: Layout, make_folder: Make, make_zip: Make, tree: Files) -> None:
    for path, kind in ((make_folder(tree), "folder"), (make_zip(tree), "zip")):
        with pytest.raises(DataError) as caught:
            open_images(path, input_shape=SHAPE, layout=layout)
        assert str(caught.value) == (f"{path} is a {kind} of image files, --layout applies to arrays; leave it out")


def test_the_order_is_balanced_and_labels_belong_to_their_images(make_folder: Make, tree: Files) -> None:
    path = make_folder(tree)
    images = open_images(path, input_shape=SHAPE)
    assert images.labels is not None
    assert images.labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 2, 0]
    pixels, labels, _ = _all(images, 4)
    np.testing.assert_array_equal(labels, images.labels)
    names = ("cat", "dog", "emu")
    files = {name: [np.asarray(Image.open(p)) for p in (path / "train" / name).iterdir()] for name in names}
    for image, label in zip(pixels, labels, strict=True):
        assert any(np.array_equal(image, file) for file in files[names[label]])


def test_classes_match_by_name(make_folder: Make, tree: Files) -> None:
    classes = ("emu", "fox", "dog", "cat")
    images = open_images(make_folder(tree), input_shape=SHAPE, classes=classes, class_count=4)
    assert images.class_names == classes
    assert images.labels is not None
    assert images.labels.tolist() == [0, 2, 3, 0, 2, 3, 0, 3, 3]


def test_identities_hold_the_class_and_the_file_name(make_folder: Make, png: Callable[..., bytes]) -> None:
    same = png(np.zeros((5, 4, 3), np.uint8))
    one = open_images(make_folder({"a/1.png": same, "a/2.png": same, "b/1.png": same}), input_shape=SHAPE)
    _, _, ids = _all(one, 3)
    assert len(set(ids.tolist())) == 3
    deeper = open_images(
        make_folder({f"x/y/{n}": same for n in ("a/1.png", "a/2.png", "b/1.png")}, "deep"), input_shape=SHAPE
    )
    np.testing.assert_array_equal(_all(deeper, 3)[2], ids)


def test_what_is_no_image_is_passed_over(make_folder: Make, make_zip: Make, tree: Files) -> None:
    noise = {
        "__MACOSX/cat/._0.png": b"",
        "train/cat/.hidden.png": b"",
        ".git/cat/0.png": b"",
        "train/cat/Thumbs.db": b"",
        "readme.txt": b"",
        "train/zoo/notes.md": b"",
    }
    for path in (
        make_folder(tree | noise),
        make_zip(tree | noise | {"train/void/": b"", "train/dir.png/": b""}),
    ):
        images = open_images(path, input_shape=SHAPE)
        assert (images.count, images.class_names) == (9, ("cat", "dog", "emu"))


def test_images_without_folders_have_no_labels(make_folder: Make, make_zip: Make, png: Callable[..., bytes]) -> None:
    files = {f"{i}.png": png(np.full((5, 4, 3), i, np.uint8)) for i in range(6)}
    for path in (make_folder(files), make_zip(files)):
        images = open_images(path, input_shape=SHAPE)
        assert (images.labels, images.class_names) == (None, None)
        (batch,) = images.batches(6)
        assert batch.labels is None
        assert sorted(batch.images[:, 0, 0, 0].tolist()) == list(range(6))


def test_a_labels_file_follows_the_sorted_names(make_folder: Make, tmp_path: Path, png: Callable[..., bytes]) -> None:
    path = make_folder({f"{i}.png": png(np.full((5, 4, 3), i, np.uint8)) for i in range(6)})
    (tmp_path / "labels.txt").write_text("0\n0\n0\n1\n1\n1\n")
    images = open_images(path, input_shape=SHAPE, labels=tmp_path / "labels.txt", class_count=2)
    pixels, labels, _ = _all(images, 4)
    assert labels.tolist() == [0, 1, 0, 1, 0, 1]
    np.testing.assert_array_equal(pixels[:, 0, 0, 0] >= 3, labels == 1)


def test_grey_models_take_grey_images(make_folder: Make, png: Callable[..., bytes]) -> None:
    grey = np.arange(20, dtype=np.uint8).reshape(5, 4)
    (batch,) = open_images(make_folder({"a/0.png": png(grey)}), input_shape=(1, 5, 4)).batches(1)
    np.testing.assert_array_equal(batch.images[0, :, :, 0], grey)


def test_bgr_turns_the_channels_and_keeps_the_identities(make_folder: Make, tree: Files) -> None:
    path = make_folder(tree)
    bgr = Geometry(channels=ChannelOrder.BGR)
    plain, turned = (open_images(path, input_shape=SHAPE, geometry=g) for g in (Geometry(), bgr))
    np.testing.assert_array_equal(_all(turned, 4)[0], _all(plain, 4)[0][..., ::-1])
    np.testing.assert_array_equal(_all(turned, 4)[2], _all(plain, 4)[2])


def test_class_folders_that_do_not_fit_are_refused(make_folder: Make, tmp_path: Path, tree: Files) -> None:
    path = make_folder(tree)
    with pytest.raises(
        DataError,
        match=r"has class folders that --classes, now or at calibration, does not name: 'cat', 'emu'; give the folders",
    ):
        open_images(path, input_shape=SHAPE, classes=("dog", "fox"))
    for count in (4, 5):
        with pytest.raises(
            DataError, match=f"has 3 class folders, the model has {count} classes; give --classes, the names in the mod"
        ):
            open_images(path, input_shape=SHAPE, class_count=count)
    (tmp_path / "labels.txt").write_text("0\n" * 9)
    with pytest.raises(DataError, match="has class folders, --labels is for arrays and flat folders; leave it out"):
        open_images(path, input_shape=SHAPE, labels=tmp_path / "labels.txt")


def test_many_unknown_folders_are_cut_short(make_folder: Make) -> None:
    path = make_folder({f"{i:02}/a.png": b"" for i in range(13)})
    with pytest.raises(DataError, match="'08', '09' and 3 more; give the folders the names that stand there"):
        open_images(path, input_shape=SHAPE, classes=("a",))


def test_an_image_beside_class_folders_is_refused(make_folder: Make, tree: Files) -> None:
    message = (
        "images lie beside the folders ('train'), where they have no class; move each into the folder of its class, or "
        "give a folder of class folders alone"
    )
    path = make_folder(tree | {"7.png": b""})
    with pytest.raises(DataError, match=re.escape(message)):
        open_images(path, input_shape=SHAPE)
    assert open_images(path / "train", input_shape=SHAPE).count == 9


def test_no_images_are_refused(make_folder: Make, make_zip: Make) -> None:
    for path in (make_folder({"a/b.txt": b""}), make_zip({"a/b.txt": b""})):
        with pytest.raises(DataError, match=r"holds no image, found 1 \.txt; give class folders of"):
            open_images(path, input_shape=SHAPE)


def test_models_that_image_files_do_not_fit(make_folder: Make, tree: Files) -> None:
    path = make_folder(tree)
    with pytest.raises(DataError, match="image files have 1 or 3 channels, the model takes 2; give an array"):
        open_images(path, input_shape=(2, 5, 4))
    bgr = Geometry(channels=ChannelOrder.BGR)
    with pytest.raises(DataError, match="--channels bgr needs 3 channels, the model takes 1; leave it out"):
        open_images(path, input_shape=(1, 5, 4), geometry=bgr)


def test_a_corrupt_image_is_named(make_folder: Make, make_zip: Make, tree: Files) -> None:
    bad = tree | {"train/dog/0.png": tree["train/dog/0.png"][:40]}
    for path in (make_folder(bad), make_zip(bad)):
        with pytest.raises(DataError, match=re.escape(f"{path}: image 'train/dog/0.png' is no image that can be read")):
            list(open_images(path, input_shape=SHAPE).batches(2))


def test_what_is_no_plain_file_is_named(make_folder: Make, tree: Files) -> None:
    path = make_folder(tree)
    os.mkfifo(path / "train" / "cat" / "pipe.png")
    message = "image 'train/cat/pipe.png' is no plain file; replace or remove it"
    with pytest.raises(DataError, match=re.escape(message)):
        list(open_images(path, input_shape=SHAPE).batches(9))


def test_links_to_folders_are_followed_but_not_round(make_folder: Make, tmp_path: Path, tree: Files) -> None:
    path = make_folder(tree)
    (tmp_path / "linked").mkdir()
    for name in ("cat", "dog", "emu"):
        (tmp_path / "linked" / name).symlink_to(path / "train" / name)
    linked = open_images(tmp_path / "linked", input_shape=SHAPE)
    assert (linked.count, linked.class_names) == (9, ("cat", "dog", "emu"))
    (path / "train" / "up").symlink_to(path)
    assert open_images(path, input_shape=SHAPE).count == 9


def test_a_file_removed_meanwhile_is_named(make_folder: Make, tree: Files) -> None:
    path = make_folder(tree)
    images = open_images(path, input_shape=SHAPE)
    (path / "train" / "emu" / "1.png").unlink()
    with pytest.raises(FileMissingError, match=re.escape("image 'train/emu/1.png' does not exist")):
        list(images.batches(9))
