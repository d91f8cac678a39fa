"""One image, one step at a time: when single neurons fire, and how often membranes change."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from snnconv.ir.network import SpikingNetwork
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
) -> tuple[dict[tuple[str, Place], list[int]], dict[str, int]]:
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
    tuple of dict
        The steps, from 1, in which each chosen neuron fired; and for each layer how often a membrane after a step
        differed from the one before, where at the first step all count as changed.
    """
    # (C, H, W) -> (H, W, C), as spikes lie in a program
    places = {name: [(place, (*place[1:], place[0])) for place in each] for name, each in chosen.items()}
    fired: dict[tuple[str, Place], list[int]] = {(name, place): [] for name, each in chosen.items() for place in each}
    updates: dict[str, int] = {}
    before: dict[str, Array] = {}
    with threadpool_limits(1, user_api="blas"):
        for chunk, program in backend.programs(network, image, steps, None, first):
            step = chunk.first_step + 1
            for node in network.neurons:
                after = program.membrane(node.name)
                changed = after.size if step == 1 else np.count_nonzero(after != before[node.name])
                updates[node.name] = updates.get(node.name, 0) + int(changed)
                before[node.name] = after
                if step > shown or not places.get(node.name):
                    continue
                spikes = program.spike_counts(node.name)[0]
                for place, inside in places[node.name]:
                    if spikes[inside]:
                        fired[node.name, place].append(step)
            progress(step)
    return fired, updates
