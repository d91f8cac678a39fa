"""The network does not compute the model: with ReLUs in the place of its neurons it gives other values."""

from snnconv.diagnosis.case import Case
from snnconv.diagnosis.causes import silent_layer
from snnconv.diagnosis.command_lines import convert_again
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity

PARITY = 1e-3
"""Mean |a/λ − value| of a layer; rounding stays orders of magnitude below."""


def find(case: Case) -> Finding | None:
    """Compare the network with ReLUs with the model, compensation and shortcuts put right."""
    part = case.part(PartName.WEIGHTS)
    if part is None:
        return None
    severity = case.severity(PartName.WEIGHTS)
    off = case.increments[PartName.WEIGHTS]
    wrong = {name: error for name, error in off.items() if error > PARITY}
    if not wrong and severity is Severity.LOSS:
        # decisions so close that less than that turns them
        wrong = {name: error for name, error in off.items() if error == max(off.values())}
    if not wrong:
        return None
    first = next(layer.name for layer in case.layers if layer.name in wrong)
    silent = silent_layer.find(case)
    if silent is not None and silent.layer == first:
        return None
    after = case.after(PartName.WEIGHTS)
    return Finding(
        cause=CauseName.NOT_THE_MODEL,
        layer=first,
        # wrong whatever these images say of it
        severity=Severity.ERROR if severity is Severity.NONE else severity,
        lost=case.lost(PartName.WEIGHTS),
        error=part.error,
        evidence=(
            f"with ReLUs in the place of its neurons the network does not compute the model: {len(wrong)} of "
            f"{len(case.layers)} layers are off, {first} first, by {wrong[first]:.3g} λ on average, and "
            f"{case.kept(after)}. Weights, thresholds or scales were changed after "
            "the conversion, or by it"
        ),
        advice="convert the model again, with the parity check that --no-verify leaves out",
        command=convert_again(case),
    )
