"""λ is far above the activations: rates are small, and T steps resolve them badly."""

from snnconv.choices import Balance, Granularity
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.causes import other_data
from snnconv.diagnosis.causes.saturation import USUAL_PERCENTILE
from snnconv.diagnosis.command_lines import convert_again, possible
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity


def find(case: Case) -> Finding | None:
    """Compare the network with the same one whose λ are the 99.9th percentiles of these activations."""
    severity = case.severity(PartName.RANGE)
    part = case.part(PartName.RANGE)
    if severity is Severity.NONE or part is None or other_data.find(case) is not None:
        return None
    tightest = min((layer for layer in case.layers if layer.used > 0), key=lambda layer: layer.used)
    before, after = case.before(PartName.RANGE), case.after(PartName.RANGE)
    silent = max(case.layers, key=lambda layer: layer.silent)
    evidence = (
        f"99.9 % of the activations of {tightest.name} lie below {tightest.used:.2g} λ: its rates stay small. In "
        f"{silent.name} {100 * silent.silent:.0f} % of the neurons that should fire never do. With λ that the "
        f"activations use, {case.kept(before)} in {case.steps} steps, with these {case.shown(after)}"
    )
    advice, command = _remedy(case)
    return Finding(
        cause=CauseName.WIDE_RANGE,
        layer=tightest.name,
        severity=severity,
        lost=case.lost(PartName.RANGE),
        error=part.error,
        evidence=evidence,
        advice=advice,
        command=command,
    )


def _remedy(case: Case) -> tuple[str, str | None]:
    """Give what makes λ smaller, and the command."""
    if case.options is None or case.options.percentile > USUAL_PERCENTILE:
        advice = f"--percentile {USUAL_PERCENTILE:g}, which single large activations do not move"
        if possible(case, percentile=USUAL_PERCENTILE):
            return f"convert with {advice}", convert_again(case, percentile=USUAL_PERCENTILE)
        # thresholds that were measured on spikes
        changes = {"balance": Balance.ACTIVATIONS, "percentile": USUAL_PERCENTILE}
        return f"convert with --balance activations and {advice}", convert_again(case, **changes)
    if possible(case, granularity=Granularity.CHANNEL):
        advice = "give each channel its own λ with --granularity channel, or more steps"
        return advice, convert_again(case, granularity=Granularity.CHANNEL)
    return "give more steps", None
