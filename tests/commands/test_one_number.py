"""A network that gives one number: what is defined for classes is not measured, and everything else is."""

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.choices import Compensation, Objective
from snnconv.data import open_images
from snnconv.diagnosis.model import Diagnosis
from snnconv.errors import DataError, RunError, UsageError
from snnconv.graph.running.reference import ReferenceModel
from snnconv.reporting.page import write_page
from snnconv.reporting.report import exceeds

INSTEAD = "gives one number and no classes: labels are not read, accuracy and agreement are not measured"
NONE = snnconv.ConversionOptions(compensation=Compensation.NONE, steps=16)


def _head(b: Any, weight: Any, path: Path, sigmoid: bool = False, bias: float = 0.0, channels: int = 2) -> Path:
    """Save a small network whose last layer has this weight, (outputs, 6), and bias: minus and plus that of two."""
    x = b.relu(b.conv("input", "conv", (6, channels, 3, 3), bias=True, pads=[1, 1, 1, 1]), "relu")
    x = b.node("Flatten", [b.node("GlobalAveragePool", [x], "pooled")], "flat")
    b.constants["last"] = np.asarray(weight, dtype=np.float32)
    b.constants["last bias"] = np.array([bias] if len(weight) == 1 else [-bias, bias], dtype=np.float32)
    b.node("Gemm", [x, "last", "last bias"], "logits", transB=1)
    if sigmoid:
        b.node("Sigmoid", ["logits"], "share")
    return b.save(path, "share" if sigmoid else "logits")


WEIGHT = np.linspace(-1, 1.2, 6)[None]


@pytest.fixture(scope="module", params=[False, True], ids=["number", "sigmoid"])
def one(request: Any, model_builder: Any, tiny_images: Any, tmp_path_factory: Any) -> Path:
    """Give a folder with m.onnx, x.calib, n.snn, d.npz whose labels are two classes, and u.npz without any."""
    tmp_path: Path = tmp_path_factory.mktemp("one")
    _head(model_builder(), WEIGHT, tmp_path / "m.onnx", request.param)
    np.savez(tmp_path / "d.npz", x=tiny_images, y=np.arange(40) % 2)
    np.savez(tmp_path / "ages.npz", x=tiny_images, y=np.linspace(1, 90, 40))
    np.savez(tmp_path / "u.npz", x=tiny_images)
    snnconv.calibrate(tmp_path / "m.onnx", tmp_path / "d.npz", tmp_path / "x.calib")
    snnconv.convert(tmp_path / "m.onnx", tmp_path / "x.calib", tmp_path / "n.snn", NONE)
    return tmp_path


def _run(folder: Path, out: Path, data: str = "d.npz", **options: Any) -> Any:
    given = snnconv.SimulateOptions(reference=folder / "m.onnx", observe=2, threads=1, **options)
    return snnconv.simulate(folder / "n.snn", folder / data, out / "run", given)


@pytest.mark.parametrize("data", ["d.npz", "ages.npz", "u.npz"])
def test_labels_are_not_read_and_nothing_of_classes_is_measured(
    one: Path, data: str, caplog: Any, tmp_path: Path
) -> None:
    with caplog.at_level(logging.WARNING):
        calibration = snnconv.calibrate(one / "m.onnx", one / data, tmp_path / "y.calib")
        summary = _run(one, tmp_path, data)
    assert [line.partition(": ")[2].partition(".")[0] for line in caplog.messages] == [
        f"the model {INSTEAD}",
        f"the network {INSTEAD}",
    ]
    assert (calibration.labelled, calibration.correct) == (0, 0)
    assert (summary.accuracy, summary.agreement, summary.top5, summary.reference_accuracy) == (None,) * 4
    assert summary.spikes_per_image["16"] > 0
    assert summary.synops_per_image["16"] > 0


