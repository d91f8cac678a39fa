"""Headings say what the split says, and what is left of it."""

import pytest

from snnconv.diagnosis.headings import heading, points
from snnconv.diagnosis.model import CauseName, Diagnosis, Finding, Part, PartName, Severity


def _made(healthy: Diagnosis, parts: dict[PartName, float], **update: object) -> Diagnosis:
    made = tuple(Part(name=name, lost=lost, accuracy_lost=None, error=lost) for name, lost in parts.items())
    return healthy.model_copy(update={"parts": made, **update})


def _finding(cause: CauseName, severity: Severity, lost: float | None, error: float = 0.0) -> Finding:
    return Finding(
        cause=cause, layer=None, severity=severity, lost=lost, error=error, evidence="e", advice="a", command=None
    )


@pytest.mark.parametrize(
    ("lost", "given", "left", "severity", "expected"),
    [
        (0.547, {PartName.COMPENSATION: -0.266}, 0.281, "loss", "54.7 points, 28.1 after what compensation gives back"),
        (0.078, {PartName.COMPENSATION: -0.109}, 0.0, "error", "7.8 points, given back by compensation"),
        (
            0.078,
            {PartName.INITIAL: -0.02, PartName.COMPENSATION: -0.042},
            0.016,
            "error",
            "7.8 points, 1.6 after what initial potential and compensation give back, too few to tell",
        ),
        (0.078, {PartName.STEPS: 0.04}, 0.078, "loss", "7.8 points"),
        (0.016, {}, 0.016, "error", "1.6 points, too few to tell"),
        (0.0, {}, 0.0, "error", "no decisions lost here"),
        # an error by what is cut off on purpose: enough images to tell
        (0.25, {}, 0.25, "error", "25.0 points"),
    ],
)
def test_both_figures(lost, given, left, severity, expected, healthy) -> None:
    made = _made(healthy, {PartName.CLIPPING: lost, **given})
    found = _finding(CauseName.SATURATION, Severity(severity), left)
    assert heading(found, made) == f"percentile-too-low: {expected}"


def test_other_data_explain_the_part_that_has_their_error(healthy) -> None:
    made = _made(healthy, {PartName.CLIPPING: 0.25, PartName.RANGE: 0.5})
    assert heading(_finding(CauseName.OTHER_DATA, Severity.LOSS, 0.5, error=0.5), made) == "other-data: 50.0 points"


def test_every_cause_of_a_part_has_its_figure(healthy) -> None:
    made = _made(healthy, dict.fromkeys(PartName, 0.125))
    without = {CauseName.PREPROCESSING, CauseName.NOTHING}
    for cause in set(CauseName) - without:
        assert " points" in heading(_finding(cause, Severity.LOSS, 0.125, error=0.125), made), cause


def test_what_the_model_loses_is_counted_on_labels(healthy) -> None:
    lost = _finding(CauseName.PREPROCESSING, Severity.LOSS, 0.75)
    assert heading(lost, healthy) == "preprocessing: the model itself is wrong on 75.0 % of the labelled images"
    unknown = _finding(CauseName.PREPROCESSING, Severity.ERROR, None)
    assert heading(unknown, healthy.model_copy(update={"labelled": 0})).endswith("cannot be counted without labels")
    assert heading(unknown, healthy) == "preprocessing: the model itself is right on 100.0 % of the labelled images"


def test_nothing_weighs_nothing(healthy) -> None:
    assert heading(healthy.findings[0], healthy) == "nothing-wrong"
    assert "accuracy: model 100.00 %, network 100.00 %" in healthy.findings[0].evidence


def test_no_minus_before_a_zero() -> None:
    assert str(points(-0.0004)) == "0.0"
