"""The images do not reach the model as its training images did: the model itself decides badly."""

from snnconv.diagnosis.case import Case
from snnconv.diagnosis.model import CauseName, Finding, Severity
from snnconv.reporting.chance import near_chance
from snnconv.reporting.intervals import wilson

_SHIFT, _SPREAD = 0.4, 1.6
"""Mean shift, in standard deviations of the training, and factor of the spread, that other images of a kind lack."""


def find(case: Case) -> Finding | None:
    """Look at the model's accuracy, and at what its BatchNorms had as input in training."""
    accuracy = case.stages[0].accuracy
    worse = accuracy is not None and _worse(case, accuracy)
    guesses = accuracy is not None and near_chance(round(accuracy * case.labelled), case.labelled, case.classes)
    worst = max(case.normalised, key=lambda one: max(one.shift / _SHIFT, *_apart(one.spread)), default=None)
    odd = worst is not None and (worst.shift > _SHIFT or max(_apart(worst.spread)) > 1)
    if not (worse or guesses or odd):
        return None
    said = []
    if accuracy is not None:
        said.append(
            f"the ONNX model itself is right on {round(accuracy * case.labelled)} of {case.labelled} labelled images"
            + (_at_calibration(case) if worse else "")
            + (f", where guessing among {case.classes} classes gets {100 / case.classes:.3g} %" if guesses else "")
        )
    if worst is not None and odd:
        said.append(
            f"the input of its BatchNorm {worst.name} lies {worst.shift:.2f} standard deviations from the mean of the "
            f"training and spreads {worst.spread:.2f} times as much"
        )
    return Finding(
        cause=CauseName.PREPROCESSING,
        layer=None,
        # a model may be a bad one: only the calibration's images say what it can do
        severity=Severity.LOSS if worse else Severity.ERROR,
        lost=1 - accuracy if worse and accuracy is not None else None,
        error=None,
        evidence="; ".join(said) + _recorded(case),
        advice=(
            "find out how the training brought images to the model's input, and calibrate again with the right "
            "--scale, --mean, --std, --resize, --crop and --channels; check the order of the classes too (--classes)"
        ),
        command=None,
    )


def _worse(case: Case, accuracy: float) -> bool:
    """Say whether the model is right less often than at calibration, where that had labels."""
    if case.calibration is None or not case.calibration.labelled:
        return False
    high = wilson(round(accuracy * case.labelled), case.labelled)[1]
    return high < wilson(case.calibration.correct, case.calibration.labelled)[0]


def _at_calibration(case: Case) -> str:
    found = case.calibration
    return "" if found is None else f", at calibration on {found.correct} of {found.labelled}"


def _apart(spread: float) -> tuple[float, float]:
    """Give a spread in units of what is too large, and of what is too small."""
    return spread / _SPREAD, 1 / (max(spread, 1e-12) * _SPREAD)


def _recorded(case: Case) -> str:
    """Say what is done to the images now."""
    given = case.network.preprocessing
    if given is None:
        return ""
    mean, std = (",".join(f"{n:.4g}" for n in value.ravel()[:3].tolist()) for value in (given.mean, given.std))
    order = given.geometry.channels.value
    return f". Recorded are scale {given.scale:g}, mean {mean}, std {std}, channels {order}"
