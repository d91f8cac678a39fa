"""Counts spikes and synaptic operations of a chunk, per step and image, exactly."""

from typing import Any

import numpy as np

from snnconv.account.counts import fan_out
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.product import product

Array = np.ndarray[Any, Any]

# float32 holds whole numbers up to here exactly
_EXACT = 2**24


class SpikeCounter:
    """Counts the spikes of a layer of neurons."""

    def __init__(self, network: SpikingNetwork, node: ir.Neuron) -> None:
        self._size = int(np.prod(node.shape))
        value = np.asarray(network.tensor(node.spike_value, 1.0))
        self._ones = np.ones(self._size, dtype=np.float32)
        # spikes of 0 and 1 are counted by their sum
        self._by_sum = self._size <= _EXACT and value.size == 1 and value == 1 and not node.rule.CODE.signed

    def count(self, spikes: Array) -> Array:
        """Give the spikes in each step and image, (K, N) int64."""
        steps, images = spikes.shape[:2]
        if not self._by_sum:
            return np.asarray(np.count_nonzero(spikes.reshape(steps, images, -1), axis=2), dtype=np.int64)
        counts = product(spikes.reshape(steps * images, self._size), self._ones)
        return counts.reshape(steps, images).astype(np.int64)


class SynOpCounter:
    """Counts the synaptic operations of a weighted node: spikes by value, times their fan-out."""

    def __init__(self, network: SpikingNetwork, node: ir.Weighted) -> None:
        self._fan_out = fan_out(network, node).reshape(-1).astype(np.float64)  # (H·W,) or (1,)

    def count(self, spikes: Array) -> Array:
        """Give the synaptic operations in each step and image, (K, N) int64."""
        steps, images = spikes.shape[:2]
        places = len(self._fan_out)
        rows = spikes.reshape(steps * images * places, -1)
        # sums over the channels of one place are small whole numbers: a matrix product in float32 is exact and fast
        if rows.shape[1] <= _EXACT >> 8:
            sums = product(rows, np.ones(rows.shape[1], dtype=np.float32))
        else:
            sums = rows.sum(axis=1, dtype=np.float64)
        totals = sums.reshape(steps * images, places).astype(np.float64)
        return product(totals, self._fan_out).reshape(steps, images).astype(np.int64)
