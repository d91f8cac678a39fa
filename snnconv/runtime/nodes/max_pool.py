"""``MaxPoolCurrent`` and ``MaxPoolGate``: the largest running sum of each window, and the spikes of who has it.

With S_k(t) what input k of a window gave until step t, and M(t) = max_k S_k(t), M(0) = 0:

    MaxPoolCurrent   y(t) = M(t) − M(t−1)
    MaxPoolGate      y(t) = x_w(t),  w(t) = w(t−1) if S_w(t) = M(t), else the first k with S_k(t) = M(t)

**Both are the same where all spikes of a window carry the same number v.** Say v = 1, for −1 goes alike. Where the gate
stays, S_w was and is the largest, so x_w(t) = M(t) − M(t−1). Where it moves to k, S_k(t) > S_w(t) ≥ M(t−1) ≥ S_k(t−1):
k has spiked just now and was level before, so x_k(t) = 1 = M(t) − M(t−1). As many spikes pass as the input with the
most has. That is why the gate stays on a tie. The *first* of those that are level would add a spike whenever an earlier
input catches up, and *any* of them whenever one does: 0 1 0 1 beside 1 0 1 0 would pass four spikes, not two.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, section 3.1: "select spikes only from neuron with highest
firing rate and inhibit other incoming spikes". Which of several it does not say.
Rueckauer et al.: Conversion of Continuous-Valued Deep Networks to Efficient Event-Driven Networks (2017).
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.nodes.operation import Operation, Site
from snnconv.runtime.nodes.padded import padded_shape
from snnconv.runtime.nodes.windows import Windows

Array = np.ndarray[Any, Any]

_BYTES_PER_PLACE = 512  # a view of the sums and one of the spikes, and what holds them


class MaxPoolCurrent:
    """The increase of the largest running sum. Sums of grid multiples are exact in float64.

    Of a constant current, and of the values of a ReLU network, there is one step: then it is the plain maximum.
    """

    def __init__(self, site: Site) -> None:
        self._sums = Windows(site)
        self._before = np.zeros((site.batch, *site.shape))
        self._out = site.buffer(np.float32 if site.flow.kind is Kind.SPIKES else np.float64)

    def reset(self) -> None:
        """Forget what was summed."""
        self._sums.inside[...] = 0.0
        self._before[...] = 0.0

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Pool a chunk."""
        (x,) = inputs
        out = self._out[: len(x)]
        del steps
        for current, increase in zip(x, out, strict=True):
            np.add(self._sums.inside, current, out=self._sums.inside)
            largest = self._sums.largest()
            np.subtract(largest, self._before, out=increase, casting="same_kind")
            np.copyto(self._before, largest)
        return out


class MaxPoolGate:
    """The spikes of the input that leads, step by step; for spikes that carry different numbers."""

    def __init__(self, site: Site) -> None:
        self._sums = Windows(site)
        self._spikes = Windows(site)
        self._leader = np.zeros((site.batch, *site.shape), dtype=np.int32)
        self._stays = np.zeros(self._leader.shape, dtype=bool)
        self._first = np.zeros_like(self._leader)
        self._out = site.buffer()
        # for each place of a window, in row order: what the windows have there
        self._places = list(zip(self._sums.places(site), self._spikes.places(site), strict=True))

    def reset(self) -> None:
        """Forget what was summed, and who leads."""
        self._sums.inside[...] = 0.0
        self._leader[...] = -1

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Pool a chunk."""
        (x,) = inputs
        out = self._out[: len(x)]
        del steps
        for spikes, passed in zip(x, out, strict=True):
            np.add(self._sums.inside, spikes, out=self._sums.inside)
            np.copyto(self._spikes.inside, spikes)
            self._follow()
            for place, (_, spike) in enumerate(self._places):
                np.copyto(passed, spike, where=self._leader == place, casting="same_kind")
        return out

    def _follow(self) -> None:
        """Find who leads now."""
        largest = self._sums.largest()
        self._stays[...] = False
        for place, (total, _) in reversed(list(enumerate(self._places))):
            level = total == largest
            np.copyto(self._first, place, where=level)
            self._stays |= level & (self._leader == place)
        np.copyto(self._leader, self._first, where=~self._stays)


def max_pool_gate(site: Site) -> Operation:
    """Build a gate: by its increase alone where all spikes carry the same number."""
    return MaxPoolGate(site) if site.flow.carries is None else MaxPoolCurrent(site)


def state_bytes(network: SpikingNetwork) -> int:
    """Give the bytes of state that the pools of a network hold for an image, whatever the steps."""
    gates = _gates(network)
    total = 0
    for node in network.nodes:
        if isinstance(node, ir.MaxPool):
            (edge,) = network.incoming[node.name]
            padded = prod(padded_shape(node, network.by_name[edge.source].shape))
            # sums, and what is largest along rows; what was largest; of a gate also the spikes, and who leads
            total += (16 * padded + 8 * prod(node.shape)) * (2 if node in gates else 1)
    return total


def place_bytes(network: SpikingNetwork) -> int:
    """Give the bytes that gates take for the places of their windows, whatever the images and steps."""
    return sum(_BYTES_PER_PLACE * prod(gate.kernel) for gate in _gates(network))


def _gates(network: SpikingNetwork) -> list[ir.MaxPoolGate]:
    """Give the gates that follow who leads: those whose spikes do not all carry the same number."""
    found = network.flows
    return [node for node in network.nodes if isinstance(node, ir.MaxPoolGate) and found[node.name].carries is None]


OPERATIONS = {"MaxPoolGate": max_pool_gate, "MaxPoolCurrent": MaxPoolCurrent}
