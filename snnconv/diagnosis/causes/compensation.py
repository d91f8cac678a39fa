"""Compensation is too strong: weights that were enlarged against lost spikes make more than were lost."""

from snnconv.choices import Compensation
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import convert_again, possible
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity
from snnconv.transforms.uncompensated import factors_of


def find(case: Case) -> Finding | None:
    """Compare the network with itself, its weights divided by the factors that its file records."""
    severity = case.severity(PartName.COMPENSATION)
    part, factors = case.part(PartName.COMPENSATION), factors_of(case.network)
    if severity is Severity.NONE or part is None or factors is None:
        return None
    if part.costs < 0 and severity is not Severity.LOSS:  # it gives back more than its errors cost
        return None
    before, after = case.before(PartName.COMPENSATION), case.after(PartName.COMPENSATION)
    largest = max([factors.everywhere, *factors.layers.values()])
    ahead = min(case.layers, key=lambda layer: layer.error)
    above = f"; rates lie above what they stand for by {-ahead.error:.4f} on average in {ahead.name}"
    evidence = (
        f"weights are enlarged by up to {largest:g}. Without that {case.kept(before)} "
        f"in {case.steps} steps, so {case.shown(after)}{above if ahead.error < 0 else ''}"
        f"{_searched(case)}"
    )
    searched = case.options is not None and case.options.compensation is Compensation.SEARCH
    mode = (
        Compensation.SEARCH if not searched and possible(case, compensation=Compensation.SEARCH) else Compensation.NONE
    )
    return Finding(
        cause=CauseName.COMPENSATION,
        layer=ahead.name,
        severity=severity,
        lost=case.lost(PartName.COMPENSATION),
        error=part.error,
        evidence=evidence,
        advice=f"convert with --compensation {mode.value}"
        + ("" if mode is Compensation.NONE else ", which takes a factor only where it makes errors smaller on images"),
        command=convert_again(case, compensation=mode),
    )


def _searched(case: Case) -> str:
    """Say where the factor was searched for another number of steps."""
    if case.options is None or case.options.steps == case.steps:
        return ""
    searched = case.options.compensation in (Compensation.SEARCH, Compensation.LAYERWISE)
    what = "The factors were searched" if searched else "The network was converted"
    return f". {what} for {case.options.steps} steps"
