"""The NumPy runtime as a backend: dense sums of every step. The reference."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.batches import Batches
from snnconv.runtime.nodes.max_pool import state_bytes
from snnconv.runtime.program import Program

_CHUNK = 16
_BATCH = 16
# spikes, currents and padded copies of one step take about 16 bytes a neuron
_BYTES_PER_VALUE = 16
_BYTES = 192 << 20


class NumpyBackend(Batches):
    """Runs networks by dense sums in NumPy."""

    name = "numpy"

    def takes(self, network: SpikingNetwork) -> bool:
        """Say that it runs what any backend runs."""
        del network
        return True

    def sizes(self, network: SpikingNetwork) -> tuple[int, int]:
        """Give (images, steps) that are run at once: a chunk fits in about 200 MB."""
        values = sum(int(np.prod(node.shape)) for node in network.nodes if not isinstance(node, ir.Readout))
        together = max(1, _BYTES // (_BYTES_PER_VALUE * values))
        chunk = self._chunk or min(_CHUNK, together)
        each = _BYTES_PER_VALUE * values * chunk + state_bytes(network)
        return self._batch or max(1, min(_BATCH, _BYTES // each)), chunk

    def _make(self, network: SpikingNetwork, batch: int, chunk: int) -> Program:
        return Program(network, batch, chunk, seed=self._seed)


BACKEND = NumpyBackend
