"""What a layer of neurons adds up in each step, without the layer itself: the network is run up to its synapses.

The sums are those of the whole network, but for one case: weights with few inputs whose currents meet wide ones only
behind the layer are summed in float32 here, and may be off by the last bit. Methods compare candidates with this; a
simulation never uses it.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import Backend
from snnconv.runtime.in_order import in_order
from snnconv.runtime.watch import Watch

Array = np.ndarray[Any, Any]

_PIECE = 16
"""Images that one thread takes at a time."""

_PROBE = "~input"
"""Names of models never begin like this."""


def layer_input(
    network: SpikingNetwork,
    layer: str,
    images: Array,
    steps: int,
    *,
    backend: Backend,
    first: int = 0,
    stop: Event | None = None,
) -> Iterator[tuple[int, int, Array]]:
    """Run a network up to a layer and give the summed input of its neurons.

    Parameters
    ----------
    network : SpikingNetwork
    layer : str
        A layer of neurons.
    images : ndarray (N, C, H, W) float32
        Preprocessed images.
    steps : int
        T.
    backend : Backend
    first : int
        Position of the first image in the data set: Poisson input depends on it.
    stop : Event, optional
        Set it to end the run soon, with `Stopped`.

    Yields
    ------
    first_image, first_step : int
        Of the chunk that follows, counted within `images` and from step 0. All steps of some images come in order.
    current : ndarray (K, N, ...) float32 or float64
        Channels last, in the unit of the threshold's tensor. It is overwritten by the next chunk.
    """
    cut = up_to(network, layer)
    watch = Watch(values=frozenset({_PROBE}))
    for chunk in backend.run(cut, images, steps, first=first, stop=stop, watch=watch):
        current = chunk.seen.value(_PROBE)
        # what is constant comes as one step
        count = len(chunk.recording.scores)
        yield chunk.first_image, chunk.first_step, np.broadcast_to(current[:count], (count, *current.shape[1:]))


def largest_input(
    network: SpikingNetwork,
    layer: str,
    images: Array,
    steps: int,
    *,
    backend: Backend,
    threads: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> float:
    """Give the largest input of a layer in a single step, over its neurons, the images and the steps.

    Parameters
    ----------
    network, layer, images, steps, backend
        As for `layer_input`.
    threads : int
        How many pieces of images are worked on at a time.
    progress : callable
        Told the number of images done.

    Returns
    -------
    float
        In the unit of the threshold's tensor.
    """
    stop = Event()

    def work(first: int) -> float:
        piece = images[first : first + _PIECE]
        chunks = layer_input(network, layer, piece, steps, backend=backend, first=first, stop=stop)
        return max(float(current.max()) for _, _, current in chunks)

    largest = -np.inf
    firsts = range(0, len(images), _PIECE)
    for first, found in zip(firsts, in_order(work, firsts, threads, stop), strict=True):
        largest = max(largest, found)
        progress(min(first + _PIECE, len(images)))
    return float(largest)


def up_to(network: SpikingNetwork, layer: str) -> SpikingNetwork:
    """Give the part of a network that feeds a layer of neurons, its currents added up and read out."""
    sources = [edge.source for edge in network.incoming[layer]]
    needed: set[str] = set()
    waiting = list(sources)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [edge.source for edge in network.incoming[name]]
    shape = network.by_name[layer].shape
    probe = ir.Sum(name=_PROBE, shape=shape)
    # a network ends in a readout; it reads one element, since it keeps every step's sums in float64
    zeros, ones = (0,) * len(shape), (1,) * len(shape)
    one = ir.Select(
        name=f"{_PROBE}/one", shape=ones, starts=zeros, stops=ones, steps=ones, pads_before=zeros, pads_after=zeros
    )
    flat = ir.Flatten(name=f"{_PROBE}/flat", shape=(1,))
    end = ir.Readout(name=f"{_PROBE}/readout", shape=(1,), mode=ir.ReadoutMode.CURRENT, ties=ir.Ties.INDEX)
    return replace(
        network,
        nodes=(*(node for node in network.nodes if node.name in needed), probe, one, flat, end),
        edges=(
            *(edge for edge in network.edges if edge.target in needed),
            *(ir.Edge(source=source, target=_PROBE) for source in sources),
            ir.Edge(source=_PROBE, target=one.name),
            ir.Edge(source=one.name, target=flat.name),
            ir.Edge(source=flat.name, target=end.name),
        ),
    )


def without_spikes(network: SpikingNetwork, nodes: Collection[str]) -> SpikingNetwork:
    """Give the network with the weights of some nodes set to 0: their biases and offsets stay."""
    silent = [node for node in network.nodes if node.name in nodes and isinstance(node, ir.Weighted)]
    names = [node.factor for node in silent]
    return replace(network, tensors={**network.tensors, **{name: 0 * network.tensors[name] for name in names}})
