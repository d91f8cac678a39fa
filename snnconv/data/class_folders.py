"""Which class an image file belongs to: the folder that it lies in, where that can only mean one thing."""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snnconv.errors import DataError

_log = logging.getLogger(__name__)

_NAMES_SHOWN = 10
# what the parts of a data set are called, alone or in names such as train2017 and test_images
_PARTS = frozenset(
    (
        *("train", "training", "trn", "val", "valid", "validate", "validation", "dev", "devel", "development"),
        *("eval", "evaluation", "test", "testing", "tst", "holdout", "heldout"),
    )
)
_BESIDE = frozenset(["set", "sets", "data", "dataset", "images", "imgs", "img", "split"])

Classified = tuple[npt.NDArray[np.int64] | None, tuple[str, ...] | None]


def classify(
    path: Path, names: Sequence[str], classes: tuple[str, ...] | None, class_count: int | None, empty: Sequence[str]
) -> Classified:
    """Give the label of each image and the names of the classes; no labels where no folders tell them.

    Parameters
    ----------
    path : Path
        The folder or the zip file.
    names : sequence of str
        Its images, with ``/`` between folders.
    classes : tuple of str or None
        The names of the classes in the model's order. None: the folders are numbered in the order of their names.
    class_count : int or None
        The number of classes of the model, where it is known.
    empty : sequence of str
        Folders in which no image lies.

    Raises
    ------
    DataError
        If it is not clear which folders are the classes, or they are not those of the model.
    """
    places = sorted({_folder(name) for name in names})
    if places == [""]:
        return None, classes
    if len(places) == 1 and (class_count != 1 if classes is None else _last(places[0]) not in classes):
        _log.warning(
            "%s: all images lie in one folder, %r, so there are no labels; if it is a class, name it in --classes",
            *(path, places[0]),
        )
        return None, classes
    _check_places(path, places, classes, class_count)
    found = sorted({_last(place) for place in places})
    if classes is None:
        _check_count(path, found, class_count, empty)
    elif unknown := [folder for folder in found if folder not in set(classes)]:
        raise DataError(
            f"{path} has class folders that --classes, now or at calibration, does not name: {_shown(unknown)}; "
            "give the folders the names that stand there, or remove them"
        )
    names_of_classes = tuple(found) if classes is None else classes
    number = {folder: index for index, folder in enumerate(names_of_classes)}
    labels = np.array([number[_last(_folder(name))] for name in names], dtype=np.int64)
    return labels, names_of_classes


def _check_places(path: Path, places: list[str], classes: tuple[str, ...] | None, class_count: int | None) -> None:
    """Refuse folders of images of which it is not clear whether they are classes.

    Class folders lie side by side. Elsewhere a folder may be a part of the data set (``train/cat``, ``test/cat``), or
    a group within a class (``cat/indoors``), and images would be measured that were trained on, or under wrong labels.
    """
    common, tops = _divided(places)
    folders = [top for top in tops if top]
    parts = [top for top in folders if _tells_part(top)]
    if len({_folder(place) for place in places}) == 1 and "" not in places:
        if classes is None and len(places) > 1 and all(_is_part(top) for top in tops):
            raise DataError(
                f"{path}: {_shown(tops)} are parts of a data set and no classes; {_one_of(path, common, tops)}"
            )
        return
    if len(parts) > 1:
        raise DataError(
            f"{path} holds {_shown(parts)}, parts of a data set, which are not mixed; {_one_of(path, common, parts)}"
        )
    if "" in places:
        raise DataError(
            f"{path}: images lie beside the folders ({_shown(folders)}), where they have no class; move each into the "
            "folder of its class, or give a folder of class folders alone"
        )
    if any(_is_part(_last(place)) for place in places):
        raise DataError(
            f"{path}: the parts of a data set lie within the class folders, as in {places[0]!r}; lay them the other "
            f"way round, as {_turned(places[0])!r}, and give one part"
        )
    _check_levels(path, places, common, tops, (classes, class_count))


def _check_levels(
    path: Path, places: list[str], common: str, tops: list[str], known: tuple[tuple[str, ...] | None, int | None]
) -> None:
    """Say which of two levels of folders are the classes, where that can be known, and what to do."""
    classes, class_count = known
    last = [_last(place) for place in places]

    def are_classes(names: list[str]) -> bool:
        return set(names) <= set(classes) if classes is not None else len(set(names)) == class_count

    if are_classes(tops) and not are_classes(last):
        below = max(places, key=lambda place: place.count("/"))
        raise DataError(
            f"{path}: images lie in {below!r}, a folder below a class folder; move them up, under names that differ, "
            f"into {'/'.join(below.split('/')[: common.count('/') + 1])!r}"
        )
    if are_classes(last) and not are_classes(tops):
        where = f"{path}: class folders lie in several folders ({_shown(tops)})"
        if len(set(last)) < len(last):
            raise DataError(f"{where}, which are not mixed; {_one_of(path, common, tops)}")
        if classes is None:
            raise DataError(f"{where}; give --classes, the names in the model's order, so that they are found by name")
        _log.warning("%s; classes are found by name", where)
        return
    raise DataError(
        f"{path} has folders of images in several folders, such as {places[0]!r} and {places[-1]!r}; give a folder in "
        "which the class folders lie side by side and hold their images themselves"
    )


def _check_count(path: Path, found: list[str], class_count: int | None, empty: Sequence[str]) -> None:
    """Refuse a part of the classes: numbered in the order of their names, they would get the numbers of others."""
    if class_count is None or len(found) == class_count:
        return
    without = f" ({_shown(list(empty))} without an image)" if empty else ""
    remedy = (
        "give --classes, the names in the model's order"
        if len(found) < class_count
        else "give a folder that holds those of the model's classes only"
    )
    raise DataError(f"{path} has {len(found)} class folders{without}, the model has {class_count} classes; {remedy}")


def _divided(places: list[str]) -> tuple[str, list[str]]:
    """Give the path, with a ``/`` behind it, that all folders share, and the folders into which they divide there."""
    split = [place.split("/") for place in places]
    depth = 0
    while all(len(parts) > depth + 1 for parts in split) and len({parts[depth] for parts in split}) == 1:
        depth += 1
    return "".join(f"{part}/" for part in split[0][:depth]), sorted({parts[depth] for parts in split})


def _tells_part(name: str) -> bool:
    """Say whether the name of a folder tells that it is a part of a data set."""
    return any(word in _PARTS for word in _words(name))


def _is_part(name: str) -> bool:
    """Say whether a folder is called a part of a data set and nothing else."""
    return _tells_part(name) and all(word in _PARTS | _BESIDE for word in _words(name))


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", name.lower())


def _one_of(path: Path, common: str, parts: Iterable[str]) -> str:
    if path.suffix.lower() == ".zip" and not path.is_dir():
        return "give a zip file of one of them"
    return "give one of them: " + " or ".join(str(path / (common + part)) for part in list(parts)[:4])


def _turned(place: str) -> str:
    """Give ``train/cat`` for ``cat/train``."""
    *above, name, part = place.split("/")
    return "/".join([*above, part, name])


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _last(folder: str) -> str:
    return folder.rpartition("/")[2]


def _shown(names: Sequence[str]) -> str:
    """Give names in quotes, a long list cut short."""
    more = "" if len(names) <= _NAMES_SHOWN else f" and {len(names) - _NAMES_SHOWN} more"
    return ", ".join(repr(name) for name in names[:_NAMES_SHOWN]) + more
