import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import FileMissingError, RunError, UsageError
from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.energy.price import price
from snnconv.reporting.model import Report
from snnconv.reporting.report import exceeds, report
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.summary import RunSummary
from tests.reporting.conftest import write_run

MakeRun = Callable[..., Path]

FOUR_DIGITS = 5e-5  # expected intervals were worked out by hand to four digits
NO_LABELS = np.full(8, -1)
NO_REFERENCE = np.full(8, -1)


def test_rows_by_hand(make_run: MakeRun) -> None:
    first, second, last = report(make_run()).accuracy_by_step
    assert [row.step for row in (first, second, last)] == [1, 2, 4]
    assert [row.accuracy for row in (first, second, last)] == [0.0, 0.75, 0.625]
    # b = 6 and c = 0; b = c = 0; b = 2 and c = 1
    assert [row.loss_points for row in (first, second, last)] == [75.0, 0.0, 12.5]
    assert (last.accuracy_low, last.accuracy_high) == pytest.approx((0.3057, 0.8632), abs=FOUR_DIGITS)
    assert (last.loss_points_low, last.loss_points_high) == pytest.approx((-28.7062, 48.7062), abs=FOUR_DIGITS)
    # ± 1.959964 / 10: no pair differs
    assert (second.loss_points_low, second.loss_points_high) == pytest.approx((-19.5996, 19.5996), abs=FOUR_DIGITS)
    assert [row.agreement for row in (first, second, last)] == [0.25, 1.0, 0.625]
    assert [row.top5 for row in (first, second, last)] == [0.5, 0.875, 1.0]
    assert [row.spikes_per_image for row in (first, second, last)] == [1.0, 4.0, 10.0]
    assert [row.synops_per_image for row in (first, second, last)] == [100.0, 250.0, 800.0]


def test_the_rest_by_hand(make_run: MakeRun, summary: dict[str, Any]) -> None:
    made = report(make_run())
    assert made.complete
    assert made.run == RunSummary.model_validate(summary)
    assert made.ann is not None
    assert made.ann.accuracy == 0.75
    # (6 + 1.920729 ± 1.959964 √(12/8 + 0.960365)) / 11.841459
    assert (made.ann.accuracy_low, made.ann.accuracy_high) == pytest.approx((0.4093, 0.9285), abs=FOUR_DIGITS)
    assert made.synops_per_mac == 0.8
    assert [(layer.name, layer.synops_share) for layer in made.layers] == [
        ("stem", 0.0),
        ("block", 0.75),
        ("logits", 0.25),
    ]
    assert made.layers[0].mean_rate == 0.5
    assert made.energy == ()


def test_energy_is_that_of_each_profile_in_order(make_run: MakeRun) -> None:
    profiles = [load_profile("loihi1"), load_profile("hu2021")]
    made = report(make_run(), profiles)
    counts = made.ann_counts, made.snn_counts
    assert made.energy == tuple(price(profile, *counts, made.run.layers) for profile in profiles)
    assert made.profiles == tuple(profiles)


def test_report_as_json_and_back(make_run: MakeRun) -> None:
    made = report(make_run(), [load_profile("hu2021")])
    assert Report.model_validate_json(made.model_dump_json()) == made
    assert made.model_dump(mode="json")["format"] == "snnconv.report"


def test_without_labels(make_run: MakeRun, summary: dict[str, Any]) -> None:
    content = summary | {"accuracy": None, "top5": None, "reference_accuracy": None}
    made = report(make_run(content, labels=NO_LABELS))
    last = made.accuracy_by_step[-1]
    assert (last.accuracy, last.accuracy_low, last.loss_points, last.top5) == (None, None, None, None)
    assert last.agreement == 0.625
    assert made.ann is None


def test_without_reference(make_run: MakeRun, summary: dict[str, Any]) -> None:
    content = summary | {"agreement": None, "reference_accuracy": None}
    made = report(make_run(content, reference=NO_REFERENCE))
    last = made.accuracy_by_step[-1]
    assert last.accuracy == 0.625
    assert (last.loss_points, last.loss_points_low, last.loss_points_high, last.agreement) == (None,) * 4
    assert made.ann is None


