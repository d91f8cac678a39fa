"""The images do not reach the model as its training images did: the model itself decides badly."""

from snnconv.diagnosis.case import Case
from snnconv.diagnosis.model import CauseName, Finding, Severity
from snnconv.reporting.intervals import wilson

_SHIFT, _SPREAD = 0.4, 1.6
"""Mean shift, in standard deviations of the training, and factor of the spread, that other images of a kind lack."""
_HALF = 0.5


def find(case: Case) -> Finding | None:
    """Look at the model's accuracy, and at what its BatchNorms had as input in training."""
    accuracy = case.stages[0].accuracy
    bad = accuracy is not None and _low(case, accuracy)
    worst = max(case.normalised, key=lambda one: max(one.shift / _SHIFT, *_apart(one.spread)), default=None)
    odd = worst is not None and (worst.shift > _SHIFT or max(_apart(worst.spread)) > 1)
    if not bad and not odd:
        return None
    said = []
    if accuracy is not None:
        said.append(
            f"the ONNX model itself is right on {round(accuracy * case.labelled)} of {case.labelled} labelled images"
        )
    if worst is not None and odd:
        said.append(
            f"the input of its BatchNorm {worst.name} lies {worst.shift:.2f} standard deviations from the mean of the "
            f"training and spreads {worst.spread:.2f} times as much"
        )
    return Finding(
        cause=CauseName.PREPROCESSING,
        layer=None,
        severity=Severity.LOSS if bad else Severity.ERROR,
        lost=1 - accuracy if bad and accuracy is not None else None,
        error=None,
        evidence="; ".join(said) + _recorded(case),
        advice=(
            "find out how the training brought images to the model's input, and calibrate again with the right "
            "--scale, --mean, --std, --resize, --crop and --channels; check the order of the classes too (--classes)"
        ),
        command=None,
    )


def _low(case: Case, accuracy: float) -> bool:
    """Say whether the model is right too seldom: below a half, or below what it was at calibration."""
    right = round(accuracy * case.labelled)
    high = wilson(right, case.labelled)[1]
    if case.calibration is not None and case.calibration.labelled:
        low = wilson(case.calibration.correct, case.calibration.labelled)[0]
        if high < low:
            return True
    # two classes are right on a half by chance
    return high < _HALF if case.classes > 2 else False


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
