"""The run step by step: accuracy, agreement, spikes and SynOps, and the same by layer."""

from typing import Any

import numpy as np

from snnconv.reporting.decisions import Decisions
from snnconv.reporting.intervals import wilson
from snnconv.reporting.model import Curve, LayerCurve
from snnconv.runs.summary import RunSummary

Array = np.ndarray[Any, Any]

POINTS = 500
"""A picture shows no more of them."""


def curve(decided: Decisions) -> Curve:
    """Give the run after every step, or after `POINTS` steps spread evenly, the last one among them."""
    steps = shown(decided.spikes.shape[1])
    at = np.array(steps) - 1
    accuracy = low = high = None
    if decided.right_by_step is not None:
        hits = decided.right_by_step[at].tolist()
        accuracy = tuple(count / decided.images for count in hits)
        low, high = zip(*(wilson(count, decided.images) for count in hits), strict=True)
    return Curve(
        steps=steps,
        accuracy=accuracy,
        accuracy_low=low,
        accuracy_high=high,
        agreement=None if decided.agreed_by_step is None else _means(decided.agreed_by_step[at], decided.images),
        spikes_per_image=_means(decided.spikes.sum(axis=0).cumsum()[at], decided.images),
        synops_per_image=_means(decided.synops.sum(axis=0).cumsum()[at], decided.images),
    )


def layer_curves(summary: RunSummary, decided: Decisions, steps: list[int]) -> tuple[LayerCurve, ...]:
    """Give spikes and SynOps of each layer so far, after each of some steps.

    Parameters
    ----------
    summary : RunSummary
    decided : Decisions
        Of the same run.
    steps : list of int
        In order.

    Returns
    -------
    tuple of LayerCurve
        In the order of the summary's layers.
    """
    at = np.array(steps) - 1
    spikes, synops = decided.spikes.cumsum(axis=1)[:, at], decided.synops.cumsum(axis=1)[:, at]
    result, row = [], 0
    for layer in summary.layers:
        # the rows of spikes are the layers of neurons, in the same order
        fired: Array = np.zeros(len(at), dtype=np.int64)
        if layer.neurons:
            fired, row = spikes[row], row + 1
        made = None
        if layer.synapses is not None:
            made = _means(synops[list(layer.synapses)].sum(axis=0), decided.images)
        result.append(
            LayerCurve(name=layer.name, spikes_per_image=_means(fired, decided.images), synops_per_image=made)
        )
    return tuple(result)


def shown(steps: int) -> tuple[int, ...]:
    """Give 1 … T, or `POINTS` of them."""
    if steps <= POINTS:
        return tuple(range(1, steps + 1))
    return tuple(int(step) for step in np.unique(np.linspace(1, steps, POINTS).round().astype(np.int64)))


def _means(counts: Array, images: int) -> tuple[float, ...]:
    return tuple(count / images for count in counts.tolist())
