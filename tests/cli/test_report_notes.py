"""What ``report`` says in front of the figures of a run: how far they mean something."""

from typing import Any

import numpy as np

from tests.reporting.conftest import SUMMARY, write_run

NONE_OF_EIGHT = {"accuracy": {"1": 0.0, "2": 0.0, "4": 0.0}, "reference_accuracy": 0.0}


def test_labels_of_one_class_and_a_model_near_chance_are_said(snnconv: Any, tmp_path: Any) -> None:
    folder = write_run(tmp_path / "run", SUMMARY | NONE_OF_EIGHT, labels=np.full(8, 8))
    out = snnconv("report", folder).out
    assert "Note: the ONNX model is right on 0.0 % of 8 labelled images, near chance for 10 classes" in out
    assert "Note: all 8 labels are of class 8: the accuracy is how often that class is decided" in out
    both = snnconv("report", folder, folder).out
    assert both.count("near chance for 10 classes (guessing gets 10 %)") == 2


def test_nothing_is_said_of_a_usual_run(snnconv: Any, tmp_path: Any) -> None:
    assert "Note:" not in snnconv("report", write_run(tmp_path / "run")).out
