"""The split of a loss: what each imperfection between the ONNX model and the network costs."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from snnconv.data.classes import decides
from snnconv.diagnosis.model import Part, PartName, Stage
from snnconv.measuring.compared import Layer, Outcome

Array = np.ndarray[Any, Any]

Ladder = Sequence[tuple[PartName | None, Outcome]]
"""From the ONNX model on: what was put in last, and what came of it."""


def stages(ladder: Ladder, labels: Array | None, layers: Sequence[Layer], classes: int) -> tuple[Stage, ...]:
    """Give agreement, accuracy and error of each stage.

    Parameters
    ----------
    ladder : sequence of (PartName or None, Outcome)
    labels : ndarray (N,) int64 or None
    layers : sequence of Layer
    classes : int
        Without any there is no agreement.
    """
    model = ladder[0][1].decisions
    return tuple(
        Stage(
            last=last,
            agreement=float((outcome.decisions == model).mean()) if decides(classes) else None,
            accuracy=None if labels is None else float((outcome.decisions == labels).mean()),
            error=outcome.error(layers),
        )
        for last, outcome in ladder
    )


def parts(made: Sequence[Stage]) -> tuple[Part, ...]:
    """Give what each stage loses against the one before it: the sums are the whole loss, exactly up to rounding."""
    found = []
    for before, after in pairwise(made):
        if after.last is None:
            raise ValueError("only the first stage is the model")
        accuracy = lost = None
        if before.agreement is not None and after.agreement is not None:
            lost = before.agreement - after.agreement
        if before.accuracy is not None and after.accuracy is not None:
            accuracy = before.accuracy - after.accuracy
        found.append(
            Part(
                name=after.last,
                lost=lost,
                accuracy_lost=accuracy,
                error=after.error - before.error,
            )
        )
    return tuple(found)


def increments(ladder: Ladder) -> Mapping[PartName, Mapping[str, float]]:
    """Give what each part adds to the mean |a/λ − value| of each layer."""
    found: dict[PartName, Mapping[str, float]] = {}
    for (_, before), (last, after) in pairwise(ladder):
        if last is not None:
            found[last] = {name: error - before.errors[name] for name, error in after.errors.items()}
    return found
