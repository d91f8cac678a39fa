"""Cases that are made by hand: what is said of shares that no network has at will."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from snnconv.calibration import file as calib_file
from snnconv.cli.app import app
from snnconv.conversion.options import ConversionOptions
from snnconv.diagnosis.case import Case, Paths, Trial
from snnconv.diagnosis.causes import few_steps, findings, preprocessing, saturation
from snnconv.diagnosis.input_range import InputRange
from snnconv.diagnosis.model import CauseName, Growing, Part, PartName, Severity, Stage
from snnconv.ir import file

ZERO = InputRange(np.zeros(1, dtype=np.float32), np.zeros(1, dtype=np.float32))


@pytest.fixture(scope="module")
def made(workshop, healthy) -> Callable[..., Case]:
    """Give the function that makes a case of 64 images from what its parts cost."""
    network = file.load(workshop.converted("made", compensation=1.1))
    names = [layer.name for layer in healthy.layers]

    def make(
        lost: dict[PartName, float], errors: dict[PartName, float] | None = None, accuracy: float | None = None
    ) -> Case:
        stages = [Stage(last=None, agreement=1.0, accuracy=accuracy, error=0.0)]
        for name, share in lost.items():
            stages.append(Stage(last=name, agreement=stages[-1].agreement - share, accuracy=accuracy, error=0.0))
        return Case(
            paths=Paths(workshop.good, workshop.model, workshop.folder),
            network=network,
            options=ConversionOptions(),
            calibration=None,
            classes=10,
            images=64,
            labelled=0 if accuracy is None else 64,
            steps=64,
            tolerance=0.01,
            input=ZERO,
            layers=healthy.layers,
            stages=tuple(stages),
            parts=tuple(Part(name=name, lost=lost[name], accuracy_lost=None, error=0.0) for name in lost),
            increments={name: dict.fromkeys(names, (errors or {}).get(name, 0.0)) for name in lost},
            wanted=dict.fromkeys(names, 1.0),
            limit=dict.fromkeys(names, 1.0),
        )

    return make


def test_what_is_given_back_is_given_back_once(made) -> None:
    case = made({PartName.STEPS: 0.1, PartName.RANGE: 0.1, PartName.INITIAL: -0.1})
    assert case.lost(PartName.STEPS) == 0
    assert case.lost(PartName.RANGE) == pytest.approx(0.1)
    assert findings(case)[0].cause is CauseName.WIDE_RANGE
    more = made({PartName.STEPS: 0.1, PartName.RANGE: 0.2, PartName.INITIAL: -0.05, PartName.COMPENSATION: -0.1})
    assert (more.lost(PartName.STEPS), more.lost(PartName.RANGE)) == pytest.approx((0.0, 0.15))
    # a part that helps has nothing to be given back
    helped = made({PartName.STEPS: -0.1, PartName.RANGE: 0.3, PartName.INITIAL: -0.1})
    assert (helped.lost(PartName.STEPS), helped.lost(PartName.RANGE)) == pytest.approx((0.0, 0.1))


def test_so_is_what_is_taken_off_the_error(made) -> None:
    errors = {PartName.STEPS: 0.05, PartName.RANGE: 0.05, PartName.INITIAL: -0.06}
    case = made(dict.fromkeys(errors, 0.0), errors)
    layers = (case.layers[0].model_copy(update={"beyond_tolerance": True}), *case.layers[1:])
    case = replace(case, layers=layers)
    assert [case.severity(name) for name in errors] == [Severity.NONE, Severity.ERROR, Severity.NONE]


def test_a_loss_is_never_called_nothing(made) -> None:
    rng = np.random.default_rng(0)
    names = [name for name in PartName if name is not PartName.SHORTCUTS]
    losses = 0
    for _ in range(200):
        shares = {name: int(rng.integers(-6, 7)) / 64 for name in names if rng.random() < 0.7}
        case = made({PartName.WEIGHTS: 0.0, PartName.CLIPPING: 0.0, PartName.STEPS: 0.0} | shares)
        lost = 1 - case.stages[-1].agreement
        if lost >= 3 / 64:
            losses += 1
            assert case.loses
            assert findings(case)[0].cause is not CauseName.NOTHING, shares
            assert sum(case.lost(name) for name in case.increments) >= lost - 1e-9
    assert losses > 50


def _tried(case: Case, right: list[int]) -> Case:
    """Add trials of T/2, T, 2T … on 16 images."""
    growing = tuple(
        Growing(steps=32 * 2**at, images=16, agreement=count / 16, error=0.1 / 2**at) for at, count in enumerate(right)
    )
    best = max(growing[2:], key=lambda one: (one.agreement, -one.steps))
    trial = Trial(steps=best.steps, images=16, as_it_is=best.agreement, plain=best.agreement)
    return replace(case, growing=growing, trial=trial)


@pytest.mark.parametrize(
    ("right", "said", "command"),
    [
        ([12, 14, 14, 13, 14], "no T up to 512 did better than T = 64 in the trial above", None),
        ([12, 14, 13, 13, 13], "no T up to 512 did better than T = 64 in the trial above", None),
        ([12, 13, 14, 13, 15], "512 do best of those tried", "--steps 512"),
        ([12, 14, 16], "128 would do", "--steps 128"),
        ([12, 16, 16], "128 would do", "--steps 128"),
    ],
)
def test_only_what_was_reached_would_do(right, said, command, made) -> None:
    found = few_steps.find(_tried(made({PartName.CLIPPING: 0.0, PartName.STEPS: 0.1}), right))
    assert found is not None
    assert said in found.advice
    assert ("would do" in found.advice) == (right[-1] == 16)
    assert (found.command is None) if command is None else (command in str(found.command))


def _labelled(case: Case, workshop: Any, right: int, of: int, classes: int) -> Case:
    calibration = replace(calib_file.load(workshop.calibrated()), labelled=of, correct=right)
    return replace(case, calibration=calibration, classes=classes)


def test_a_modest_model_is_no_wrong_preprocessing(made, workshop) -> None:
    """23 of 64 right of 100 classes, as at calibration."""
    case = replace(made({PartName.CLIPPING: 0.0}, accuracy=23 / 64), classes=100)
    assert preprocessing.find(case) is None
    assert preprocessing.find(_labelled(case, workshop, 180, 500, 100)) is None
    worse = preprocessing.find(_labelled(case, workshop, 350, 500, 100))
    assert worse is not None
    assert (worse.severity, worse.lost) == (Severity.LOSS, pytest.approx(41 / 64))
    assert "on 23 of 64 labelled images, at calibration on 350 of 500" in worse.evidence


@pytest.mark.parametrize(
    ("right", "classes", "found"),
    [(12, 10, True), (13, 10, False), (3, 100, True), (4, 100, False), (39, 2, True), (40, 2, False), (0, 1000, True)],
)
def test_a_model_near_chance(right, classes, found, made) -> None:
    case = replace(made({PartName.CLIPPING: 0.0}, accuracy=right / 64), classes=classes)
    finding = preprocessing.find(case)
    assert (finding is not None) == found
    if finding is not None:
        assert (finding.severity, finding.lost) == (Severity.ERROR, None)
        assert f"guessing among {classes} classes gets {100 / classes:g} %" in finding.evidence


@pytest.mark.parametrize(
    ("percentile", "saturated", "severity", "command"),
    [
        (99.9, 0.0012, Severity.ERROR, False),
        (99.9, 0.01, Severity.LOSS, True),
        (99.0, 0.01, Severity.LOSS, True),
        (99.99, 0.0001, Severity.ERROR, False),
        (100.0, 0.001, Severity.LOSS, False),
    ],
)
def test_what_a_usual_percentile_cuts_off_was_chosen(percentile, saturated, severity, command, made) -> None:
    case = made({PartName.CLIPPING: 0.1})
    case = replace(
        case,
        options=ConversionOptions(percentile=percentile, compensation="none"),
        layers=tuple(layer.model_copy(update={"saturated": saturated, "used": 1.0}) for layer in case.layers),
    )
    found = saturation.find(case)
    assert found is not None
    assert (found.severity, found.lost) == (severity, pytest.approx(0.1))
    assert (found.command is not None) == command
    assert ("may need more than 64 steps" in found.advice) == (severity is Severity.ERROR)
    assert "--percentile 100" not in found.advice or percentile == 99.99


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"percentile": 99.0, "granularity": "channel"},
        {"objective": "agreement", "compensate_biases": True},
        {"compensation": 1.5, "compensate_biases": True},
        {"preset": "spike-norm"},
        {"preset": "spike-norm", "compensation": 1.3, "units": "balanced", "reset": "subtract", "encoding": "constant"},
        {"preset": "spike-norm", "balance": "activations", "percentile": 99.9},
        {"preset": "spike-norm", "balance": "activations", "percentile": 99.0},
    ],
    ids=lambda options: "-".join(map(str, options.values())) or "paper",
)
def test_convert_takes_every_command_that_is_recommended(options, made) -> None:
    commands, advice = [], ""
    for name in PartName:
        case = made({name: 0.2, PartName.STEPS: 0.2} if name is not PartName.STEPS else {name: 0.2})
        for finding in findings(replace(case, options=ConversionOptions.model_validate(options))):
            commands.append(finding.command)
            advice += finding.advice
    converted = {command for command in commands if command is not None and command.startswith("snnconv convert")}
    assert len(converted) >= 2
    for command in converted:
        # the calibration that it names is not there, and that is all that it can say
        found = CliRunner().invoke(app, shlex.split(command)[1:])
        assert (found.exit_code, "X.calib" in found.output) == (3, True), (command, found.output)
    if options.get("preset") == "spike-norm":
        assert "--granularity channel" not in advice
        assert "--compensation search" not in advice
    if options.get("preset") == "spike-norm" and "balance" not in options:
        assert any("--balance activations" in one and "--percentile 99.9" in one for one in converted)
