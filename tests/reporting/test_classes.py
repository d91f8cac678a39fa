from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.reporting.classes import of_one_class
from snnconv.reporting.model import ClassRow, Confusion
from snnconv.reporting.page import write_page
from snnconv.reporting.report import report

MakeRun = Callable[..., Path]


def test_classes_by_hand(make_run: MakeRun) -> None:
    rows = report(make_run()).classes
    # the network has 2 to 6 right, the model 0 to 5
    assert rows == tuple(
        ClassRow(label=label, images=1, right=int(2 <= label <= 6), ann_right=int(label <= 5)) for label in range(8)
    )


def test_confusions_by_hand(make_run: MakeRun) -> None:
    pairs = report(make_run()).confusions
    decided = {0: 9, 1: 9, 7: 9}
    assert pairs == tuple(Confusion(label=label, decision=decided.get(label, label), images=1) for label in range(8))


def test_several_images_of_a_class_are_one_row(make_run: MakeRun, summary: dict[str, Any]) -> None:
    content = summary | {
        "accuracy": {"1": 0.0, "2": 0.125, "4": 0.125},
        "reference_accuracy": 0.125,
    }
    made = report(make_run(content, labels=np.full(8, 3)))
    assert made.classes == (ClassRow(label=3, images=8, right=1, ann_right=1),)
    assert made.confusions is not None
    assert sum(pair.images for pair in made.confusions) == 8
    assert Confusion(label=3, decision=9, images=3) in made.confusions


def test_without_labels_there_are_none(make_run: MakeRun, summary: dict[str, Any]) -> None:
    content = summary | {"accuracy": None, "top5": None, "reference_accuracy": None}
    made = report(make_run(content, labels=np.full(8, -1)))
    assert made.classes is None
    assert made.confusions is None


def test_without_reference_the_model_has_no_column(make_run: MakeRun, summary: dict[str, Any]) -> None:
    content = summary | {"agreement": None, "reference_accuracy": None}
    rows = report(make_run(content, reference=np.full(8, -1))).classes
    assert rows is not None
    assert {row.ann_right for row in rows} == {None}


def test_labels_of_one_class_are_said_to_be_so(make_run: MakeRun, summary: dict[str, Any], tmp_path: Path) -> None:
    content = summary | {"accuracy": {"1": 0.0, "2": 0.125, "4": 0.125}, "reference_accuracy": 0.125}
    made = report(make_run(content, labels=np.full(8, 3)))
    said = of_one_class(made.classes)
    assert said == (
        "all 8 labels are of class 3: the accuracy is how often that class is decided, and says nothing of others"
    )
    write_page([made], tmp_path / "page.html")
    assert said in (tmp_path / "page.html").read_text()


def test_labels_of_several_classes_one_image_or_none_are_not() -> None:
    rows = (ClassRow(label=0, images=1, right=1, ann_right=None), ClassRow(label=1, images=9, right=2, ann_right=None))
    assert [of_one_class(given) for given in (rows, rows[:1], None)] == [None, None, None]
