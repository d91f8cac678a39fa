"""The heading of a finding: its cause, and what it costs beside what other parts give back."""

from snnconv.diagnosis.case import counts
from snnconv.diagnosis.model import CauseName, Diagnosis, Finding, Part, PartName, Severity

_PARTS = {
    CauseName.OTHER_DATA: (PartName.CLIPPING, PartName.RANGE),
    CauseName.SILENT_LAYER: (PartName.WEIGHTS, PartName.SHORTCUTS, PartName.CLIPPING),
    CauseName.SHORTCUT: (PartName.SHORTCUTS,),
    CauseName.NOT_THE_MODEL: (PartName.WEIGHTS,),
    CauseName.SATURATION: (PartName.CLIPPING,),
    CauseName.READOUT: (PartName.READOUT,),
    CauseName.WIDE_RANGE: (PartName.RANGE,),
    CauseName.RESET: (PartName.RESET,),
    CauseName.COMPENSATION: (PartName.COMPENSATION,),
    CauseName.INITIAL: (PartName.INITIAL,),
    CauseName.POISSON: (PartName.ENCODING,),
    CauseName.FEW_STEPS: (PartName.STEPS,),
}
"""The parts of the split that a cause explains."""


def heading(finding: Finding, made: Diagnosis) -> str:
    """Give the cause and its weight, as the split of the loss shows it and after what is given back.

    Parameters
    ----------
    finding : Finding
    made : Diagnosis
        That it belongs to.

    Returns
    -------
    str
        One line.
    """
    weight = _of_the_model(finding, made) if finding.cause is CauseName.PREPROCESSING else _weight(finding, made)
    return f"{finding.cause.value}: {weight}" if weight else finding.cause.value


def points(share: float) -> float:
    """Give a share in percentage points, to one digit, without a minus before a zero."""
    return round(100 * share, 1) + 0.0


def _of_the_model(finding: Finding, made: Diagnosis) -> str:
    if finding.lost is not None:
        return f"the model itself is wrong on {points(finding.lost)} % of the labelled images"
    if not made.labelled:
        return "what it costs cannot be counted without labels"
    return f"the model itself is right on {points(made.model_accuracy or 0.0)} % of the labelled images"


def _weight(finding: Finding, made: Diagnosis) -> str:
    if finding.severity is Severity.NONE or made.agreement is None:
        return ""
    taken = points(sum(part.costs for part in _explained(finding, made)))
    left = points(finding.lost or 0.0)
    if taken <= 0:
        return "no decisions lost here"
    said = f"{taken} points"
    givers = [part.name.value for part in made.parts if points(part.costs) < 0]
    if left < taken and givers:
        by = " and ".join(givers)
        verb = "gives" if len(givers) == 1 else "give"
        said += f", {left} after what {by} {verb} back" if left > 0 else f", given back by {by}"
    few = finding.severity is Severity.ERROR and left > 0 and not counts(finding.lost or 0.0, made.images)
    return f"{said}, too few to tell" if few else said


def _explained(finding: Finding, made: Diagnosis) -> list[Part]:
    names = _PARTS.get(finding.cause, ())
    found = [part for part in made.parts if part.name in names]
    if finding.cause is CauseName.OTHER_DATA:
        # it explains one of the two, and has its error
        return [part for part in found if part.error == finding.error][:1]
    return found
