"""The stages without time: networks with ReLUs in the place of neurons, and their limit T → ∞.

In the limit a rate tends to the value of a ReLU that is clipped at λ, and a spike count to T times that. Classes of
equal counts are decided by the membrane, which then grows as what the neuron adds up: so the decision of the limit is
the largest of what the neurons of the readout add up.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from math import prod
from threading import Event
from typing import Any

import numpy as np

from snnconv.calibration.grid import high_edges
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.compared import Layer, Outcome, Sums, layers_of
from snnconv.measuring.propagation_error import Target, cut
from snnconv.runtime.in_order import in_order
from snnconv.runtime.memory import copy_bytes
from snnconv.runtime.nodes.max_pool import state_bytes
from snnconv.runtime.program import relu_values

Array = np.ndarray[Any, Any]

_TOGETHER = 8
_BYTES, _VALUE_BYTES = 1 << 28, 32
"""Memory for the values of the images that are computed at a time in a thread, and what a value takes."""

USED_PERCENT = 99.9
"""The percentile of the activations that says how much of λ they use: that of the paper."""


@dataclass(frozen=True)
class Relus:
    """What the stages without time made of the images.

    Attributes
    ----------
    model, repaired, plain, clipped : Outcome
        The ONNX model; with ReLUs and repaired shortcuts; with ReLUs; with ReLUs clipped at λ.
    wanted, limit : mapping of str to float
        Means by layer of clip(a/λ, 0, 1), and of the value in the limit.
    least : mapping of str to float
        Mean distance of clip(a/λ, 0, 1) from a multiple of 1/T.
    used : mapping of str to float
        The 99.9th percentile of a/λ by layer, within 0.8 % of its value.
    """

    model: Outcome
    repaired: Outcome
    plain: Outcome
    clipped: Outcome
    wanted: Mapping[str, float]
    limit: Mapping[str, float]
    least: Mapping[str, float]
    used: Mapping[str, float]


def relus(
    repaired: SpikingNetwork,
    network: SpikingNetwork,
    given: Iterable[Target],
    steps: int,
    caps: Mapping[str, float],
    threads: int,
) -> Relus:
    """Compute the stages without time.

    Parameters
    ----------
    repaired : SpikingNetwork
        With shortcuts put right; `network` itself where there is nothing to repair.
    network : SpikingNetwork
        Without compensation.
    given : iterable of Target
    steps : int
        T, for what T steps lose at least.
    caps : mapping of str to float
        The largest values of capped ReLUs.
    threads : int
        The result does not depend on it.
    """
    layers = layers_of(network)
    sums, codes = Sums(layers), {layer.name: np.zeros(1 << 16, dtype=np.int64) for layer in layers}
    decisions: dict[str, list[Array]] = {"model": [], "repaired": [], "plain": [], "clipped": []}
    stop = Event()

    def work(piece: Target) -> tuple[dict[str, dict[str, Array]], dict[str, Array], dict[str, Array]]:
        plain = values_of(network, layers, piece.images, caps=caps)
        right = plain if repaired is network else values_of(repaired, layers, piece.images, caps=caps)
        made = {"repaired": right, "plain": plain, "clipped": values_of(network, layers, piece.images, clipped=True)}
        wanted = {layer.name: layer.wanted(piece) for layer in layers}
        found = {layer.name: _sums(layer, wanted[layer.name], made, steps) for layer in layers}
        decided = {"model": piece.decisions} | {name: value.decisions for name, value in made.items()}
        return found, decided, {name: _codes(value) for name, value in wanted.items()}

    with closing(in_order(work, cut(given, _TOGETHER, {layer.source for layer in layers}), threads, stop)) as results:
        for found, decided, counted in results:
            sums.add(found)
            for name, values in decided.items():
                decisions[name].append(values)
            for name, counts in counted.items():
                codes[name] += counts
    joined = {name: np.concatenate(values) for name, values in decisions.items()}
    exact = Outcome(joined["model"], {layer.name: 0.0 for layer in layers})
    measured = {name: Outcome(joined[name], sums.means(name)) for name in ("repaired", "plain", "clipped")}
    return Relus(
        exact,
        **measured,
        wanted=sums.means("wanted"),
        limit=sums.means("limit"),
        least=sums.means("least"),
        used={name: _percentile(counts) for name, counts in codes.items()},
    )


@dataclass(frozen=True)
class Values:
    """What a network without time makes of some images.

    Attributes
    ----------
    layers : mapping of str to ndarray (N, ...) float64
        By layer of neurons.
    decisions : ndarray (N,) int64
    """

    layers: Mapping[str, Array]
    decisions: Array


def values_of(
    network: SpikingNetwork,
    layers: Iterable[Layer],
    images: Array,
    clipped: bool = False,
    caps: Mapping[str, float] | None = None,
) -> Values:
    """Compute a network with ReLUs in the place of its neurons, as many images at a time as fit."""
    names = [layer.name for layer in layers]
    size = _fitting(network)
    kept: dict[str, list[Array]] = {name: [] for name in names}
    decisions = []
    for start in range(0, len(images), size):
        outputs, summed = relu_values(network, images[start : start + size], clipped=clipped, caps=caps)
        for name in names:
            kept[name].append(outputs[name].copy())
        decisions.append(_decision(network, outputs, summed))
    return Values({name: np.concatenate(parts) for name, parts in kept.items()}, np.concatenate(decisions))


def _fitting(network: SpikingNetwork) -> int:
    """Give how many images are computed at a time, at least 1: every value of the network is held for them."""
    each = _VALUE_BYTES * sum(prod(node.shape) for node in network.nodes) + state_bytes(network) + copy_bytes(network)
    return max(1, min(_TOGETHER, _BYTES // each))


def _decision(network: SpikingNetwork, outputs: Mapping[str, Array], summed: Mapping[str, Array]) -> Array:
    """Give the classes that a network without time decides on, (N,) int64."""
    last = network.incoming[network.readout.name][0].source
    scores = summed[last] if network.readout.mode is ir.ReadoutMode.SPIKES and last in summed else outputs[last]
    result: Array = scores.reshape(len(scores), -1).argmax(axis=1)
    return result


def _sums(layer: Layer, wanted: Array, values: Mapping[str, Values], steps: int) -> dict[str, Array]:
    """Add up over the neurons of a layer; (N,) for each name."""
    flat = {name: value.layers[layer.name].reshape(wanted.shape) for name, value in values.items()}
    possible = np.clip(wanted, 0.0, 1.0)
    return {
        **{name: np.abs(wanted - value).sum(axis=1) for name, value in flat.items()},
        "wanted": possible.sum(axis=1),
        "limit": flat["clipped"].sum(axis=1),
        "least": np.abs(possible - np.rint(possible * steps) / steps).sum(axis=1),
    }


def _codes(wanted: Array) -> Array:
    """Count the values by the upper half of their float32, as a calibration does; 0 and below fall in bin 0."""
    bits = np.maximum(wanted, 0.0).astype(np.float32).reshape(-1).view(np.uint32)
    counts: Array = np.bincount(bits >> 16, minlength=1 << 16)
    return counts


def _percentile(counts: Array) -> float:
    rank = max(1, int(np.ceil(USED_PERCENT / 100 * counts.sum())))
    code = int(np.searchsorted(np.cumsum(counts), rank))
    return float(high_edges(np.array([code]))[0]) if code else 0.0
