"""The causes, one file each: a pure function of a `Case` that gives a finding, or None."""

from collections.abc import Callable

from snnconv.data.classes import decides
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.causes import (
    compensation,
    few_steps,
    initial_potential,
    not_the_model,
    nothing,
    other_data,
    poisson,
    preprocessing,
    readout,
    reset,
    saturation,
    shortcut,
    silent_layer,
    wide_range,
)
from snnconv.diagnosis.model import CauseName, Finding, Severity

CAUSES: tuple[Callable[[Case], Finding | None], ...] = (
    preprocessing.find,
    other_data.find,
    silent_layer.find,
    shortcut.find,
    not_the_model.find,
    saturation.find,
    wide_range.find,
    reset.find,
    compensation.find,
    initial_potential.find,
    poisson.find,
    readout.find,
    few_steps.find,
)

_ORDER = list(CauseName)


def findings(case: Case) -> tuple[Finding, ...]:
    """Give what is found, the heaviest first: what costs decisions, by their number, then by the error."""
    found = [finding for cause in CAUSES if (finding := cause(case)) is not None]
    if not decides(case.classes):
        # no decisions, so none are lost
        found = [finding.model_copy(update={"lost": None}) for finding in found]
    return tuple(sorted(found, key=_weight)) or (nothing.find(case),)


def _weight(finding: Finding) -> tuple[bool, float, float, int]:
    return (
        finding.severity is not Severity.LOSS,
        -(finding.lost or 0.0),
        -(finding.error or 0.0),
        _ORDER.index(finding.cause),
    )
