"""The spikes of the classes are counted: counts hide what differs between neurons that fire at every step, or never."""

from snnconv.choices import ReadoutMode
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import convert_again
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity
from snnconv.ir.nodes import Ties


def find(case: Case) -> Finding | None:
    """Compare the classes by their spikes with the classes by the current that reached them, in the same simulation."""
    severity = case.severity(PartName.READOUT)
    part = case.part(PartName.READOUT)
    if severity is not Severity.LOSS or part is None:
        return None
    before, after = case.before(PartName.READOUT), case.after(PartName.READOUT)
    last, ties = case.layers[-1], case.network.readout.ties
    return Finding(
        cause=CauseName.READOUT,
        layer=last.name,
        severity=severity,
        lost=case.lost(PartName.READOUT),
        error=part.error,
        evidence=(
            f"by the current that reached each class {case.kept(before)}, "
            f"by counted spikes {case.shown(after)}; {100 * last.saturated:.1f} % of the outputs lie above λ, "
            f"{100 * last.silent:.1f} % should fire and never do; equal counts are decided by the "
            + ("membrane" if ties is Ties.MEMBRANE else "lower class")
        ),
        advice="convert with --readout current, which adds up the classifier's current",
        command=convert_again(case, readout=ReadoutMode.CURRENT),
    )
