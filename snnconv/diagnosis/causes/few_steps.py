"""T is too short for this depth: the error falls with T, and at this T it has not fallen far enough."""

from math import ceil, log

from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import simulate
from snnconv.diagnosis.model import CauseName, Finding, Growing, PartName, Severity


def find(case: Case) -> Finding | None:
    """Compare T steps with infinitely many, and look at what other numbers of steps give."""
    severity = case.severity(PartName.STEPS)
    part = case.part(PartName.STEPS)
    if severity is Severity.NONE or part is None:
        return None
    before, after = case.before(PartName.STEPS), case.after(PartName.STEPS)
    evidence = (
        f"with T → ∞ {case.of(before.agreement)} images are decided as the model does, after {case.steps} steps "
        f"{case.of(after.agreement)}{_series(case)}"
    )
    best, fitted = _best(case, severity), _fitted(case)
    worst = max(case.layers, key=lambda layer: layer.time_error)
    broken = case.broken or worst
    return Finding(
        cause=CauseName.FEW_STEPS,
        layer=broken.name,
        severity=severity,
        lost=case.lost(PartName.STEPS),
        error=part.error,
        evidence=evidence,
        advice=_advice(best, fitted) + _remedies(case),
        command=simulate(case, "--steps", str(best.steps if best is not None else fitted or 2 * case.steps)),
    )


def _series(case: Case) -> str:
    if len(case.growing) < 2:
        return ""
    shown = ", ".join(
        f"{found.agreement * found.images:.0f} of {found.images} at T = {found.steps}" for found in case.growing
    )
    slope = _slope(case.growing)
    falls = "" if slope is None else f", and the error falls as T^-{slope:.2f}"
    return f". Decided as with T → ∞: {shown}{falls}"


def _slope(growing: tuple[Growing, ...]) -> float | None:
    """Give k of error ∝ T^−k between the least and the most steps; None where the error does not fall."""
    first, last = growing[0], growing[-1]
    if not 0 < last.error < first.error:
        return None
    return log(first.error / last.error) / log(last.steps / first.steps)


def _best(case: Case, severity: Severity) -> Growing | None:
    """Give what was tried and decides most often as T → ∞, the least T of these; None where no decisions are lost."""
    tried = [found for found in case.growing if found.steps > case.steps]
    if severity is not Severity.LOSS or not tried:
        return None
    return max(tried, key=lambda found: (found.agreement, -found.steps))


def _fitted(case: Case) -> int | None:
    """Give T at which, by the fit, every layer meets the tolerance, rounded up to two digits."""
    slope = _slope(case.growing) if len(case.growing) > 1 else None
    if slope is None:
        return None
    largest = max(layer.time_error for layer in case.layers)
    steps: float = case.steps * max(1.0, largest / case.tolerance) ** (1 / slope)
    unit = int(10 ** max(0, len(str(int(steps))) - 2))
    return ceil(steps / unit) * unit


def _advice(best: Growing | None, fitted: int | None) -> str:
    if best is not None:
        return f"give more steps: {best.steps} would do, by the trial above"
    if fitted is not None:
        return f"give more steps: after about {fitted} every layer's error meets the tolerance, by the fit"
    return "give more steps"


def _remedies(case: Case) -> str:
    """Name what makes few steps do, where the network does not have it yet."""
    remedies = []
    if case.part(PartName.INITIAL) is None:
        remedies.append("--initial-potential 0.5")
    if case.part(PartName.COMPENSATION) is None:
        remedies.append("--compensation search")
    return f". Or convert for few steps: {', or '.join(remedies)}" if remedies else ""
