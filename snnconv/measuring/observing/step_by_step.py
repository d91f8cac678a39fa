"""One image, one step at a time: when single neurons fire, and what NeuroBench counts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.neurobench import Counted
from snnconv.runtime.backends import Backend

Array = np.ndarray[Any, Any]
Place = tuple[int, ...]


def step_by_step(
    network: SpikingNetwork,
    image: Array,
    steps: int,
    chosen: Mapping[str, tuple[Place, ...]],
    *,
    backend: Backend,
    shown: int,
    first: int = 0,
    progress: Callable[[int], None] = lambda step: None,
) -> tuple[dict[tuple[str, Place], list[int]], Counted]:
    """Simulate an image and look at its neurons after each step.

    Parameters
    ----------
    network : SpikingNetwork
    image : ndarray (1, C, H, W) float32
        Preprocessed.
    steps : int
        T.
    chosen : mapping of str to tuple of tuple of int
        Places of neurons, channels first, by layer.
    backend : Backend
        Runs one image and one step at a time.
    shown : int
        Spikes are kept up to this step.
    first : int
        The position of the image in the data set.
    progress : callable
        Told each step that is done.

    Returns
    -------
    fired : dict
        The steps, from 1, in which each chosen neuron fired.
    counted : Counted
        NeuroBench's counts, those of membranes by layer too.
    """
    # (C, H, W) -> (H, W, C), as spikes lie in a program
    places = {name: [(place, (*place[1:], place[0])) for place in each] for name, each in chosen.items()}
    fired: dict[tuple[str, Place], list[int]] = {(name, place): [] for name, each in chosen.items() for place in each}
    counted = Counted.of(network)
    watch = replace(counted.watch, spikes=counted.watch.spikes | places.keys())
    with threadpool_limits(1, user_api="blas"):
        for chunk in backend.run(network, image, steps, first=first, watch=watch):
            step = chunk.first_step + 1
            counted.add(chunk)
            for name, each in places.items() if step <= shown else ():
                spikes = chunk.seen.spike_counts(name)[0] if each else None
                for place, inside in each:
                    if spikes is not None and spikes[inside]:
                        fired[name, place].append(step)
            progress(step)
    return fired, counted
