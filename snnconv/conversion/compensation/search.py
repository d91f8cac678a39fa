"""One compensation factor for the network, searched on images.

    argmin_ζ Σ_i |Ē_i(Wζ)|,   1 < ζ < τ_max        (Eq. 13-14)

The search starts at q of the fit p·q^l to the errors of each layer's most active neuron (Eq. 12), brought into
(1, τ_max), and goes on in steps of 0.005 to both sides for as long as the objective gets better. Eq. 13 adds up the
errors themselves; a sum with signs would be least where all neurons fire too much, so magnitudes are taken.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, section 3.3.
"""

from collections.abc import Callable, Iterator

from snnconv.choices import Objective
from snnconv.conversion.compensation.factors import Factors
from snnconv.conversion.error_fit import fit
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.propagation_error import PropagationErrors, propagation_errors
from snnconv.conversion.records import SearchRecord, Trial
from snnconv.conversion.samples import Samples
from snnconv.ir.network import SpikingNetwork

STEP = 0.005

_PATIENCE = 2
"""Steps without an improvement after which a side is given up: agreement on few images is uneven."""


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
    """
    plain = built(Factors())
    targets = given.targets(plain)

    def errors_of(network: SpikingNetwork, count: int) -> PropagationErrors:
        return propagation_errors(
            network,
            targets,
            options.steps,
            backend=given.backend,
            threads=given.threads,
            progress=lambda done: given.progress(f"compensation, factor {count}", done, len(given.images)),
        )

    base = errors_of(plain, 1)
    line = fit([layer.most_active_error for layer in base.layers], [layer.depth for layer in base.layers])
    trials = {1.0: trial_of(1.0, base)}
    note = None
    if base.tau_max is None or base.tau_max <= 1:
        highest = "never fires" if base.tau_max is None else "fires at every step"
        note = f"the last layer {highest}, so there is no factor between 1 and τ_max to search"
    else:
        start = within(line.q, base.tau_max)
        for side in (1, -1):
            for factor in _walk(start, side, base.tau_max, trials, options.objective):
                trials[factor] = trial_of(factor, errors_of(built(Factors(factor)), len(trials) + 1))
    best = min(trials.values(), key=lambda trial: (_cost(trial, options.objective), trial.factor))
    if note is None and best.factor == 1.0:
        note = "no factor between 1 and τ_max made the objective better"
    return SearchRecord(
        images=base.images,
        steps=options.steps,
        objective=options.objective,
        p=line.p,
        q=line.q,
        adjusted_r2=line.adjusted_r2,
        tau_max=base.tau_max,
        trials=tuple(trials.values()),
        factor=best.factor,
        note=note,
    )


def trial_of(factor: float, errors: PropagationErrors) -> Trial:
    """Give what came of a factor."""
    return Trial(factor=factor, error=errors.error, absolute_error=errors.absolute_error, agreement=errors.agreement)


def within(q: float, tau_max: float) -> float:
    """Bring a start into the open interval (1, τ_max), a step from its ends where there is room for that."""
    if tau_max - 1 <= 2 * STEP:
        return round((1 + tau_max) / 2, 6)
    return round(min(max(q, 1 + STEP), tau_max - STEP), 6)


def _walk(start: float, side: int, tau_max: float, trials: dict[float, Trial], objective: Objective) -> Iterator[float]:
    """Give factors to try on one side of the start, until the best on the way is `_PATIENCE` steps back."""
    best = _cost(trials[start], objective) if start in trials else float("inf")
    waited, number = 0, 1 if start in trials else 0
    while waited < _PATIENCE:
        factor = round(start + side * number * STEP, 6)
        if not 1 < factor < tau_max:
            return
        yield factor
        cost = _cost(trials[factor], objective)
        waited = 0 if cost < best else waited + 1
        best = min(best, cost)
        number += 1


def _cost(trial: Trial, objective: Objective) -> float:
    return -trial.agreement if objective is Objective.AGREEMENT else trial.absolute_error
