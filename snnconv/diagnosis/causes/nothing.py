"""Nothing is wrong: what is lost is within what the choice of images explains."""

from snnconv.data.classes import ONE_NUMBER
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.model import CauseName, Finding, Severity
from snnconv.reporting.intervals import wilson


def find(case: Case) -> Finding:
    """Say so, with the interval that these images allow."""
    last = case.stages[-1]
    if last.agreement is None:
        evidence = f"{case.kept(last)}; the network gives {ONE_NUMBER}, so no decisions are compared"
    else:
        low, high = wilson(round(last.agreement * case.images), case.images)
        evidence = (
            f"the network decides as the model does on {case.of(last.agreement)} images (95 % interval "
            f"{100 * low:.1f} to {100 * high:.1f} %)"
        )
    if last.accuracy is not None and case.stages[0].accuracy is not None:
        evidence += f"; accuracy: model {100 * case.stages[0].accuracy:.2f} %, network {100 * last.accuracy:.2f} %"
    if case.broken is None:
        evidence += f". No layer's error is more than {case.tolerance:g} beyond what {case.steps} steps lose"
    return Finding(
        cause=CauseName.NOTHING,
        layer=None,
        severity=Severity.NONE,
        lost=None,
        error=None,
        evidence=evidence,
        advice="more --samples make the "
        + ("mean that of more images" if last.agreement is None else "interval narrower"),
        command=None,
    )
