"""What was asked, and whether it is met: by the estimate and its 95 % interval."""

from dataclasses import dataclass
from math import hypot
from statistics import fmean
from typing import Any, Literal

Verdict = Literal["met", "missed", "not resolved"]


def at_most(points: float, low: float, limit: float) -> Verdict:
    """Judge a number that should be at most `limit`; `low` is the better end of its interval."""
    if points <= limit:
        return "met"
    return "missed" if low > limit else "not resolved"


def at_least(points: float, high: float, limit: float) -> Verdict:
    """Judge a number that should be at least `limit`; `high` is the better end of its interval."""
    if points >= limit:
        return "met"
    return "missed" if high < limit else "not resolved"


def above(low: float, high: float) -> Verdict:
    """Judge whether one is more than another, by the interval of the difference: it must lie on one side of 0."""
    if low > 0:
        return "met"
    return "missed" if high < 0 else "not resolved"


@dataclass(frozen=True)
class Judged:
    """A row of the first table.

    Attributes
    ----------
    asked, came_out : str
    verdict : Verdict or None
        None where it was not run.
    """

    asked: str
    came_out: str
    verdict: Verdict | None


_LIMITS = (
    ("resnet20", "search", "ResNet-20, one factor searched (the default)", 0.2),
    ("resnet20", "search-9999", "ResNet-20, one factor searched, λ at the 99.99th percentile", 0.2),
    ("resnet20", "layerwise", "ResNet-20, a factor for each layer", 0.2),
    ("resnet56", "search", "ResNet-56, one factor searched (the default)", 0.7),
    ("resnet56", "search-9999", "ResNet-56, one factor searched, λ at the 99.99th percentile", 0.7),
    ("resnet56", "layerwise", "ResNet-56, a factor for each layer", 0.7),
)
_GAINS = (
    ("resnet56", "search", "none", "ResNet-56, one factor searched: loses less than without"),
    (
        "resnet56",
        "search-9999",
        "none-9999",
        "ResNet-56, one factor searched, λ at the 99.99th percentile: loses less than without",
    ),
    ("resnet56", "layerwise", "none", "ResNet-56, a factor for each layer: loses less than without"),
)
_RATIOS = (
    ("resnet20", "", "ResNet-20"),
    ("resnet20", "-9999", "ResNet-20, λ at the 99.99th percentile"),
    ("resnet56", "", "ResNet-56"),
    ("resnet56", "-9999", "ResNet-56, λ at the 99.99th percentile"),
)
_MORE = (
    # published: 1.96 against 0.20, and 5.67 against 1.35
    ("plain20", "resnet20", "plain CNN of 20 layers: loses more than ResNet-20, both without compensation"),
    ("plain32", "resnet56", "plain CNN of 32 layers: loses more than ResNet-56, both without compensation"),
)
_HELPED = (
    # published: 0.66 against 0.03, and 1.94 against 0.69
    ("plain20", "resnet20", "plain CNN of 20 layers: one factor helps more than on ResNet-20"),
    ("plain32", "resnet56", "plain CNN of 32 layers: one factor helps more than on ResNet-56"),
)
_NOTHING = (
    ("search", "ResNet-8 on MNIST, one factor searched: no loss"),
    ("none", "ResNet-8 on MNIST, no compensation (the papers print none): no loss"),
)
_SPIKING = (
    # published: 0.24 against 0.15, and 1.97 against 1.64; Fig. 3 has no numbers
    ("vgg-activations", "vgg-spikes", "VGG: thresholds from activations lose more than SPIKE-NORM's"),
    (
        "resnet14_plain-activations",
        "resnet14_plain-one",
        "ResNet-14 with 2 more plain layers: thresholds from activations lose more than SPIKE-NORM's",
    ),
    (
        "resnet14_basic-balanced",
        "resnet14_junction-balanced",
        "ResNet-14: loses more without constraint 1 than with it",
    ),
    (
        "resnet14_junction-balanced",
        "resnet14_junction-one",
        "ResNet-14: loses more with constraint 1 than with 1 and 2",
    ),
    ("resnet14_junction-one", "resnet14_plain-one", "ResNet-14: loses more with constraints 1 and 2 than with 1 to 3"),
)
_NOT_RUN = "not run"

Estimate = tuple[float, float, float]
"""In points, with the ends of its 95 % interval."""


