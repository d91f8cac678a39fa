"""What each neuron did in a simulation: how often it fired, and what is left on its membrane.

A recording has sums over layers; here every neuron is kept, batch by batch.
"""

from collections.abc import Generator
from dataclasses import dataclass
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
    membranes : dict of str to ndarray (N, C, H, W) float64
        V_i(T), after the reset of the last step, in the unit of the layer's threshold.
    scores : ndarray (N, classes) float64
        What the readout had accumulated after the last step.
    predictions : ndarray (N,) int64
        The class decided on after the last step; see `Recording.ranking`.
    """

    first: int
    counts: dict[str, Array]
    membranes: dict[str, Array]
    scores: Array
    predictions: Array


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
    names = [node.name for node in network.neurons]
    counts: dict[str, Array] = {}
    for chunk in backend.run(network, images, steps, first=first, stop=stop, watch=neurons(network)):
        for name in names:
            found = chunk.seen.spike_counts(name).astype(np.int32, copy=False)
            counts[name] = found if chunk.first_step == 0 else counts[name] + found
        if chunk.first_step + len(chunk.recording.scores) < steps:
            continue
        yield Activity(
            first=first + chunk.first_image,
            counts={name: np.moveaxis(count, -1, 1) for name, count in counts.items()},
            membranes={name: np.moveaxis(chunk.seen.membrane(name), -1, 1) for name in names},
            scores=chunk.recording.scores[-1],
            predictions=chunk.recording.ranking()[-1, :, 0],
        )
