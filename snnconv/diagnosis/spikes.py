"""The stages with time: networks that are simulated, and compared with the model and with their limit T → ∞."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np

from snnconv.data.classes import decides
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.activity import Activity, batches
from snnconv.measuring.compared import Layer, Outcome, Sums, layers_of
from snnconv.measuring.layer_errors import MeasuredLayer, Total
from snnconv.measuring.propagation_error import PropagationErrors, Target, cut
from snnconv.measuring.relus import values_of
from snnconv.runtime.backends import Backend
from snnconv.runtime.in_order import in_order

Array = np.ndarray[Any, Any]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Spikes:
    """What a simulated stage made of the images.

    Attributes
    ----------
    outcome : Outcome
        Errors against the model, in the λ of the network that is diagnosed.
    by_current : ndarray (N,) int64 or None
        The classes that got the most current; None where the readout adds up current anyway. Of networks with reset by
        subtraction.
    time : mapping of str to float
        Mean |value in the limit T → ∞ − rate| by layer.
    errors : PropagationErrors
        As the paper defines them.
    """

    outcome: Outcome
    by_current: Array | None
    time: Mapping[str, float]
    errors: PropagationErrors


def spikes(
    network: SpikingNetwork,
    limit: SpikingNetwork,
    given: Iterable[Target],
    steps: int,
    *,
    backend: Backend,
    threads: int,
    progress: Progress,
    stretch: Mapping[str, float] | None = None,
) -> Spikes:
    """Simulate a stage.

    Parameters
    ----------
    network : SpikingNetwork
    limit : SpikingNetwork
        The network whose clipped ReLUs its rates are compared with.
    given : iterable of Target
    steps : int
        T.
    backend : Backend
        Of this network alone: a backend keeps one program a thread.
    threads : int
        The result does not depend on it.
    progress : callable
        Told the number of images done.
    stretch : mapping of str to float, optional
        What a rate of 1 stands for in units of the λ of `limit`, where that is not 1.
    """
    layers = layers_of(limit)
    wide = stretch or {}
    depths = {node.name: depth for depth, node in enumerate(network.neurons, 1)}
    measured = {
        node.name: MeasuredLayer(network, node, depths[node.name], steps)
        for node in network.neurons
        if node.source is not None
    }
    own, mine, whole = Sums(layers), Sums(layers), Total()
    last = network.neurons[-1].name
    decisions: list[Array] = []
    currents: list[Array] = []
    stop = Event()

    def work(piece: Target) -> tuple[dict[str, Any], dict[str, Any], dict[str, Array], Activity]:
        # one batch: a piece is not larger
        (found,) = batches(network, piece.images, steps, backend=backend, first=piece.first, stop=stop)
        values = values_of(limit, layers, piece.images, clipped=True).layers
        sums = {name: layer.sums(found, piece.activations[layer.source]) for name, layer in measured.items()}
        away = {
            layer.name: _distances(layer, found, piece, values[layer.name], wide.get(layer.name, 1.0))
            for layer in layers
        }
        highest = found.value(last).reshape(len(piece.images), -1).max(axis=1)
        agrees = (found.predictions == piece.decisions).astype(np.int64)
        return sums, away, {"highest": highest, "agrees": agrees}, found

    with closing(
        in_order(work, cut(given, backend.sizes(network)[0], {layer.source for layer in layers}), threads, stop)
    ) as results:
        for sums, away, of_all, activity in results:
            own.add(sums)
            mine.add(away)
            whole.add(of_all)
            decisions.append(activity.predictions)
            currents.append(by_current(network, activity))
            progress(whole.images)
    return Spikes(
        Outcome(np.concatenate(decisions), mine.means("model")),
        np.concatenate(currents) if network.readout.mode is ir.ReadoutMode.SPIKES else None,
        mine.means("limit"),
        _errors(network, measured, own, whole, steps),
    )


def by_current(network: SpikingNetwork, found: Activity) -> Array:
    """Give the classes that got the most current, (N,) int64.

    With reset by subtraction that is N(T) θ + V(T): neither neurons that fire at every step nor those that never do
    hide a difference, as they do in counts.
    """
    last = network.by_name[network.incoming[network.readout.name][0].source]
    if network.readout.mode is not ir.ReadoutMode.SPIKES or not isinstance(last, ir.Neuron):
        return found.predictions
    current = found.counts[last.name] * network.tensor(last.threshold, 1.0) + found.membranes[last.name]
    result: Array = current.reshape(len(current), -1).argmax(axis=1)
    return result


def _distances(layer: Layer, found: Activity, piece: Target, limit: Array, stretch: float) -> dict[str, Array]:
    """Add up over the neurons of a layer how far the rates are from the model and from the limit; (N,) each."""
    rates = found.value(layer.name).reshape(len(piece.images), -1) * stretch
    return {
        "model": np.abs(layer.wanted(piece) - rates).sum(axis=1),
        "limit": np.abs(limit.reshape(rates.shape) - rates).sum(axis=1),
    }


def _errors(
    network: SpikingNetwork, measured: Mapping[str, MeasuredLayer], own: Sums, whole: Total, steps: int
) -> PropagationErrors:
    sizes = {layer.name: layer.neurons for layer in layers_of(network)}
    neurons = sum(sizes.values())
    means = {key: own.means(key) for key in ("error", "absolute")}
    return PropagationErrors(
        steps=steps,
        images=whole.images,
        layers=tuple(layer.summary(own.total(name)) for name, layer in measured.items()),
        left_out=tuple(node.name for node in network.neurons if node.source is None),
        error=sum(means["error"][name] * size for name, size in sizes.items()) / neurons,
        absolute_error=sum(means["absolute"][name] * size for name, size in sizes.items()) / neurons,
        tau_max=whole.images / whole["highest"] if whole["highest"] else None,
        agreement=whole["agrees"] / whole.images if decides(network.readout.shape[0]) else None,
    )


def at(
    network: SpikingNetwork,
    limit: SpikingNetwork,
    images: Array,
    steps: int,
    *,
    backend: Backend,
    threads: int,
) -> tuple[float, float, float]:
    """Compare a network after some steps with the limit T → ∞.

    Parameters
    ----------
    network : SpikingNetwork
    limit : SpikingNetwork
        The network whose clipped ReLUs are the limit: reset by subtraction, constant input.
    images : ndarray (N, C, H, W) float32
    steps : int
    backend : Backend
        Of `network`.
    threads : int

    Returns
    -------
    by_current : float
        Share of images on which the class with the most current is that of the limit; of reset by subtraction.
    agreement : float
        Share of images on which the readout's class is that of the limit.
    error : float
        Mean |value in the limit − rate| over all neurons.
    """
    layers = layers_of(limit)
    sums, stop = Sums(layers), Event()
    alike: list[tuple[Array, Array]] = []
    size = backend.sizes(network)[0]

    def work(start: int) -> tuple[dict[str, dict[str, Array]], tuple[Array, Array]]:
        x = images[start : start + size]
        (found,) = batches(network, x, steps, backend=backend, first=start, stop=stop)
        wanted = values_of(limit, layers, x, clipped=True)
        away = {
            layer.name: {
                "limit": np.abs(wanted.layers[layer.name] - found.value(layer.name)).reshape(len(x), -1).sum(axis=1)
            }
            for layer in layers
        }
        return away, (by_current(network, found) == wanted.decisions, found.predictions == wanted.decisions)

    with closing(in_order(work, range(0, len(images), size), threads, stop)) as results:
        for away, same in results:
            sums.add(away)
            alike.append(same)
    current, own = (np.concatenate(column) for column in zip(*alike, strict=True))
    return float(current.mean()), float(own.mean()), Outcome(own, sums.means("limit")).error(layers)
