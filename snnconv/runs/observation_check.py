"""What the fields of an ``observation.json`` must say of each other, and what the run's summary says too."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from snnconv.runs.summary import RunSummary

if TYPE_CHECKING:
    from snnconv.runs.observation import Observation, ObservedLayer

_CHANNELS = (1, 3)


def contradictions(seen: "Observation", summary: RunSummary) -> Iterator[str]:
    """Say what does not fit, one sentence each, without its full stop.

    Parameters
    ----------
    seen : Observation
    summary : RunSummary
        Of the same run.
    """
    for name, said, expected in (
        ("network_sha256", seen.network_sha256, summary.network.sha256),
        ("steps", seen.steps, summary.steps),
        ("encoding", seen.encoding, summary.encoding),
        ("seed", seen.seed, summary.seed),
    ):
        if said != expected:
            yield f"its {name} is not that of the run"
    yield from _images(seen, summary)
    shapes = {layer.name: layer.shape for layer in seen.layers}
    fired = [(layer.name, layer.neurons) for layer in summary.layers if layer.neurons]
    if summary.images and [(layer.name, prod(layer.shape)) for layer in seen.layers] != fired:
        yield "its layers are not those of the run"
    for depth, layer in enumerate(seen.layers, start=1):
        yield from _layer(layer, depth, len(seen.images))
    yield from _raster(seen, shapes)
    yield from _maps(seen, shapes)


def _images(seen: "Observation", summary: RunSummary) -> Iterator[str]:
    if not 1 <= len(seen.images) <= summary.planned_images:
        yield f"it has {len(seen.images)} images, the run {summary.planned_images}"
    for place, image in enumerate(seen.images):
        if image.position != place:
            yield f"image {place} has the position {image.position}"
        if max(image.decision or 0, image.label or 0, image.model_decision or 0) >= summary.classes:
            yield f"image {place} has a class beyond the {summary.classes} of the run"
        if image.picture is not None and not _is_picture(image.picture):
            yield f"the picture of image {place} is no (H, W, 3) or (H, W, 1)"


def _is_picture(picture: Sequence[Sequence[Sequence[int]]]) -> bool:
    return _is_even(picture) and {len(pixel) for row in picture for pixel in row} in [{count} for count in _CHANNELS]


def _is_even(rows: Sequence[Sequence[Any]]) -> bool:
    """Say whether all rows are of one length, at least 1."""
    lengths = {len(row) for row in rows}
    return len(lengths) == 1 and 0 not in lengths


def _layer(layer: "ObservedLayer", depth: int, images: int) -> Iterator[str]:
    neurons = prod(layer.shape)
    if layer.depth != depth:
        yield f"the layer {layer.name} has the depth {layer.depth}, expected {depth}"
    if sum(layer.rates) != neurons * images or layer.never_fired > layer.rates[0]:
        yield f"the rates of the layer {layer.name} are not those of {neurons} neurons in {images} images"
    if (layer.errors is None) != (layer.density is None):
        yield f"the layer {layer.name} has errors without density, or density without errors"
    if layer.errors is not None and (layer.errors.name, layer.errors.depth, layer.errors.neurons) != (
        *(layer.name, depth, neurons),
    ):
        yield f"the errors of the layer {layer.name} are those of another layer"
    if layer.density is not None and sum(count for _, _, count in layer.density) != neurons * images:
        yield f"the density of the layer {layer.name} is not that of {neurons} neurons in {images} images"


def _raster(seen: "Observation", shapes: dict[str, tuple[int, ...]]) -> Iterator[str]:
    if seen.raster.image >= len(seen.images):
        yield f"its raster is of image {seen.raster.image}, it has {len(seen.images)}"
    for row in seen.raster.rows:
        if not _lies_in(row.neuron, shapes.get(row.layer, ())):
            yield f"its raster has the neuron {row.neuron} of {row.layer}, which is not there"
        if any(one >= other for one, other in pairwise(row.steps)) or (row.steps and row.steps[-1] > seen.steps):
            yield f"the spikes of {row.layer} in its raster are not in steps 1 to {seen.steps}, ascending"


def _lies_in(place: Sequence[int], shape: Sequence[int]) -> bool:
    return len(place) == len(shape) and all(index < size for index, size in zip(place, shape, strict=True))


def _maps(seen: "Observation", shapes: dict[str, tuple[int, ...]]) -> Iterator[str]:
    for one in seen.maps:
        if one.image >= len(seen.images) or one.channel >= shapes.get(one.layer, (0,))[0]:
            yield f"it has a map of image {one.image}, channel {one.channel} of {one.layer}, which is not there"
        sizes = [[len(row) for row in rows] for rows in (one.rate, one.activation or one.rate)]
        if not _is_even(one.rate) or sizes[0] != sizes[1]:
            yield f"the maps of {one.layer} have rows of different lengths"
