"""Poisson spikes: the image itself is noisy, and the noise falls only as 1/√T."""

from snnconv.choices import Encoding
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import simulate
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity


def find(case: Case) -> Finding | None:
    """Compare the network with itself on constant currents, same images and steps."""
    severity = case.severity(PartName.ENCODING)
    part = case.part(PartName.ENCODING)
    if severity is Severity.NONE or part is None:
        return None
    before, after = case.before(PartName.ENCODING), case.after(PartName.ENCODING)
    first = case.layers[0]
    evidence = (
        f"with a constant input {case.kept(before)} in {case.steps} "
        f"steps, with Poisson spikes {case.shown(after)}; the mean |error| of the first layer is "
        f"{first.absolute_error:.4f}, {first.least_error:.4f} is what so many steps lose at least"
    )
    return Finding(
        cause=CauseName.POISSON,
        layer=first.name,
        severity=severity,
        lost=case.lost(PartName.ENCODING),
        error=part.error,
        evidence=evidence,
        advice="run with --encoding constant, or with more steps: four times as many halve the noise",
        command=simulate(case, "--encoding", Encoding.CONSTANT.value),
    )
