from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import RunError
from snnconv.reporting.compare import compare
from snnconv.reporting.model import Comparison
from snnconv.reporting.report import report
from tests.reporting.conftest import SUMMARY, write_run


def test_runs_stand_as_they_were_named(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / "b"), write_run(tmp_path / "a")]
    made = compare(folders)
    assert made.folders == tuple(map(str, folders))
    assert made.runs == tuple(report(folder) for folder in folders)
    assert Comparison.model_validate_json(made.model_dump_json()) == made


def test_gain_is_paired_and_against_the_first(tmp_path: Path) -> None:
    same = compare([write_run(tmp_path / "a"), write_run(tmp_path / "b")]).gains[0]
    assert same is not None
    # ± 1.959964 / 10: no pair differs
    assert (same.points, same.low, same.high) == pytest.approx((0.0, -19.5996, 19.5996), abs=5e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"name": "images.npz", "sha256": "2" * 64}},
        {"accuracy": {"1": 0.0, "2": 0.125, "4": 0.125}, "reference_accuracy": 0.125, "labels": np.full(8, 3)},
        {"accuracy": None, "top5": None, "reference_accuracy": None, "labels": np.full(8, -1)},
    ],
)
def test_other_images_and_labels_give_no_gain(tmp_path: Path, changes: dict[str, Any]) -> None:
    labels = changes.pop("labels", None)
    other = {} if labels is None else {"labels": labels}
    second = write_run(tmp_path / "b", SUMMARY | changes, **other)
    assert compare([write_run(tmp_path / "a"), second]).gains == (None,)


def test_one_run_is_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="a comparison needs at least 2 run folders, found 1"):
        compare([write_run(tmp_path / "a")])
