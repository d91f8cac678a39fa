"""Identity shortcuts are not normalised: their spikes weigh something else than λ_in/λ_out."""

from snnconv.choices import Shortcut
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import convert_again
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity


def find(case: Case) -> Finding | None:
    """Compare the network with ReLUs with the same one whose shortcuts weigh λ_in/λ_out."""
    part = case.part(PartName.SHORTCUTS)
    if part is None or not case.wrong_gains:
        return None
    severity = case.severity(PartName.SHORTCUTS)
    worst = max(case.wrong_gains, key=lambda gain: abs(gain.found / gain.expected - 1))
    before, after = case.before(PartName.SHORTCUTS), case.after(PartName.SHORTCUTS)
    recorded = case.options is not None and case.options.shortcut is not Shortcut.NORMALISED
    evidence = (
        f"identity shortcuts do not weigh λ_in/λ_out ({len(case.wrong_gains)} of them): {worst.node} weighs "
        f"{worst.found:.4g}, {worst.expected:.4g} is right. With ReLUs, {case.kept(before)} "
        f"with right shortcuts and {case.shown(after)} with these; the mean |error| of all neurons grows by "
        f"{part.error:.4f}" + (f" (--shortcut {case.options.shortcut.value})" if recorded and case.options else "")
    )
    return Finding(
        cause=CauseName.SHORTCUT,
        layer=case.wrong_gains[0].layer,
        # wrong whatever these images say of it
        severity=Severity.ERROR if severity is Severity.NONE else severity,
        lost=case.lost(PartName.SHORTCUTS),
        error=part.error,
        evidence=evidence,
        advice="convert with --shortcut normalised (Hu et al., Eq. 5-6)",
        command=convert_again(case, shortcut=Shortcut.NORMALISED),
    )
