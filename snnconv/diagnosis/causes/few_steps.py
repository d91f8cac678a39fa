"""T is too short for this depth: the error falls with T, and at this T it has not fallen far enough."""

from math import ceil, log
from typing import Any

from snnconv.choices import Compensation, Encoding, Reset
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import convert_again, possible, simulate
from snnconv.diagnosis.model import CauseName, Finding, Growing, PartName, Severity

_WITHOUT: dict[PartName, tuple[str, dict[str, Any]]] = {
    PartName.COMPENSATION: ("compensation", {"compensation": Compensation.NONE}),
    PartName.INITIAL: ("V(0)", {"initial_potential": 0.0}),
    PartName.RESET: ("reset to zero", {"reset": Reset.SUBTRACT}),
    PartName.ENCODING: ("Poisson spikes", {"encoding": Encoding.CONSTANT}),
}
"""What other numbers of steps are tried without, in words, and how a conversion leaves it out."""


def find(case: Case) -> Finding | None:
    """Compare T steps with infinitely many, and look at what other numbers of steps give."""
    severity = case.severity(PartName.STEPS)
    part = case.part(PartName.STEPS)
    if severity is Severity.NONE or part is None:
        return None
    before, after = case.before(PartName.STEPS), case.after(PartName.STEPS)
    evidence = (
        f"with T → ∞ {case.kept(before)}, after {case.steps} steps {case.shown(after)}{_series(case)}{_as_it_is(case)}"
    )
    fitted, without = _fitted(case), _left_out(case)
    worst = max(case.layers, key=lambda layer: layer.time_error)
    broken = case.broken or worst
    return Finding(
        cause=CauseName.FEW_STEPS,
        layer=broken.name,
        severity=severity,
        lost=case.lost(PartName.STEPS),
        error=part.error,
        evidence=evidence,
        advice=_advice(case, fitted) + _conversion(case, without) + _remedies(case),
        command=_command(case, fitted, without),
    )


def _command(case: Case, fitted: int | None, without: tuple[PartName, ...]) -> str | None:
    """Give the command for more steps; None where those that were tried did no better."""
    if _none_is_better(case):
        return None
    steps = case.trial.steps if case.trial is not None else fitted or 2 * case.steps
    changes = {name: value for one in without for name, value in _WITHOUT[one][1].items()}
    return convert_again(case, steps=steps, **changes) if without else simulate(case, "--steps", str(steps))


def _chosen(case: Case, steps: int) -> Growing:
    """Give what a number of steps did on the images of the trial."""
    return next(found for found in case.growing if found.steps == steps)


def _none_is_better(case: Case) -> bool:
    """Say whether more steps were tried, and none decides more images as the limit T → ∞ than T does."""
    if case.trial is None:
        return False
    best = _chosen(case, case.trial.steps).kept
    return best < 1 and best <= _chosen(case, case.steps).kept


def _present(case: Case) -> tuple[PartName, ...]:
    """Give what the network has beyond the one that other numbers of steps are tried on."""
    return tuple(name for name in _WITHOUT if case.part(name) is not None)


def _left_out(case: Case) -> tuple[PartName, ...]:
    """Give what more steps must do without: nothing where the network as it is does as well with them.

    Factors were chosen for the errors of another T, and reset to zero and Poisson spikes follow another law than the
    fit; V(0) fades with T.
    """
    present = _present(case)
    if _none_is_better(case):
        return ()
    if case.trial is not None:
        return present if case.trial.as_it_is < case.trial.plain else ()
    return present if any(name is not PartName.INITIAL for name in present) else ()


def _series(case: Case) -> str:
    if len(case.growing) < 2:
        return ""
    slope = _slope(case.growing)
    if any(found.agreement is None for found in case.growing):
        errors = ", ".join(f"{found.error:.3g} at T = {found.steps}" for found in case.growing)
        falls = "" if slope is None else f", which falls as T^-{slope:.2f}"
        return f". Mean |error| against T → ∞: {errors}{falls}"
    shown = ", ".join(
        f"{found.kept * found.images:.0f} of {found.images} at T = {found.steps}" for found in case.growing
    )
    falls = "" if slope is None else f", and the error falls as T^-{slope:.2f}"
    return f". Decided as with T → ∞: {shown}{falls}"


def _slope(growing: tuple[Growing, ...]) -> float | None:
    """Give k of error ∝ T^−k between the least and the most steps; None where the error does not fall."""
    first, last = growing[0], growing[-1]
    if not 0 < last.error < first.error:
        return None
    return log(first.error / last.error) / log(last.steps / first.steps)


def _as_it_is(case: Case) -> str:
    """Say what so many steps do to the network as it is, where that is not the one that they were tried on."""
    trial = case.trial
    if trial is None:
        return ""
    present = " and ".join(_WITHOUT[name][0] for name in _present(case))
    if not present:
        counted = f"; its readout decides so on {trial.plain * trial.images:.0f} at T = {trial.steps}"
        return counted if trial.plain != _chosen(case, trial.steps).kept else ""
    return (
        f". At T = {trial.steps} the network as it is decides so on {trial.as_it_is * trial.images:.0f} of "
        f"{trial.images}, and on {trial.plain * trial.images:.0f} without {present}, as in this trial"
    )


def _fitted(case: Case) -> int | None:
    """Give T at which, by the fit, every layer meets the tolerance, rounded up to two digits."""
    slope = _slope(case.growing) if len(case.growing) > 1 else None
    if slope is None:
        return None
    largest = max(layer.time_error for layer in case.layers)
    steps: float = case.steps * max(1.0, largest / case.tolerance) ** (1 / slope)
    unit = int(10 ** max(0, len(str(int(steps))) - 2))
    return ceil(steps / unit) * unit


def _advice(case: Case, fitted: int | None) -> str:
    if _none_is_better(case):
        most = max(found.steps for found in case.growing)
        return f"no T up to {most} did better than T = {case.steps} in the trial above, so more steps alone may not do"
    if case.trial is not None:
        verdict = "would do" if _chosen(case, case.trial.steps).kept == 1 else "do best of those tried"
        return f"give more steps: {case.trial.steps} {verdict}, by the trial above"
    if fitted is not None:
        return f"give more steps: after about {fitted} every layer's error meets the tolerance, by the fit"
    return "give more steps"


def _conversion(case: Case, without: tuple[PartName, ...]) -> str:
    """Say why the network as it is would not do with more steps."""
    if not without:
        return ""
    said = f". Convert for them without {' and '.join(_WITHOUT[name][0] for name in without)}"
    if PartName.COMPENSATION not in without:
        return said
    chosen = "another T" if case.options is None else f"{case.options.steps} steps"
    search = "; --compensation search finds some for so many" if _can_search(case) else ""
    return f"{said}: factors were chosen for {chosen}{search}"


def _can_search(case: Case) -> bool:
    return possible(case, compensation=Compensation.SEARCH)


def _remedies(case: Case) -> str:
    """Name what makes few steps do, where the network does not have it yet."""
    remedies = []
    if case.part(PartName.INITIAL) is None:
        remedies.append("--initial-potential 0.5")
    if case.part(PartName.COMPENSATION) is None and _can_search(case):
        remedies.append("--compensation search")
    return f". Or convert for few steps: {', or '.join(remedies)}" if remedies else ""