def test_an_unfinished_run_is_reported_on_the_images_so_far(make_run: MakeRun, summary: dict[str, Any]) -> None:
    # of the first five images the network has three right, the model all; the parts are one ahead
    content = summary | {
        "complete": False,
        "images": 5,
        "accuracy": {"1": 0.0, "2": 1.0, "4": 0.6},
        "reference_accuracy": 1.0,
        "agreement": {"1": 0.0, "2": 1.0, "4": 0.6},
        "top5": {"1": 0.8, "2": 1.0, "4": 1.0},
    }
    made = report(make_run(content))
    assert not made.complete
    assert made.accuracy_by_step[-1].accuracy == 0.6
    assert made.accuracy_by_step[-1].loss_points == 40.0


def test_a_network_without_synops_has_no_shares(make_run: MakeRun, summary: dict[str, Any]) -> None:
    layers = [layer | {"synops_per_image": 0.0} for layer in summary["layers"]]
    content = summary | {"synops_per_image": {"1": 0.0, "2": 0.0, "4": 0.0}, "layers": layers}
    made = report(make_run(content, synops=np.zeros((3, 4), np.int64)))
    assert [layer.synops_share for layer in made.layers] == [None, None, None]


def test_a_run_without_images_is_refused(make_run: MakeRun, summary: dict[str, Any]) -> None:
    empty: dict[str, Any] = {"spikes_per_image": {}, "synops_per_image": {}, "layers": []}
    nothing = dict.fromkeys(("accuracy", "agreement", "top5", "reference_accuracy"))
    folder = make_run(summary | {"images": 0, "complete": False} | empty | nothing, ends=())
    message = f"{folder} holds no images yet, at least one is needed; run simulate"
    with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
        report(folder)


def test_no_folder_and_no_run(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=re.escape(f"{tmp_path / 'none'} does not exist")):
        report(tmp_path / "none")
    with pytest.raises(FileMissingError, match=r"is no run folder: it has no summary\.json"):
        report(tmp_path)


STEPS = "its tables must all have the steps 1, 2, 4 … and 4"
AGAIN = "repeat the same simulate command, which writes it anew"


