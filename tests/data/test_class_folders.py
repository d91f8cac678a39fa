"""Folders of images as people lay them out: which are the classes, what is refused, and whether the advice works."""

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from snnconv.data import ImageSet, open_images
from snnconv.errors import DataError

SHAPE = (3, 5, 4)
Make = Callable[..., Path]
CLASSES = ("cat", "dog", "emu")


def _files(places: Iterable[str], per_place: int = 2) -> dict[str, bytes]:
    # opening looks at names alone
    return {f"{place}/{place.replace('/', '-')}-{i}.png": b"" for place in places for i in range(per_place)}


def _open(path: Path, classes: tuple[str, ...] | None = None, class_count: int = 3) -> ImageSet:
    return open_images(path, input_shape=SHAPE, classes=classes, class_count=class_count)


def _refusal(path: Path, classes: tuple[str, ...] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        _open(path, classes)
    return str(caught.value)


@pytest.mark.parametrize("classes", [None, CLASSES])
@pytest.mark.parametrize(
    "parts",
    [
        ("train", "val", "test"),
        ("Train", "Valid", "Test"),
        ("training", "validation", "testing"),
        ("TRAIN", "dev"),
        ("train", "eval"),
        ("training_set", "test_set"),
        ("train2017", "val2017"),
        ("photos-train", "photos-test"),
    ],
)
def test_the_parts_of_a_data_set_are_not_mixed(
    make_folder: Make, make_zip: Make, parts: tuple[str, ...], classes: tuple[str, ...] | None
) -> None:
    files = _files(f"{part}/{name}" for part in parts for name in CLASSES)
    path, packed = make_folder(files), make_zip(files)
    in_order = sorted(parts)
    shown = ", ".join(repr(part) for part in in_order)
    ways = " or ".join(str(path / part) for part in in_order)
    text = f"holds {shown}, parts of a data set, which are not mixed; give"
    assert _refusal(path, classes) == f"{path} {text} one of them: {ways}"
    assert _refusal(packed, classes) == f"{packed} {text} a zip file of one of them"
    for part in parts:
        assert _open(path / part, classes).count == 6
        # zipped as it stands, the part's own folder comes along
        shutil.make_archive(str(path.parent / part), "zip", path, part)
        assert _open(path.parent / f"{part}.zip", classes).class_names == CLASSES


def test_parts_below_the_folder_of_a_data_set(make_folder: Make) -> None:
    path = make_folder(_files(f"pets/{part}/{name}" for part in ("train", "val") for name in CLASSES))
    assert _refusal(path).endswith(f"give one of them: {path}/pets/train or {path}/pets/val")
    assert _open(path / "pets" / "val").count == 6


@pytest.mark.parametrize("classes", [None, CLASSES])
@pytest.mark.parametrize("picture", ["montage.png", "0.jpg"])
def test_an_image_beside_the_class_folders_is_no_class(
    make_folder: Make, picture: str, classes: tuple[str, ...] | None
) -> None:
    # with as many classes as the model has, the folders would get the numbers of others
    path = make_folder(_files(("cat", "dog")) | {picture: b""})
    assert _refusal(path, classes) == (
        f"{path}: images lie beside the folders ('cat', 'dog'), where they have no class; move each into the folder of "
        "its class, or give a folder of class folders alone"
    )
    (path / picture).unlink()
    assert _open(path, classes, class_count=3 if classes else 2).count == 4


def test_parts_beside_images_without_class_folders(make_folder: Make) -> None:
    # as a competition gives them: labelled training images, test images without labels
    path = make_folder(_files(f"train/{name}" for name in CLASSES) | {"test/0.png": b"", "test/1.png": b""})
    assert _refusal(path).endswith(f"'test', 'train', parts of a data set, which are not mixed; give one of them: "
                                   f"{path}/test or {path}/train")  # fmt: skip
    assert _open(path / "test").labels is None


def test_parts_are_no_classes(make_folder: Make) -> None:
    path = make_folder(_files(("train", "test")))
    with pytest.raises(DataError) as caught:
        _open(path, class_count=2)
    assert str(caught.value) == (
        f"{path}: 'test', 'train' are parts of a data set and no classes; give one of them: {path}/test or {path}/train"
    )
    assert _open(path / "train", class_count=2).labels is None
    # who says that they are classes is believed
    assert _open(path, ("train", "test"), class_count=2).class_names == ("train", "test")


def test_a_class_may_be_called_as_a_part_is(make_folder: Make) -> None:
    names = ("bus", "train", "tram")
    assert _open(make_folder(_files(names))).class_names == names


def test_parts_within_the_classes_are_not_mixed(make_folder: Make) -> None:
    path = make_folder(_files(f"{name}/{part}" for part in ("train", "val") for name in CLASSES))
    assert _refusal(path) == (
        f"{path}: the parts of a data set lie within the class folders, as in 'cat/train'; lay them the other "
        f"way round, "
        "as 'train/cat', and give one part"
    )
    for name in CLASSES:
        for part in ("train", "val"):
            (path / "new" / part).mkdir(parents=True, exist_ok=True)
            (path / name / part).rename(path / "new" / part / name)
    assert _open(path / "new" / "train").class_names == CLASSES


@pytest.mark.parametrize("classes", [None, CLASSES])
@pytest.mark.parametrize(
    "places",
    [
        [f"{name}/person" for name in CLASSES],
        ["cat/anna", "cat/ben", "dog/anna", "dog/ben", "emu/anna"],
        ["cat/anna", "cat/ben", "dog/eve", "dog/tom", "emu/zoe"],
        ["cat", "cat/more", "dog", "emu"],
    ],
)
def test_a_level_below_the_class_folders_is_refused(
    make_folder: Make, places: list[str], classes: tuple[str, ...] | None
) -> None:
    path = make_folder(_files(places))
    below = next(place for place in places if "/" in place)
    assert _refusal(path, classes) == (
        f"{path}: images lie in {below!r}, a folder below a class folder; move them up, under names that "
        f"differ, into 'cat'"
    )
    for file in sorted(path.rglob("*.png")):
        name = file.relative_to(path).parts[0]
        file.rename(path / name / file.name)
    images = _open(path, classes)
    assert (images.count, images.class_names) == (2 * len(places), CLASSES)


def test_classes_in_several_folders_of_other_names(make_folder: Make) -> None:
    path = make_folder(_files(f"fold{fold}/{name}" for fold in range(5) for name in CLASSES))
    assert re.fullmatch(
        r".*: class folders lie in several folders \('fold0', .* 'fold4'\), which are not mixed; give one of "
        r"them: .*/fold0 "
        r"or .*/fold3",
        _refusal(path),
    )
    assert _open(path / "fold4").class_names == CLASSES


def test_classes_in_groups_are_found_by_name(make_folder: Make, caplog: pytest.LogCaptureFixture) -> None:
    path = make_folder(_files(("birds/emu", "mammals/cat", "mammals/dog")))
    where = f"{path}: class folders lie in several folders ('birds', 'mammals')"
    assert _refusal(path) == f"{where}; give --classes, the names in the model's order, so that they are found by name"
    images = _open(path, ("dog", "cat", "emu"))
    assert images.labels is not None
    assert sorted(images.labels.tolist()) == [0, 0, 1, 1, 2, 2]
    assert caplog.messages == [f"{where}; classes are found by name"]


def test_what_is_unclear_is_refused(make_folder: Make) -> None:
    path = make_folder(_files(("a/one", "b/two/three")))
    assert _refusal(path) == (
        f"{path} has folders of images in several folders, such as 'a/one' and 'b/two/three'; give a folder in "
        f"which the "
        "class folders lie side by side and hold their images themselves"
    )


def test_images_in_one_folder_have_no_labels(
    make_folder: Make, make_zip: Make, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (make_folder(_files(["photos"])), make_zip(_files(["photos"]))):
        caplog.clear()
        for classes in (None, CLASSES):
            images = _open(path, classes)
            assert (images.labels, images.class_names) == (None, classes)
        text = f"{path}: all images lie in one folder, 'photos', so there are no labels; if it is a class, name it in "
        assert caplog.messages == [f"{text}--classes"] * 2
    labelled = _open(path, ("cat", "dog", "photos")).labels
    assert labelled is not None
    assert labelled.tolist() == [2, 2]


def test_what_is_left_out_is_said(make_folder: Make, make_zip: Make, caplog: pytest.LogCaptureFixture) -> None:
    odd = ("cat/0.gif", "cat/1.GIF", "dog/a.heic", "dog/.hidden.png", ".git/x", "__MACOSX/cat/._0.png", "cat/noend")
    files = _files(CLASSES) | dict.fromkeys(odd, b"")
    for path in (make_folder(files), make_zip(files)):
        caplog.clear()
        assert _open(path).count == 6
        (message,) = caplog.messages
        text = re.fullmatch(
            re.escape(f"{path}: 7 files are left out (") + r"(.*)\); images are \.png .* \.pgm, and not hidden", message
        )
        assert text is not None
        assert sorted(text[1].split(", ")) == ["1 .heic", "1 others", "2 .gif", "3 hidden"]


def test_folders_without_images_are_said(make_folder: Make, make_zip: Make, caplog: pytest.LogCaptureFixture) -> None:
    # three folders for three classes, one of them with images that are not read
    path = make_folder(_files(("cat", "dog")) | {"emu/0.gif": b""})
    assert _refusal(path) == (
        f"{path} has 2 class folders ('emu' without an image), the model has 3 classes; give --classes, the "
        f"names in the "
        "model's order"
    )
    assert _open(path, CLASSES).class_names == CLASSES
    assert caplog.messages[-1] == f"{path}: no images of their own in the folders 'emu'"
    packed = make_zip(_files(("cat", "dog")) | {"emu/": b""})
    assert "('emu' without an image)" in _refusal(packed)


def test_a_link_to_a_class_folder_is_no_other_class(make_folder: Make) -> None:
    path = make_folder(_files(("cat", "dog")))
    (path / "emu").symlink_to(path / "dog")
    assert "has 2 class folders ('emu' without an image), the model has 3 classes" in _refusal(path)


def test_more_folders_than_classes(make_folder: Make) -> None:
    path = make_folder(_files((*CLASSES, "fox")))
    assert _refusal(path) == (
        f"{path} has 4 class folders, the model has 3 classes; give a folder that holds those of the model's "
        f"classes only"
    )


def test_nothing_but_other_files(make_folder: Make) -> None:
    path = make_folder({"a/0.gif": b"", "a/1.gif": b"", "b/0.txt": b""})
    assert _refusal(path) == (
        f"{path} holds no image, found 2 .gif, 1 .txt; give class folders of .png, .jpg, .bmp, .webp, .tif or "
        f".ppm files"
    )