def judged(content: dict[str, Any]) -> list[Judged]:
    """Judge what was asked by the results that are there.

    Parameters
    ----------
    content : dict
        ``results.json``.
    """
    records = content["groups"].get("losses", {})
    comparisons = content["comparisons"].get("losses", [])
    rows = [_limit(records.get(f"{model}-{kind}"), says, limit) for model, kind, says, limit in _LIMITS]
    rows += [_gain(_of(comparisons, "gain", *pair), says) for *pair, says in _GAINS]
    rows += [
        _ratio(
            _of(comparisons, "ratio", model, f"unnorm{higher}", f"none{higher}"),
            f"{says}: without shortcut normalisation at least 3 times the loss",
        )
        for model, higher, says in _RATIOS
    ]
    lost = {name: _loss(record) for name, record in records.items()}
    rows += [_more(lost.get(f"{one}-none"), lost.get(f"{other}-none"), says) for one, other, says in _MORE]
    gained = {model: _gained(comparisons, model) for pair in _HELPED for model in pair[:2]}
    rows += [_more(gained.get(one), gained.get(other), says) for one, other, says in _HELPED]
    spiking = {name: _over_seeds(record) for name, record in content["groups"].get("spike_norm", {}).items()}
    rows += [_more(spiking.get(one), spiking.get(other), says) for one, other, says in _SPIKING]
    mnist = content["groups"].get("mnist", {})
    return rows + [_limit(mnist.get(f"resnet8_mnist-{kind}"), says, 0.0) for kind, says in _NOTHING]


def _limit(record: dict[str, Any] | None, says: str, limit: float) -> Judged:
    asked = f"{says}: loss at most {limit:g} points" if limit else says
    lost = None if record is None else _loss(record)
    if lost is None:
        return Judged(asked, _NOT_RUN, None)
    return Judged(asked, interval(*lost, beside=limit), at_most(*lost[:2], limit))


def _loss(record: dict[str, Any]) -> Estimate | None:
    if not record["runs"]:
        return None
    row = record["runs"][0]["by_step"][-1]
    points, low, high = (row[f"loss_points{end}"] for end in ("", "_low", "_high"))
    return points, low, high


def _over_seeds(record: dict[str, Any]) -> Estimate | None:
    """Give the mean loss over seeds, with the interval over images of the first seed."""
    first = _loss(record)
    if first is None:
        return None
    mean = fmean(run["by_step"][-1]["loss_points"] for run in record["runs"])
    return mean, mean - (first[0] - first[1]), mean + (first[2] - first[0])


def _estimate(made: dict[str, Any]) -> Estimate:
    return made["points"], made["low"], made["high"]


def _gained(comparisons: list[dict[str, Any]], model: str) -> Estimate | None:
    found = _of(comparisons, "gain", model, "search", "none")
    return None if found is None else _estimate(found)


def _more(one: Estimate | None, other: Estimate | None, says: str) -> Judged:
    """Judge whether the first is above the second, as if they were independent.

    They are of the same images, and those that are hard for one are hard for the other: the interval is too wide.
    """
    if one is None or other is None:
        return Judged(says, _NOT_RUN, None)
    points = one[0] - other[0]
    low = points - hypot(one[0] - one[1], other[2] - other[0])
    high = points + hypot(one[2] - one[0], other[0] - other[1])
    return Judged(says, f"{interval(points, low, high)} points more", above(low, high))


def _gain(found: dict[str, Any] | None, says: str) -> Judged:
    if found is None:
        return Judged(says, _NOT_RUN, None)
    gained = _estimate(found)
    return Judged(says, f"{interval(*gained)} points less", above(*gained[1:]))


def _ratio(found: dict[str, Any] | None, says: str) -> Judged:
    if found is None:
        return Judged(says, _NOT_RUN, None)
    first, second = found["first_loss"], found["second_loss"]
    times = f"{first / second:.1f} times: " if second > 0 else ""
    left = interval(found["points"], found["low"], found["high"])
    came = f"{times}{first:.2f} against {second:.2f} points; the first − {found['times']:g} × the second {left}"
    return Judged(says, came, at_least(found["points"], found["high"], 0.0))


def _of(comparisons: list[dict[str, Any]], *wanted: str) -> dict[str, Any] | None:
    keys = ("what", "model", "first", "second")
    return next((made for made in comparisons if tuple(made[key] for key in keys) == wanted), None)


def interval(points: float, low: float, high: float, beside: float | None = None) -> str:
    """Write an estimate with its interval: to 0.01, or finer where an end would look like what it is compared with.

    Parameters
    ----------
    points, low, high : float
    beside : float, optional
        What it is compared with.
    """
    values = (points, low, high)
    digits = 2
    while digits < 6 and beside is not None and any(round(v, digits) == beside != round(v, 6) for v in values):
        digits += 1
    # no minus before a zero that is one only when rounded
    points, low, high = (round(value, digits) + 0.0 for value in values)
    return f"{points:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
