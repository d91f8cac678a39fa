"""Membranes start too high or too low: V(0) makes or swallows spikes that the input did not."""

from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import convert_again
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity


def find(case: Case) -> Finding | None:
    """Compare the network with itself with membranes that start at 0."""
    severity = case.severity(PartName.INITIAL)
    part = case.part(PartName.INITIAL)
    if severity is Severity.NONE or part is None:
        return None
    if part.costs < 0 and severity is not Severity.LOSS:  # it gives back more than its errors cost
        return None
    network = case.network
    starts = {
        node.name: float((network.tensor(node.initial_potential, 0.0) / network.tensor(node.threshold, 1.0)).max())
        for node in network.neurons
    }
    highest = max(starts, key=lambda name: abs(starts[name]))
    before, after = case.before(PartName.INITIAL), case.after(PartName.INITIAL)
    evidence = (
        f"membranes start at up to {starts[highest]:.3g} thresholds ({highest}). From 0 {case.kept(before)} "
        f"in {case.steps} steps, so {case.shown(after)}"
    )
    return Finding(
        cause=CauseName.INITIAL,
        layer=highest,
        severity=severity,
        lost=case.lost(PartName.INITIAL),
        error=part.error,
        evidence=evidence,
        advice="convert with --initial-potential 0, or 0.5, which rounds counts to the nearest; or give more steps",
        command=convert_again(case, initial_potential=0.0),
    )
