"""Observes single neurons on a few images: rates, errors, spikes of one image, feature maps.

All numbers over images are sums of whole numbers or are added up image by image, so that nothing depends on batches,
threads and backends. Memory grows neither with T nor with layers × images.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from math import prod
from threading import Event
from typing import Any

import numpy as np

from snnconv.account.neurobench import NeuroBench
from snnconv.errors import DataError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.activity import Activity, batches
from snnconv.measuring.layer_errors import MeasuredLayer, Total, carries_one
from snnconv.measuring.neurobench import Counted
from snnconv.measuring.observing.pictures import map_layers, most_active, raster_neurons, rows, shrunk
from snnconv.measuring.observing.rates import Rates, rates, triples
from snnconv.measuring.observing.step_by_step import Place, step_by_step
from snnconv.measuring.propagation_error import Target, cut, growth_of
from snnconv.runs.observation import (
    MAP_IMAGES,
    MAP_LAYERS,
    MAP_SIDE,
    RASTER_STEPS,
    ErrorGrowth,
    FeatureMap,
    LayerErrors,
    ObservedLayer,
    Raster,
    RasterRow,
)
from snnconv.runtime.backends import Backend
from snnconv.runtime.in_order import in_order

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Observed:
    """What an `Observation` says of neurons.

    Attributes
    ----------
    decisions : ndarray (N,) int64
        The class decided on after the last step.
    layers, growth, raster, maps, neurobench
        As in `Observation`.
    """

    decisions: Array
    layers: tuple[ObservedLayer, ...]
    growth: ErrorGrowth | None
    raster: Raster
    neurobench: NeuroBench
    maps: tuple[FeatureMap, ...]


@dataclass(frozen=True)
class _Seen:
    """What a batch gave: `rates` of all layers, `sums` of those that are compared; of the first image also `chosen`."""

    decisions: Array
    rates: dict[str, Rates]
    sums: dict[str, dict[str, Array]]
    maps: list[FeatureMap]
    chosen: dict[str, tuple[Place, ...]]
    first_image: Array | None


def observe(
    network: SpikingNetwork,
    given: Iterable[Target],
    steps: int,
    *,
    backend: Backend,
    single: Backend,
    with_model: bool,
    threads: int = 1,
    together: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Observed:
    """Simulate the first images of a data set and keep what single neurons do.

    Parameters
    ----------
    network : SpikingNetwork
    given : iterable of Target
        The images from position 0 on and, `with_model`, the activations of the layers' sources.
    steps : int
        T.
    backend : Backend
    single : Backend
        The same with batch and chunk 1: the first image is simulated once more, step by step.
    with_model : bool
        Whether rates are compared with activations.
    threads : int
        How many batches are simulated at a time.
    together : int, optional
        Images in a batch at most; None leaves it to the backend.
    progress : callable
        Told the number of images done; the first one counts again when its steps are done.

    Raises
    ------
    DataError
        If there are no images.
    ModelError
        If an activation is not finite.
    """
    watch = _Watch(network, steps, backend, with_model)
    size = backend.sizes(network)[0] if together is None else min(backend.sizes(network)[0], together)
    pieces = cut(given, size, {layer.source for layer in watch.measured.values()})
    totals = {name: Total() for name in watch.measured}
    summed: dict[str, Rates] = {}
    decisions: list[Array] = []
    maps: list[FeatureMap] = []
    chosen: dict[str, tuple[Place, ...]] = {}
    image: Array | None = None
    done = 0
    with closing(in_order(watch, pieces, threads, watch.stop)) as results:
        for seen in results:
            for name, each in seen.rates.items():
                summed[name] = summed[name] + each if name in summed else each
            for name, total in totals.items():
                total.add(seen.sums[name])
            maps += seen.maps
            decisions.append(seen.decisions)
            if seen.first_image is not None:
                image, chosen = seen.first_image, seen.chosen
            done += len(seen.decisions)
            progress(done)
    if image is None:
        raise DataError("no images were given to observe; give at least 1")
    raster, counted = _first_image(network, image, steps, chosen, single)
    updates = counted.updates or {}
    progress(done + 1)
    errors = {name: layer.summary(totals[name]) for name, layer in watch.measured.items()}
    fitted = growth_of(list(errors.values()))
    return Observed(
        decisions=np.concatenate(decisions),
        layers=tuple(
            _layer(node, depth, done, steps, summed[node.name], updates.get(node.name), errors.get(node.name))
            for depth, node in enumerate(network.neurons, 1)
        ),
        growth=None if fitted is None else ErrorGrowth(**asdict(fitted)),
        raster=raster,
        maps=tuple(maps),
        neurobench=counted.result(1, steps),
    )


class _Watch:
    """Simulates a batch and looks at its neurons; called from several threads."""

    def __init__(self, network: SpikingNetwork, steps: int, backend: Backend, with_model: bool) -> None:
        self._network, self._steps, self._backend = network, steps, backend
        self.measured = {
            node.name: MeasuredLayer(network, node, depth, steps)
            for depth, node in enumerate(network.neurons, 1)
            if with_model and node.source is not None and carries_one(network, node)
        }
        self._mapped = map_layers(network.neurons, MAP_LAYERS)
        self.stop = Event()

    def __call__(self, piece: Target) -> _Seen:
        # one batch: a piece is not larger
        (found,) = batches(
            self._network, piece.images, self._steps, backend=self._backend, first=piece.first, stop=self.stop
        )
        begins = piece.first == 0
        made: dict[str, Rates] = {}
        sums: dict[str, dict[str, Array]] = {}
        for name, counts in found.counts.items():
            layer = self.measured.get(name)
            if layer is None:
                made[name] = rates(counts, found.sums[name], found.spans[name])
                continue
            activations = piece.activations[layer.source]
            made[name] = rates(counts, found.sums[name], found.spans[name], layer.wanted(activations))
            sums[name] = layer.sums(found, activations)
        chosen = {name: raster_neurons(counts[0]) for name, counts in found.counts.items()} if begins else {}
        shown = range(max(0, min(MAP_IMAGES - piece.first, len(piece.images))))
        maps = [self._map(name, piece, found, index) for index in shown for name in self._mapped]
        return _Seen(found.predictions, made, sums, maps, chosen, piece.images[:1] if begins else None)

    def _map(self, name: str, piece: Target, found: Activity, index: int) -> FeatureMap:
        """Give the most active channel of a layer in an image of the batch."""
        rate = found.value(name)[index]
        layer = self.measured.get(name)
        wanted = None
        if layer is None:
            channel = most_active(rate)
        else:
            activations = piece.activations[layer.source][index : index + 1]
            # by a, not a/λ: networks of the same model then show the same channel
            channel = most_active(activations.reshape(rate.shape))
            wanted = rows(shrunk(layer.wanted(activations)[0, channel], MAP_SIDE))
        shown = rows(shrunk(rate[channel], MAP_SIDE))
        return FeatureMap(image=piece.first + index, layer=name, channel=channel, rate=shown, activation=wanted)


def _first_image(
    network: SpikingNetwork, image: Array, steps: int, chosen: dict[str, tuple[Place, ...]], single: Backend
) -> tuple[Raster, Counted]:
    """Give the spikes of the chosen neurons, and what NeuroBench counts."""
    fired, counted = step_by_step(network, image, steps, chosen, backend=single, shown=RASTER_STEPS)
    found = [
        RasterRow(layer=name, neuron=place, steps=tuple(fired[name, place]))
        for name, places in chosen.items()
        for place in places
    ]
    return Raster(image=0, rows=tuple(found)), counted


def _layer(
    node: ir.Neuron, depth: int, images: int, steps: int, found: Rates, updates: int | None, errors: LayerErrors | None
) -> ObservedLayer:
    neurons = prod(node.shape)
    return ObservedLayer(
        depth=depth,
        name=node.name,
        shape=node.shape,
        mean_rate=found.spikes / (neurons * images * steps),
        highest_rate=found.highest / steps,
        silent_neurons=int((~found.fired).sum()) / neurons,
        rates=tuple(found.histogram.tolist()),
        never_fired=found.never,
        membrane_updates=updates,
        errors=errors,
        density=None if found.density is None else triples(found.density),
    )
