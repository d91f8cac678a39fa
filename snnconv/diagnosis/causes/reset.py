"""Reset to zero: what a membrane has above its threshold is thrown away with each spike."""

from snnconv.choices import Reset
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import convert_again
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity


def find(case: Case) -> Finding | None:
    """Compare the network with itself under reset by subtraction."""
    severity = case.severity(PartName.RESET)
    part = case.part(PartName.RESET)
    if severity is Severity.NONE or part is None:
        return None
    before, after = case.before(PartName.RESET), case.after(PartName.RESET)
    evidence = (
        f"a spike sets the membrane to zero, and what was above the threshold is lost: with reset by subtraction "
        f"{case.kept(before)}, so {case.shown(after)}. More steps "
        "do not give it back"
    )
    return Finding(
        cause=CauseName.RESET,
        layer=None if case.broken is None else case.broken.name,
        severity=severity,
        lost=case.lost(PartName.RESET),
        error=part.error,
        evidence=evidence,
        advice="convert with --reset subtract",
        command=convert_again(case, reset=Reset.SUBTRACT),
    )
