"""What was asked, and whether it is met: by the estimate and its 95 % interval."""

from dataclasses import dataclass
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


def above(points: float, high: float, limit: float) -> Verdict:
    """Judge a number that should be above `limit`; `high` is the better end of its interval."""
    if points > limit:
        return "met"
    return "missed" if high <= limit else "not resolved"


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
    ("resnet20", "layerwise", "ResNet-20, a factor for each layer", 0.2),
    ("resnet56", "search", "ResNet-56, one factor searched (the default)", 0.7),
    ("resnet56", "layerwise", "ResNet-56, a factor for each layer", 0.7),
)
_GAINS = (
    ("resnet56", "search", "ResNet-56, one factor searched: loses less than without"),
    ("resnet56", "layerwise", "ResNet-56, a factor for each layer: loses less than without"),
)
_RATIOS = (
    ("resnet20", "ResNet-20: without shortcut normalisation at least 3 times the loss"),
    ("resnet56", "ResNet-56: without shortcut normalisation at least 3 times the loss"),
)
_NOT_RUN = "not run"


def judged(content: dict[str, Any]) -> list[Judged]:
    """Judge what was asked of the losses by the results that are there.

    Parameters
    ----------
    content : dict
        ``results.json``.
    """
    records = content["groups"].get("losses", {})
    comparisons = content["comparisons"].get("losses", [])
    rows = [_limit(records.get(f"{model}-{kind}"), says, limit) for model, kind, says, limit in _LIMITS]
    rows += [_gain(_of(comparisons, "gain", model, kind, "none"), says) for model, kind, says in _GAINS]
    return rows + [_ratio(_of(comparisons, "ratio", model, "unnorm", "none"), says) for model, says in _RATIOS]


def _limit(record: dict[str, Any] | None, says: str, limit: float) -> Judged:
    asked = f"{says}: loss at most {limit:g} points"
    if record is None or not record["runs"]:
        return Judged(asked, _NOT_RUN, None)
    row = record["runs"][0]["by_step"][-1]
    points, low, high = (row[f"loss_points{end}"] for end in ("", "_low", "_high"))
    return Judged(asked, interval(points, low, high), at_most(points, low, limit))


def _gain(found: dict[str, Any] | None, says: str) -> Judged:
    if found is None:
        return Judged(says, _NOT_RUN, None)
    points, low, high = found["points"], found["low"], found["high"]
    return Judged(says, f"{interval(points, low, high)} points less", above(points, high, 0.0))


def _ratio(found: dict[str, Any] | None, says: str) -> Judged:
    if found is None:
        return Judged(says, _NOT_RUN, None)
    first, second = found["first_loss"], found["second_loss"]
    times = f"{first / second:.1f} times: " if second > 0 else ""
    came = f"{times}{first:.2f} against {second:.2f} points"
    return Judged(says, came, at_least(found["points"], found["high"], 0.0))


def _of(comparisons: list[dict[str, Any]], *wanted: str) -> dict[str, Any] | None:
    keys = ("what", "model", "first", "second")
    return next((made for made in comparisons if tuple(made[key] for key in keys) == wanted), None)


def interval(points: float, low: float, high: float) -> str:
    """Write an estimate with its interval."""
    # no minus before a zero that is one only when rounded
    points, low, high = (round(value, 2) + 0.0 for value in (points, low, high))
    return f"{points:.2f} [{low:.2f}, {high:.2f}]"
