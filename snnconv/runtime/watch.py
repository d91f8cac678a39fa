"""What is asked of single nodes while a network runs, and how a backend answers.

A recording has sums over layers. Whoever needs more says so beforehand, so that a backend knows what it has to keep,
and looks at it after each chunk.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Watch:
    """Names of nodes.

    Attributes
    ----------
    spikes : frozenset of str
        Layers whose neurons' spikes are counted one by one.
    membranes : frozenset of str
        Layers whose membranes are looked at.
    values : frozenset of str
        Nodes whose output is looked at step by step: layers of neurons, the image, what reads nothing but them without
        weights, and what weighted nodes, neurons or the readout read as a current of its own.
    """

    spikes: frozenset[str] = frozenset()
    membranes: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()


NOTHING = Watch()


def neurons(network: SpikingNetwork) -> Watch:
    """Ask for the spikes and membranes of all neurons."""
    names = frozenset(node.name for node in network.neurons)
    return Watch(spikes=names, membranes=names)


class Answers(Protocol):
    """What can be asked of a network that has just run a chunk. Arrays may be overwritten by the next one."""

    def spike_counts(self, name: str) -> Array:
        """Count the spikes of each neuron of a layer in the chunk, (N, H, W, C) of whole numbers."""
        ...

    def membrane(self, name: str) -> Array:
        """Give V of each neuron of a layer after the chunk, (N, H, W, C) float64 in the unit of the threshold."""
        ...

    def value(self, name: str) -> Array:
        """Give what a node gave in the chunk, (K, N, H, W, C); (1, N, H, W, C) where it is constant in time."""
        ...


@dataclass(frozen=True)
class Seen:
    """What was asked for, after a chunk.

    Raises
    ------
    KeyError
        By its methods, for a name that the watch does not have.
    """

    watch: Watch
    answers: Answers

    def spike_counts(self, name: str) -> Array:
        """Count the spikes of each neuron of a layer in the chunk, (N, H, W, C) of whole numbers."""
        return self.answers.spike_counts(_asked(name, self.watch.spikes))

    def membrane(self, name: str) -> Array:
        """Give V of each neuron of a layer after the chunk, (N, H, W, C) float64 in the unit of the threshold."""
        return self.answers.membrane(_asked(name, self.watch.membranes))

    def value(self, name: str) -> Array:
        """Give what a node gave in the chunk, (K, N, H, W, C); (1, N, H, W, C) where it is constant in time."""
        return self.answers.value(_asked(name, self.watch.values))


def _asked(name: str, names: frozenset[str]) -> str:
    if name not in names:
        raise KeyError(f"{name} is not watched")
    return name
