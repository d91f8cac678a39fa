"""The event-driven kernel in C as a backend."""

import logging
import threading

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.batches import Batches
from snnconv.runtime.event.isa import name_of, position
from snnconv.runtime.event.plan import Plan, make_plan
from snnconv.runtime.event.signed_input import bytes_of
from snnconv.runtime.nodes.max_pool import state_bytes
from snnconv.runtime.program import Program

_log = logging.getLogger(__name__)

_CHUNK = 64
_BATCH = 16
# a neuron has a membrane and a constant current of 8 bytes each, and a bit for each step
_BYTES_PER_NEURON = 16 + _CHUNK // 8
# nodes that run in NumPy, or give their current to it, hold numbers at every step
_BYTES_PER_NUMBER = 16
_BYTES = 192 << 20


class EventBackend(Batches):
    """Runs networks by adding up the weight rows of the spikes that there are.

    Parameters
    ----------
    batch, chunk : int, optional
        As for every backend.
    isa : str, optional
        The instruction set; None takes what ``SNNCONV_ISA`` names, else the fastest that is here.
    seed : int
        Of the spikes of a Poisson input.

    Raises
    ------
    NotRunnableError
        If the kernel was not built, or the instruction set is not here.
    """

    name = "event"

    def __init__(
        self, batch: int | None = None, chunk: int | None = None, isa: str | None = None, seed: int = 0
    ) -> None:
        super().__init__(batch, chunk, seed=seed)
        self._isa = position(isa)
        self._lock = threading.Lock()
        self._network: SpikingNetwork | None = None
        self._plans: dict[int, Plan] = {}
        self._told: SpikingNetwork | None = None

    def takes(self, network: SpikingNetwork) -> bool:
        """Say whether the kernel runs any sums of the network."""
        plan = self.plan(network, self._chunk or _CHUNK)
        return any(synapses.sources for synapses in (*plan.layers.values(), *plan.currents.values()))

    def sizes(self, network: SpikingNetwork) -> tuple[int, int]:
        """Give (images, steps) that are run at once: their state fits in about 200 MB where one image does."""
        chunk = self._chunk or _CHUNK
        plan = self.plan(network, chunk)
        in_kernel = [node for node in network.nodes if node.name in plan.layers or node.name in plan.bits]
        in_numpy = [node for node in network.nodes if node.name in plan.reasons or node.name in plan.currents]
        neurons = sum(int(np.prod(node.shape)) for node in in_kernel)
        numbers = sum(int(np.prod(node.shape)) + _spikes_as_numbers(network, node) for node in in_numpy)
        if self._chunk is None and _BYTES_PER_NUMBER * numbers * chunk > _BYTES:
            chunk = max(1, _BYTES // (_BYTES_PER_NUMBER * numbers))
        each = _BYTES_PER_NEURON * neurons + _BYTES_PER_NUMBER * numbers * chunk + state_bytes(network)
        if network.encoding is ir.Encoding.POISSON:
            each += bytes_of(network.input, chunk)
        return self._batch or max(1, min(_BATCH, _BYTES // max(1, each))), chunk

    def plan(self, network: SpikingNetwork, chunk: int) -> Plan:
        """Say which nodes the kernel runs; made once and shared by all threads."""
        with self._lock:
            if self._network is not network:
                self._network, self._plans = network, {}
            if chunk not in self._plans:
                self._plans[chunk] = make_plan(network, chunk)
            return self._plans[chunk]

    def _make(self, network: SpikingNetwork, batch: int, chunk: int) -> Program:
        from snnconv.runtime.event.program import EventProgram

        plan = self.plan(network, chunk)
        self._tell(network, plan)
        return EventProgram(network, plan, self._isa, batch, self._seed)

    def _tell(self, network: SpikingNetwork, plan: Plan) -> None:
        """Say what runs where, once for a network."""
        with self._lock:
            if self._told is network:
                return
            self._told = network
        _log.info("event-driven kernel with %s, %d steps at a time", name_of(self._isa), plan.capacity)
        for name, reason in plan.reasons.items():
            _log.info("node %s runs in NumPy: %s", name, reason)


def _spikes_as_numbers(network: SpikingNetwork, node: ir.Node) -> int:
    """Give how many numbers a pool reads: more than it gives, and the kernel has them as bits."""
    if not isinstance(node, ir.MaxPool):
        return 0
    return int(np.prod(network.by_name[network.incoming[node.name][0].source].shape))


BACKEND = EventBackend
