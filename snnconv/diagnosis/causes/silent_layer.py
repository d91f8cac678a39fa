"""A layer is silent whatever T: what it adds up never reaches its threshold."""

from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import convert_again
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity

_SILENT = 0.05
"""Part of the mean rate that a layer should have, below which it counts as silent."""

_TIMELESS = (PartName.WEIGHTS, PartName.SHORTCUTS, PartName.CLIPPING)


def find(case: Case) -> Finding | None:
    """Look for the first layer that is silent in the limit T → ∞, though the model's values are not 0."""
    silent = next(
        (
            layer
            for layer in case.layers
            if case.wanted[layer.name] > 0 and case.limit[layer.name] < _SILENT * case.wanted[layer.name]
        ),
        None,
    )
    if silent is None:
        return None
    found = [part for name in _TIMELESS if (part := case.part(name)) is not None]
    lost = min(sum(case.lost(part.name) for part in found), 1 - case.stages[-1].kept)
    hurts = any(case.severity(part.name) is Severity.LOSS for part in found)
    return Finding(
        cause=CauseName.SILENT_LAYER,
        layer=silent.name,
        severity=Severity.LOSS if hurts else Severity.ERROR,
        lost=lost,
        error=sum(part.error for part in found),
        evidence=(
            f"{silent.name} is silent: its mean rate is {silent.mean_rate:.2g} where the model's values ask for "
            f"{case.wanted[silent.name]:.2g}, and {case.limit[silent.name]:.2g} is what infinitely many steps would "
            "give. What it adds up does not reach its threshold"
        ),
        advice=(
            "look at its threshold and weights with snnconv inspect; convert the model again, with the parity check "
            "that --no-verify leaves out"
        ),
        command=convert_again(case),
    )
