"""One compensation factor for the network, searched on images.

    argmin_ζ Σ_i |Ē_i(Wζ)|,   1 < ζ < τ_max        (Eq. 13-14)

The search starts at q of the fit p·q^l to the errors of each layer's most active neuron (Eq. 12), brought into
(1, τ_max), and goes on in steps of 0.005 to both sides for as long as the objective gets better: strides double on
the way, then halve. The paper does not say how large its steps are. Eq. 13 adds up the errors themselves; a sum with
signs would be least where all neurons fire too much, so magnitudes are taken.

Agreement with the ONNX model as the objective is uneven, and flat where ζ is far too large: its search begins where
the error is least, and of equal agreement the smaller error counts.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, section 3.3.
"""

from collections.abc import Callable
from math import inf

from snnconv.choices import Objective
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.records import SearchRecord, Trial
from snnconv.conversion.samples import Samples
from snnconv.data.classes import ONE_NUMBER
from snnconv.errors import UsageError
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.error_fit import Fit
from snnconv.measuring.propagation_error import PropagationErrors, Target, growth, propagation_errors
from snnconv.transforms.factors import Factors

Cost = tuple[float, float]
"""What is to be small; the second number decides between equals."""

STEP = 0.005

_OUTSIDE: Cost = (inf, inf)
_PATIENCE = 2
"""Steps to both sides that must not be better: agreement on few images is uneven."""


def search(built: Callable[[Factors], SpikingNetwork], given: Samples, options: ConversionOptions) -> SearchRecord:
    """Search ζ.

    Parameters
    ----------
    built : callable
        Gives the network with these factors.
    given : Samples
        Training images.
    options : ConversionOptions
        T and the objective.

    Returns
    -------
    SearchRecord
        With every factor that was tried.

    Raises
    ------
    UsageError
        If agreement is to count, and the network has no classes.
    """
    plain = built(Factors())
    targets = given.targets(plain)

    def errors_of(network: SpikingNetwork, count: int) -> PropagationErrors:
        return measured(network, targets, given, options.steps, f"compensation, factor {count}")

    def tried(factor: float) -> Trial:
        return given.recall(
            f"ζ = {factor!r}",
            Trial,
            lambda: trial_of(factor, errors_of(built(Factors(factor)), len(trials) + 1)),
        )

    base = given.recall("errors before", PropagationErrors, lambda: errors_of(plain, 1))
    if options.objective is Objective.AGREEMENT and base.agreement is None:
        raise UsageError(f"--objective agreement compares classes, the network gives {ONE_NUMBER}; leave it out")
    line = _fitted(base)
    trials = {1.0: trial_of(1.0, base)}
    note = no_room(base.tau_max)
    if base.tau_max is not None and note is None:
        grid = _Grid(within(line.q, base.tau_max), base.tau_max, tried, trials)
        least = descend(lambda place: grid.cost(place, Objective.ERROR))
        if options.objective is Objective.AGREEMENT:
            descend(lambda place: grid.cost(place, Objective.AGREEMENT), least)
    best = min(trials.values(), key=lambda trial: (_cost(trial, options.objective), trial.factor))
    reached, at_one = best.agreement, trials[1.0].agreement
    if reached is not None and at_one is not None and reached < at_one:
        note = (
            f"it decides as the ONNX model on {100 * reached:.1f} % of the images, ζ = 1 on {100 * at_one:.1f} %; "
            "--objective agreement looks at that"
        )
    elif note is None and best.factor == 1.0:
        note = f"none of the {len(trials) - 1} factors tried between 1 and τ_max made the objective better"
    return SearchRecord(
        images=base.images,
        steps=options.steps,
        objective=options.objective,
        p=None if line.at_bound else line.p,
        q=None if line.at_bound else line.q,
        adjusted_r2=None if line.at_bound else line.adjusted_r2,
        tau_max=base.tau_max,
        trials=tuple(trials.values()),
        factor=best.factor,
        note=note,
    )


def no_room(tau_max: float | None) -> str | None:
    """Say why there is nothing between 1 and τ_max to search; None where there is."""
    if tau_max is not None and tau_max > 1:
        return None
    highest = "never fires" if tau_max is None else "fires at every step"
    return f"the last layer {highest}, so there is no factor between 1 and τ_max to search"


def _fitted(errors: PropagationErrors) -> Fit:
    """Fit the growth of the errors; one layer says nothing of growth, so q is 1."""
    return growth(errors) or Fit(errors.layers[0].most_active_error, 1.0, None)


def measured(
    network: SpikingNetwork, targets: list[Target], given: Samples, steps: int, what: str
) -> PropagationErrors:
    """Give the errors of a network on the samples, and tell of the progress under a name."""
    return propagation_errors(
        network,
        targets,
        steps,
        backend=given.backend,
        threads=given.threads,
        progress=lambda done: given.progress(what, done, len(given.images)),
    )


def trial_of(factor: float, errors: PropagationErrors) -> Trial:
    """Give what came of a factor."""
    return Trial(factor=factor, error=errors.error, absolute_error=errors.absolute_error, agreement=errors.agreement)


def within(q: float, tau_max: float) -> float:
    """Bring a start into the open interval (1, τ_max), a step from its ends where there is room for that."""
    if tau_max - 1 <= 2 * STEP:
        return round((1 + tau_max) / 2, 6)
    return round(min(max(q, 1 + STEP), tau_max - STEP), 6)


class _Grid:
    """Factors start + k · step: each is tried once, and those outside (1, τ_max) never."""

    def __init__(
        self, start: float, tau_max: float, tried: Callable[[float], Trial], trials: dict[float, Trial]
    ) -> None:
        self._start, self._tau_max, self._tried, self._trials = start, tau_max, tried, trials

    def cost(self, place: int, objective: Objective) -> Cost:
        """Give the cost of a place; infinite outside."""
        factor = round(self._start + place * STEP, 6)
        if not 1 < factor < self._tau_max:
            return _OUTSIDE
        if factor not in self._trials:
            self._trials[factor] = self._tried(factor)
        return _cost(self._trials[factor], objective)


def descend(cost: Callable[[int], Cost], start: int = 0) -> int:
    """Find the place with the least cost: in strides that double for as long as it falls, then halve.

    Where the cost falls and then rises this is the least of all places. Elsewhere it is one that nothing within
    `_PATIENCE` places on either side betters.

    Parameters
    ----------
    cost : callable
        Of a place on the grid; infinite outside.
    start : int
        The place to begin at.
    """
    best = start
    while True:
        here = cost(best)
        ahead = [place for away in range(1, _PATIENCE + 1) for place in (best + away, best - away)]
        better = min(ahead, key=cost)
        if not cost(better) < here:
            return best
        side = 1 if better > best else -1
        stride, best = 1, better
        while cost(best + side * stride) < cost(best):
            best += side * stride
            stride *= 2
        while stride > 1:
            stride //= 2
            best = min((best, best + side * stride, best - side * stride), key=cost)


def _cost(trial: Trial, objective: Objective) -> Cost:
    if objective is Objective.AGREEMENT and trial.agreement is not None:
        return -trial.agreement, trial.absolute_error
    return trial.absolute_error, 0.0
