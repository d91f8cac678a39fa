"""The percentile is too low: activations above λ are cut off, which no number of steps gives back."""

from snnconv.choices import Granularity
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.causes import other_data
from snnconv.diagnosis.command_lines import convert_again, possible
from snnconv.diagnosis.model import CauseName, DiagnosedLayer, Finding, PartName, Severity

USUAL_PERCENTILE = 99.9
"""The percentile from which on what it cuts off was chosen, as the price of a λ that T steps resolve well."""
_AROUND = 2.0
"""Factor that the share above λ may differ by between the images of the calibration and these."""


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
        f"ReLUs {case.kept(before)}, with ReLUs clipped at λ {case.shown(after)}: no number of steps gives this back"
        f"{_given_back(case)}"
    )
    chosen = _chosen(case, worst)
    advice, command = _remedy(case, chosen)
    return Finding(
        cause=CauseName.SATURATION,
        layer=first.name,
        # a larger λ loses to finite time what it does not cut off: that it is better was not measured
        severity=Severity.ERROR if chosen else severity,
        lost=case.lost(PartName.CLIPPING),
        error=part.error,
        evidence=evidence + (". No more is cut off than this percentile is meant to" if chosen else ""),
        advice=advice,
        command=command,
    )


def _chosen(case: Case, worst: DiagnosedLayer) -> bool:
    """Say whether no more lies above λ than a usual percentile leaves there."""
    options = case.options
    if options is None or options.percentile < USUAL_PERCENTILE:
        return False
    return worst.saturated <= _AROUND * (1 - options.percentile / 100)


def _remedy(case: Case, chosen: bool) -> tuple[str, str | None]:
    """Give what to do, and the command where it is clear that it helps."""
    used = None if case.options is None else case.options.percentile
    if not possible(case, percentile=USUAL_PERCENTILE):
        return "λ come from the largest sums of spikes: convert on more images, with a larger --samples", None
    if used is not None and used >= 100:
        return "λ is the largest activation of the calibration: calibrate on more images, and convert again", None
    percentile = USUAL_PERCENTILE if used is None else _higher(used)
    if not chosen:
        by_channel = possible(case, granularity=Granularity.CHANNEL)
        also = "; --granularity channel gives each channel its own λ" if by_channel else ""
        return f"convert with --percentile {percentile:g}{also}", convert_again(case, percentile=percentile)
    return (
        f"weigh clipping against steps: --percentile {percentile:g} cuts off less, but its larger λ makes rates "
        f"smaller and may need more than {case.steps} steps. Keep what does better on training images"
    ), None


def _given_back(case: Case) -> str:
    """Say what compensation gives back of all that is lost."""
    part = case.part(PartName.COMPENSATION)
    if part is None or part.costs >= 0:
        return ""
    return f"; compensation gives back {-100 * part.costs:.1f} points of all losses"


def _higher(percentile: float) -> float:
    return next((usual for usual in (USUAL_PERCENTILE, 99.99) if percentile < usual), 100.0)
