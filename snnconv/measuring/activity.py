"""What each neuron did in a simulation: how often it fired, and what is left on its membrane.

A recording has sums over layers; here every neuron is kept, batch by batch.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import numpy as np

from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import Backend
from snnconv.runtime.in_order import in_order
from snnconv.runtime.watch import neurons

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Activity:
    """What the neurons did over T steps of some consecutive images.

    Attributes
    ----------
    first : int
        The position of the first image.
    counts : dict of str to ndarray (N, C, H, W) int32
        N_i(T), the spikes of each neuron, by the name of its layer; channels first, as many axes as the layer has.
    sums : dict of str to ndarray (N, C, H, W)
        Σ w_t s_t of each neuron: what its spikes add up to in the code of its layer; where all weights are 1 and no
        spike is negative, `counts` itself.
    spans : dict of str to float
        Σ w_t of each layer's code.
    membranes : dict of str to ndarray (N, C, H, W) float64
        V_i(T), after the reset of the last step, in the unit of the layer's threshold.
    scores : ndarray (N, classes) float64
        What the readout had accumulated after the last step.
    predictions : ndarray (N,) int64
        The class decided on after the last step; see `Recording.ranking`.
    """

    first: int
    counts: dict[str, Array]
    sums: dict[str, Array]
    spans: dict[str, float]
    membranes: dict[str, Array]
    scores: Array
    predictions: Array

    def value(self, name: str) -> Array:
        """Give what the trains of a layer stand for, (N, C, H, W) float64: with unit rate coding N(T)/T."""
        found: Array = self.sums[name] / self.spans[name]
        return found


def activity(
    network: SpikingNetwork, images: Array, steps: int, *, backend: Backend, threads: int = 1, first: int = 0
) -> Generator[Activity, None, None]:
    """Simulate images and give what each neuron did, batch by batch and in order.

    Parameters
    ----------
    network : SpikingNetwork
    images : ndarray (N, C, H, W) float32
        Preprocessed images.
    steps : int
        T, at least 1.
    backend : Backend
        Cuts the images into batches; the result does not depend on them.
    threads : int
        How many batches are worked on at a time.
    first : int
        The position of the first image in the data set; what is drawn depends on it.

    Yields
    ------
    Activity
        Of one batch. Memory grows neither with `steps` nor with the number of images.
    """
    if threads == 1:
        yield from batches(network, images, steps, backend=backend, first=first)
        return
    size = backend.sizes(network)[0]
    stop = Event()

    def work(start: int) -> list[Activity]:
        piece = images[start : start + size]
        return list(batches(network, piece, steps, backend=backend, first=first + start, stop=stop))

    for found in in_order(work, range(0, len(images), size), threads, stop):
        yield from found


def batches(
    network: SpikingNetwork, images: Array, steps: int, *, backend: Backend, first: int = 0, stop: Event | None = None
) -> Generator[Activity, None, None]:
    """Do the same in this thread.

    Raises
    ------
    Stopped
        Soon after `stop` is set.
    """
    codes = {node.name: node.rule.CODE for node in network.neurons}
    weighed = {name: code.weights(steps) for name, code in codes.items() if code.signed or not code.uniform(steps)}
    counts: dict[str, Array] = {}
    sums: dict[str, Array] = {}
    watch = replace(neurons(network), values=frozenset(weighed))
    for chunk in backend.run(network, images, steps, first=first, stop=stop, watch=watch):
        for name in codes:
            _add(counts, name, chunk.seen.spike_counts(name).astype(np.int32, copy=False), chunk.first_step)
        for name, weights in weighed.items():
            # a spike's sign, whatever it carries
            signs = np.sign(chunk.seen.value(name))
            during = weights[chunk.first_step : chunk.first_step + len(signs)]
            _add(sums, name, np.einsum("k,k...->...", during, signs.astype(np.float64)), chunk.first_step)
        if chunk.first_step + len(chunk.recording.scores) < steps:
            continue
        yield Activity(
            first=first + chunk.first_image,
            counts=(first_channels := {name: np.moveaxis(count, -1, 1) for name, count in counts.items()}),
            sums=first_channels | {name: np.moveaxis(total, -1, 1) for name, total in sums.items()},
            spans={name: code.span(steps) for name, code in codes.items()},
            membranes={name: np.moveaxis(chunk.seen.membrane(name), -1, 1) for name in codes},
            scores=chunk.recording.scores[-1],
            predictions=chunk.recording.ranking()[-1, :, 0],
        )


def _add(totals: dict[str, Array], name: str, found: Array, first_step: int) -> None:
    totals[name] = found if first_step == 0 else totals[name] + found