def changed(summary: dict[str, Any], row: int, **changes: Any) -> dict[str, Any]:
    """Give the layers, one of them changed."""
    return {"layers": [layer | (changes if place == row else {}) for place, layer in enumerate(summary["layers"])]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": -1}, "images: Input should be greater than or equal to 0"),
        ({"a\nb": 1}, "a b: Extra inputs are not permitted"),
        ({"steps": 3}, "its steps is not that of run.json"),
        ({"planned_images": 9}, "its planned_images is not that of run.json"),
        ({"encoding": "poisson"}, "its encoding is not that of run.json"),
        ({"seed": 1}, "its seed is not that of run.json"),
        ({"complete": False}, "complete is False with 8 of 8 images"),
        ({"images": 9}, "complete is True with 9 of 8 images"),
        ({"images": 0, "complete": False}, "its tables must all have the steps 1, 2, 4 … and 4"),
        ({"accuracy": {"1": 0.0, "2": 0.75, "4": 0.5}}, "accuracy at step 4 is 0.5, the parts give 0.625"),
        ({"agreement": {"1": 0.25, "2": 0.0, "4": 0.625}}, "agreement at step 2 is 0, the parts give 1"),
        ({"top5": {"1": 0.25, "2": 0.875, "4": 1.0}}, "top5 at step 1 is 0.25, the parts give 0.5"),
        ({"accuracy": {"1": 0.0, "2": 0.75, "4": 1.5}}, "accuracy.4: Input should be less than or equal to 1"),
        (
            {"synops_per_image": {"1": 100.0, "2": 250.0, "4": 801.0}},
            "synops_per_image at step 4 is 801, the parts give 800",
        ),
        ({"accuracy": None}, "it lacks accuracy, unlike the parts"),
        ({"beyond_amplitude": 3}, "it has beyond_amplitude, unlike the parts"),
        ({"reference_accuracy": None}, "it lacks reference_accuracy, unlike the parts"),
        ({"reference_accuracy": 0.5}, "reference_accuracy is 0.5, the parts give 0.75"),
        ({"accuracy": {"1": 0.0, "4": 0.625}}, STEPS),
        ({"synops_per_image": {"1": 0.0, "2": 0.0, "3": 0.0}}, STEPS),
        ({"agreement": {"1": 0.0, "2": 0.0, "last": 0.0}}, STEPS),
        ({"spikes_per_image": {"9" * 5000: 0.0}}, STEPS),
        ({"spikes_per_image": {}}, STEPS),
    ],
)
def test_a_summary_that_contradicts_itself_or_the_run_is_refused_in_one_line(
    make_run: MakeRun, summary: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    folder = make_run()
    # its digest is right
    RunFolder(folder).write_summary(summary | changes)
    expected = f"{folder / 'summary.json'} is damaged: {message}; {AGAIN}"
    with pytest.raises(RunError, match=f"^{re.escape(expected)}$"):
        report(folder)


@pytest.mark.parametrize(
    ("row", "changes", "message"),
    [
        (0, {"name": "logits"}, "two layers have one name"),
        (0, {"shape": [2, 2]}, "the layer stem has 5 neurons in the shape (2, 2)"),
        (0, {"mean_rate": 0.4}, "the mean rate of the layer stem is not that of its spikes"),
        (0, {"mean_rate": None}, "the mean rate of the layer stem is not that of its spikes"),
        (0, {"spikes_per_image": 8.0, "mean_rate": 0.4}, "spikes_per_image of stem is 8, the parts give 10"),
        (1, {"synops_per_image": 601.0}, "synops_per_image of block is 601, the parts give 600"),
        (1, {"synapses": [3]}, "a layer has the synapses of node 3, the parts hold 3 nodes"),
    ],
)
def test_layers_that_the_parts_do_not_give(
    make_run: MakeRun, summary: dict[str, Any], row: int, changes: dict[str, Any], message: str
) -> None:
    folder = make_run()
    RunFolder(folder).write_summary(summary | changed(summary, row, **changes))
    with pytest.raises(RunError, match=f"{re.escape(f'is damaged: {message}; {AGAIN}')}$"):
        report(folder)


def test_labels_that_the_parts_do_not_have(make_run: MakeRun, summary: dict[str, Any]) -> None:
    folder = make_run(summary, labels=NO_LABELS)
    with pytest.raises(RunError, match="it has accuracy, unlike the parts"):
        report(folder)


@pytest.mark.parametrize(("said", "held"), [(7, 8), (4, 5)])
def test_parts_with_other_images_than_the_summary(
    make_run: MakeRun, summary: dict[str, Any], said: int, held: int
) -> None:
    folder = make_run(summary | {"images": said, "complete": False})
    message = (
        f"{folder / 'summary.json'} speaks of {said} images, the parts hold {held}; "
        "run the same simulate command again, it computes what is missing"
    )
    with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
        report(folder)


def test_a_missing_part_is_noticed(make_run: MakeRun) -> None:
    folder = make_run()
    (folder / "parts" / "00000000.npz").unlink()
    with pytest.raises(RunError, match=r"summary\.json speaks of 8 images, the parts hold 0"):
        report(folder)


@pytest.mark.parametrize("data", [b"", b"nothing", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_part_is_refused(data: bytes, make_run: MakeRun) -> None:
    folder = make_run()
    (folder / "parts" / "00000005.npz").write_bytes(data)
    with pytest.raises(RunError, match=r"00000005\.npz is damaged: .*; delete it"):
        report(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 8, "layers": []}, r"predictions has the shape \(5, 4\), expected \(5, 8\)"),
        ({"classes": 9}, "the classes are 9"),
        ({"layers": []}, r"spikes has the shape \(1, 4\), expected \(0, 4\)"),
    ],
)
def test_parts_that_do_not_fit_the_summary_are_refused(
    make_run: MakeRun, summary: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    names = ("accuracy", "agreement", "top5", "spikes_per_image", "synops_per_image")
    tables = {name: dict.fromkeys("1248", 0.0) for name in names} if "steps" in changes else {}
    folder = make_run(summary | changes | tables)
    with pytest.raises(RunError, match=rf"00000000\.npz is damaged: .*{message}"):
        report(folder)


def test_a_run_that_has_just_begun_has_no_images(make_run: MakeRun, summary: dict[str, Any]) -> None:
    tables: dict[str, Any] = {"spikes_per_image": {}, "synops_per_image": {}, "layers": []}
    tables |= dict.fromkeys(("accuracy", "agreement", "top5", "reference_accuracy"))
    # its first part may be there before the next summary
    folder = make_run(summary | tables | {"images": 0, "complete": False}, ends=(5,))
    with pytest.raises(RunError, match="holds no images yet"):
        report(folder)


def test_names_that_are_no_unicode_are_reported(make_run: MakeRun, summary: dict[str, Any]) -> None:
    made = report(make_run(summary | {"data": {"name": r"d\udcff.npz", "sha256": "1"}}))
    assert json.loads(made.model_dump_json())["run"]["data"]["name"] == r"d\udcff.npz"


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="File name too long"):
        report(tmp_path / ("n" * 300))
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="is a file, a run folder is expected"):
        report(tmp_path / "file")


