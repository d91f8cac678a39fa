"""What the fields of a ``summary.json`` must say of each other, and what ``run.json`` says too.

A digest finds damage; this finds a summary that was put together wrongly, before anything counts with it.
"""

from collections.abc import Iterator
from math import isclose, prod
from typing import TYPE_CHECKING

from snnconv.runs.run_record import RunRequest
from snnconv.runs.summary_parts import reported_steps

if TYPE_CHECKING:
    from snnconv.runs.summary import RunSummary

_SAME = 1e-9  # both are few operations on the same whole numbers; JSON keeps floats exactly


def contradictions(summary: "RunSummary", request: RunRequest) -> Iterator[str]:
    """Say what does not fit, one sentence each, without its full stop.

    Parameters
    ----------
    summary : RunSummary
    request : RunRequest
        Of the same run.
    """
    for name, said, asked in (
        ("network", summary.network, request.network),
        ("data", summary.data, request.data),
        ("steps", summary.steps, request.steps),
        ("planned_images", summary.planned_images, request.images),
        ("encoding", summary.encoding, request.encoding),
        ("seed", summary.seed, request.seed),
    ):
        if said != asked:
            yield f"its {name} is not that of run.json"
    if summary.images > summary.planned_images or summary.complete != (summary.images == summary.planned_images):
        yield f"complete is {summary.complete} with {summary.images} of {summary.planned_images} images"
    yield from _tables(summary)
    if not summary.images:
        if summary.layers or summary.connections or any(table is not None for table in _shares(summary)):
            yield "it has results without images"
        return
    yield from _layers(summary)
    yield from _connections(summary)
    yield from _pools(summary)


def _shares(summary: "RunSummary") -> tuple[object, ...]:
    return summary.accuracy, summary.agreement, summary.top5, summary.reference_accuracy


def _tables(summary: "RunSummary") -> Iterator[str]:
    """All tables have the steps 1, 2, 4 … and the last; before the first image the counts are empty."""
    keys = {str(step) for step in reported_steps(summary.steps)} if summary.images else set()
    tables = (
        *(summary.spikes_per_image, summary.synops_per_image),
        *(table for table in (summary.accuracy, summary.agreement, summary.top5) if table is not None),
    )
    if any(set(table) != keys for table in tables):
        yield f"its tables must all have the steps 1, 2, 4 … and {summary.steps}"


def _layers(summary: "RunSummary") -> Iterator[str]:
    names = [layer.name for layer in summary.layers]
    if len(set(names)) != len(names):
        yield "two layers have one name"
    for layer in summary.layers:
        if layer.neurons and layer.shape is not None and prod(layer.shape) != layer.neurons:
            yield f"the layer {layer.name} has {layer.neurons} neurons in the shape {layer.shape}"
        rate = layer.spikes_per_image / (layer.neurons * summary.steps) if layer.neurons else None
        if (rate is None) != (layer.mean_rate is None) or not _same(rate or 0.0, layer.mean_rate or 0.0):
            yield f"the mean rate of the layer {layer.name} is not that of its spikes"


def _connections(summary: "RunSummary") -> Iterator[str]:
    """Nodes and layers name each other."""
    if summary.connections is None:
        return
    names = {layer.name for layer in summary.layers}
    firing = {layer.name for layer in summary.layers if layer.neurons}
    for connection in summary.connections:
        if not set(connection.reads) <= firing or not {connection.feeds} <= names | {None}:
            yield f"the node {connection.name} reads or feeds a layer that is not listed"
    for layer in summary.layers:
        if layer.synapses is None:
            continue
        fed = [row for row, connection in enumerate(summary.connections) if connection.feeds == layer.name]
        if list(layer.synapses) != fed:
            yield f"the layer {layer.name} has synapses {list(layer.synapses)}, the nodes say {fed}"


def _pools(summary: "RunSummary") -> Iterator[str]:
    if summary.facts is None:
        return
    firing = {layer.name for layer in summary.layers if layer.neurons}
    for pool in summary.facts.pools:
        if not set(pool.adds_per_spike or ()) <= firing:
            yield f"the pool {pool.name} adds spikes of a layer that is not listed"
    if summary.facts.zero_weights > summary.facts.connection_weights:
        yield "more weights are zero than there are"


def _same(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)
