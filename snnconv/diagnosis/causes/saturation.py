"""The percentile is too low: activations above λ are cut off, which no number of steps gives back."""

from snnconv.diagnosis.case import Case
from snnconv.diagnosis.causes import other_data
from snnconv.diagnosis.command_lines import convert_again
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity


def find(case: Case) -> Finding | None:
    """Compare the network with clipped ReLUs with the one whose ReLUs are not: nothing else differs."""
    severity = case.severity(PartName.CLIPPING)
    part = case.part(PartName.CLIPPING)
    if severity is Severity.NONE or part is None or other_data.find(case) is not None:
        return None
    worst = max(case.layers, key=lambda layer: layer.saturated)
    first = next((layer for layer in case.layers if layer.clipping_error > case.tolerance), worst)
    before, after = case.before(PartName.CLIPPING), case.after(PartName.CLIPPING)
    used = "" if case.options is None else f" (percentile {case.options.percentile:g})"
    evidence = (
        f"activations above λ{used} are cut off, up to {100 * worst.saturated:.1f} % of a layer ({worst.name}). With "
        f"ReLUs {case.of(before.agreement)} images are decided as the model does, with ReLUs clipped at λ "
        f"{case.of(after.agreement)}: no number of steps gives this back{_given_back(case)}"
    )
    percentile = 99.9 if case.options is None else _higher(case.options.percentile)
    return Finding(
        cause=CauseName.SATURATION,
        layer=first.name,
        severity=severity,
        lost=case.lost(PartName.CLIPPING),
        error=part.error,
        evidence=evidence,
        advice=f"convert with --percentile {percentile:g}; --granularity channel gives each channel its own λ",
        command=convert_again(case, percentile=percentile),
    )


def _given_back(case: Case) -> str:
    """Say what compensation gives back of all that is lost."""
    part = case.part(PartName.COMPENSATION)
    if part is None or part.lost >= 0:
        return ""
    return f"; compensation gives back {-100 * part.lost:.1f} points of all losses"


def _higher(percentile: float) -> float:
    return next((usual for usual in (99.9, 99.99) if percentile < usual), 100.0)
