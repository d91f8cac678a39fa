"""Other numbers of steps, tried on a few images: what is recommended was run."""

from typing import Any

import numpy as np

from snnconv.data.classes import decides
from snnconv.diagnosis.case import Trial
from snnconv.diagnosis.given import Given
from snnconv.diagnosis.model import Growing
from snnconv.diagnosis.spikes import at
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import choose

Array = np.ndarray[Any, Any]

_IMAGES, _MOST_TIMES = 16, 8
"""Images and multiples of T that are tried, at most."""


def tried(given: Given, plain: SpikingNetwork) -> tuple[tuple[Growing, ...], Trial]:
    """Try more steps, and run the network as it is for the number that does best.

    Factors and V(0) suit the T that they were chosen for: more steps may make the network as it is worse, while they
    make it better without these.

    Parameters
    ----------
    given : Given
    plain : SpikingNetwork
        The network with nothing but T steps.
    """
    growing, own = grown(given, plain, _MOST_TIMES * given.steps)
    later = [index for index, found in enumerate(growing) if found.steps > given.steps]
    best = max(later, key=lambda index: (growing[index].kept, -growing[index].steps))
    steps, network = growing[best].steps, given.network
    x = _images(given)
    as_it_is = own[best]
    if network is not plain:
        backend = choose(given.backend, network, seed=given.seed)
        given.progress(f"as it is, T = {steps}", 0, len(x))
        _, as_it_is, _ = at(network, plain, x, steps, backend=backend, threads=given.threads)
        given.progress(f"as it is, T = {steps}", len(x), len(x))
    return growing, Trial(steps=steps, images=len(x), as_it_is=as_it_is, plain=own[best])


def grown(given: Given, plain: SpikingNetwork, most: int) -> tuple[tuple[Growing, ...], tuple[float, ...]]:
    """Try T/2, T, 2T … until the network decides as its limit T → ∞, `most` at most.

    Parameters
    ----------
    given : Given
    plain : SpikingNetwork
        The network with nothing but T steps.
    most : int

    Returns
    -------
    growing : tuple of Growing
        Its agreement compares the classes by the current that reached them.
    own : tuple of float
        The agreement by the network's own readout.
    """
    x = _images(given)
    backend = choose(given.backend, plain, seed=given.seed)
    found: list[Growing] = []
    own: list[float] = []
    steps = max(1, given.steps // 2)
    while steps <= most:
        given.progress(f"T = {steps}", 0, len(x))
        by_current, agreement, error = at(plain, plain, x, steps, backend=backend, threads=given.threads)
        given.progress(f"T = {steps}", len(x), len(x))
        kept = by_current if decides(given.network.readout.shape[0]) else None
        found.append(Growing(steps=steps, images=len(x), agreement=kept, error=error))
        own.append(agreement)
        if steps > given.steps and kept == 1.0:
            break
        steps = given.steps if steps < given.steps else 2 * steps
    return tuple(found), tuple(own)


def _images(given: Given) -> Array:
    images: list[Array] = []
    for target in given.targets():
        images.append(target.images)
        if sum(map(len, images)) >= _IMAGES:
            break
    return np.concatenate(images)[:_IMAGES]