@pytest.mark.parametrize(("points", "expected"), [(12.4, True), (12.5, False), (13.0, False), (-1.0, True)])
def test_exceeds_compares_the_estimate_at_the_last_step(make_run: MakeRun, points: float, expected: bool) -> None:
    assert exceeds(report(make_run()), points) is expected


def test_exceeds_needs_reference_and_labels(make_run: MakeRun, summary: dict[str, Any]) -> None:
    made = report(make_run(summary | {"agreement": None, "reference_accuracy": None}, reference=NO_REFERENCE))
    message = (
        "the run has no loss of accuracy to compare: run simulate with --reference, the ONNX model, on data with labels"
    )
    with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
        exceeds(made, 1.0)


@pytest.mark.parametrize("points", [math.nan, math.inf])
def test_exceeds_refuses_a_limit_that_is_no_number(make_run: MakeRun, points: float) -> None:
    message = f"the largest drop allowed must be a number of percentage points, found {points}"
    with pytest.raises(UsageError, match=re.escape(message)):
        exceeds(report(make_run()), points)


def test_a_newer_summary_says_to_upgrade(make_run: MakeRun, summary: dict[str, Any]) -> None:
    folder = make_run(summary | {"version": 2})
    with pytest.raises(
        RunError, match=r"has snnconv.run-summary version 2, this snnconv reads up to 1: upgrade snnconv"
    ):
        report(folder)


def test_a_summary_that_was_edited_is_noticed(make_run: MakeRun) -> None:
    folder = make_run()
    path = folder / "summary.json"
    text = path.read_text()
    for old, new, message in (
        ('"seconds": 2.0', '"seconds": 1.0', "is damaged or was changed: what it says does not match its digest"),
        ('"digest": ', '"Digest": ', "was changed, or is of an early snnconv: it has no digest"),
    ):
        assert old in text
        path.write_text(text.replace(old, new))
        with pytest.raises(RunError, match=f"^{re.escape(f'{path} {message}; {AGAIN}')}$"):
            report(folder)


def test_a_part_in_the_place_of_another_is_noticed(make_run: MakeRun, summary: dict[str, Any], tmp_path: Path) -> None:
    folder = make_run(ends=(4, 8))
    first, second = (folder / "parts" / f"{name:08d}.npz" for name in (0, 4))
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    message = "it is of another run or place, or was changed: its digest does not fit; delete it and repeat"
    with pytest.raises(RunError, match=rf"00000000\.npz is damaged: {message}"):
        report(folder)
    first.write_bytes(one)
    other = write_run(tmp_path / "other", summary | {"data": {"name": "others.npz", "sha256": "1"}}, ends=(4, 8))
    second.write_bytes((other / "parts" / second.name).read_bytes())
    with pytest.raises(RunError, match=rf"00000004\.npz is damaged: {message}"):
        report(folder)