def test_the_report_and_its_page_do_not_show_them(one: Path, tmp_path: Path) -> None:
    _run(one, tmp_path)
    made = snnconv.report(tmp_path / "run", ["cmos45-fp32"])
    last = made.accuracy_by_step[-1]
    assert (last.accuracy, last.agreement, last.loss_points, last.top5) == (None,) * 4
    assert (made.ann, made.classes, made.confusions, made.near_chance) == (None,) * 4
    assert (made.curve.accuracy, made.curve.agreement) == (None, None)
    assert made.energy[0].ratio is not None
    assert made.observation is not None
    assert {image.decision for image in made.observation.images} == {None}
    write_page([made], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "not measured: the network gives one number and no classes." in page.lower()
    assert "Accuracy, loss and agreement are not measured where a network gives one number" in page
    for advice in ("--labels", "--reference MODEL.onnx", "the spiking network says"):
        assert advice not in page
    with pytest.raises(RunError, match=r"the network gives one number and no classes; leave --max-drop out$"):
        exceeds(made, 1.0)


def test_the_diagnosis_measures_errors_and_no_decisions(one: Path) -> None:
    found = snnconv.diagnose(one / "n.snn", one / "m.onnx", one / "d.npz")
    assert (found.agreement, found.agreement_low, found.agreement_high, found.labelled) == (None, None, None, 0)
    assert {stage.agreement for stage in found.stages} == {None}
    assert {part.lost for part in found.parts} == {None}
    assert {finding.lost for finding in found.findings} == {None}
    assert len(found.layers) == 3
    assert found.absolute_error > 0
    said = " ".join(finding.evidence for finding in found.findings)
    assert "the mean |error| of all neurons is" in said
    assert not re.search(r"\d+ of \d+|decide[ds] as", said)
    assert Diagnosis.model_validate_json(found.model_dump_json()) == found


def test_the_search_compares_errors_and_refuses_to_compare_classes(one: Path, tmp_path: Path) -> None:
    options = snnconv.ConversionOptions(steps=16, compensation=Compensation.SEARCH)
    snnconv.convert(one / "m.onnx", one / "x.calib", tmp_path / "s.snn", options, data=one / "u.npz", samples=8)
    options = options.model_copy(update={"objective": Objective.AGREEMENT})
    with pytest.raises(UsageError, match="--objective agreement compares classes, the network gives one number"):
        snnconv.convert(one / "m.onnx", one / "x.calib", tmp_path / "s.snn", options, data=one / "u.npz", samples=8)


@pytest.mark.parametrize("option", ["labels", "classes"])
def test_what_is_said_of_classes_is_refused(one: Path, option: str, tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text("cat\ndog\n")
    given = {option: tmp_path / "given.txt"}
    message = f"--{option} is about classes, the model gives one number and no classes; leave it out"
    with pytest.raises(DataError, match=f"^{message}$"):
        snnconv.calibrate(one / "m.onnx", one / "u.npz", tmp_path / "y.calib", **given)


def test_class_folders_are_images_without_labels(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    for kind in ("cat", "dog"):
        (tmp_path / "set" / kind).mkdir(parents=True)
        pillow.new("L", (4, 4), 90).save(tmp_path / "set" / kind / "1.png")
    found = open_images(tmp_path / "set", input_shape=(1, 4, 4), class_count=1)
    assert (found.count, found.labels, found.class_names) == (2, None, None)


@pytest.mark.parametrize("places", [("a.png", "more/b.png"), ("train/cat/a.png", "test/cat/b.png")])
def test_convert_takes_the_folders_that_calibrate_took(new_model: Any, places: tuple[str, ...], tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    for shade, place in enumerate(places):
        (tmp_path / "set" / place).parent.mkdir(parents=True, exist_ok=True)
        pillow.new("RGB", (5, 5), (90 + shade, 40, 200)).save(tmp_path / "set" / place)
    model = _head(new_model(shape=(3, 5, 5)), WEIGHT, tmp_path / "m.onnx", channels=3)
    snnconv.calibrate(model, tmp_path / "set", tmp_path / "x.calib")
    _, found = snnconv.convert(model, tmp_path / "x.calib", tmp_path / "n.snn", NONE, data=tmp_path / "set")
    assert found.parity is not None
    assert found.parity.images == 2
    searched = NONE.model_copy(update={"compensation": Compensation.SEARCH})
    snnconv.convert(model, tmp_path / "x.calib", tmp_path / "s.snn", searched, data=tmp_path / "set")


@pytest.mark.parametrize("data", ["ages.npz", "u.npz"])
def test_convert_reads_no_labels(one: Path, data: str, tmp_path: Path) -> None:
    snnconv.convert(one / "m.onnx", one / "x.calib", tmp_path / "n.snn", NONE, data=one / data)


def test_two_outputs_are_the_same_decision_and_are_measured(new_model: Any, tiny_images: Any, tmp_path: Path) -> None:
    """What the warning advises works: -z/2 and z/2 decide as the sign of z does."""
    middle = np.median(ReferenceModel(_head(new_model(), WEIGHT, tmp_path / "any.onnx")).run(tiny_images)[0])
    one = _head(new_model(), WEIGHT, tmp_path / "one.onnx", bias=-middle)
    two = _head(new_model(), np.concatenate([-WEIGHT, WEIGHT]) / 2, tmp_path / "two.onnx", bias=-middle / 2)
    sign = ReferenceModel(one).run(tiny_images)[0][:, 0] > 0
    assert sign.sum() == 20
    np.savez(tmp_path / "d.npz", x=tiny_images, y=sign.astype(int))
    calibration = snnconv.calibrate(two, tmp_path / "d.npz", tmp_path / "x.calib")
    assert (calibration.correct, calibration.labelled) == (40, 40)
    snnconv.convert(two, tmp_path / "x.calib", tmp_path / "n.snn", NONE.model_copy(update={"steps": 128}))
    run = snnconv.SimulateOptions(reference=two, observe=0)
    summary = snnconv.simulate(tmp_path / "n.snn", tmp_path / "d.npz", tmp_path / "run", run)
    assert summary.agreement is not None
    assert summary.agreement["128"] > 0.8
    assert summary.reference_accuracy == 1.0


def test_check_says_what_the_output_is(one: Path) -> None:
    totals = snnconv.check(one / "m.onnx").totals
    assert totals is not None
    assert totals.outputs == 1
