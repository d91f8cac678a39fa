"""A network built for the event-driven kernel; nodes that it does not take run in NumPy."""

from typing import Any

import numpy as np

from snnconv.account.counts import fan_out_by_axis
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.counters import SynOpCounter
from snnconv.runtime.event.connections import Read, Synapses, carried
from snnconv.runtime.event.operations import Current, InNumpy, Layer, Select, SumPool, numbers
from snnconv.runtime.event.plan import Plan
from snnconv.runtime.event.signed_input import Half, SignedInput
from snnconv.runtime.event.spikes import Spikes
from snnconv.runtime.event.tally import Tally
from snnconv.runtime.layout import channels_last
from snnconv.runtime.nodes.operation import Operation, Site
from snnconv.runtime.poisson import Trains
from snnconv.runtime.program import MakeNeuron, Program

Array = np.ndarray[Any, Any]


class EventProgram(Program):
    """A network at work on a batch of images, in the kernel where the plan says so.

    Parameters
    ----------
    network : SpikingNetwork
    plan : Plan
        For this network; several programs may share it.
    isa : int
        Position of the instruction set in the kernel's list.
    batch : int
        N, how many images are simulated together.
    seed : int
        Of the spikes of a Poisson input.
    """

    def __init__(self, network: SpikingNetwork, plan: Plan, isa: int, batch: int, seed: int = 0) -> None:
        self._plan = plan
        self._isa = isa
        super().__init__(network, batch, plan.capacity, seed=seed)
        self._tallies, self._arrays = self._counting()

    def _add(self, node: ir.Node, neuron: MakeNeuron) -> None:
        plan, name = self._plan, node.name
        if name in plan.inside:
            return
        site = self._site(node)
        edges = self._sources(node)
        if name in plan.layers:
            constants = [source for source in edges if self._found[source].constant]
            synapses = plan.layers[name]
            self._divide(synapses)
            self._put(site, Layer(self._isa, site, synapses), (*synapses.sources, *constants))
        elif name in plan.currents:
            self._divide(plan.currents[name])
            self._put(site, Current(self._isa, site, plan.currents[name]), plan.currents[name].sources)
        elif name in plan.bits:
            self._put(site, Select(site) if isinstance(node, ir.Select) else SumPool(site), edges)
        else:
            self._put(site, InNumpy(self._built(site, neuron)), edges)

    def _poisson(self, site: Site, trains: Trains) -> Operation:
        return SignedInput(site, trains)

    def _divide(self, synapses: Synapses) -> None:
        """Add what divides signed spikes into those of each sign, once for all readers."""
        for read in synapses.reads:
            if read.sign and read.bits not in self.operations:
                source = self.operations[read.source]
                if isinstance(source, SignedInput):
                    spikes = source.signed.by_sign[read.sign]
                else:
                    spikes = Spikes(channels_last(self.network.by_name[read.source].shape), self.batch, self.chunk)
                half = Half(read.sign, spikes)
                self.operations[read.bits] = half
                self._changing.append((read.bits, half, (read.source,)))

    def spike_counts(self, name: str) -> Array:
        """Count the spikes of each neuron of a layer in the last chunk, (N, H, W, C) of whole numbers."""
        bits = self._bits_of(name)
        return super().spike_counts(name) if bits is None else bits.counts()

    def membrane(self, name: str) -> Array:
        """Give V of each neuron of a layer after the last step, (N, H, W, C) float64."""
        operation: Any = self.operations[name]
        if isinstance(operation, InNumpy):
            operation = operation.operation
        value: Array = operation.membrane
        return value

    def value(self, name: str) -> Array:
        """Give a node's last chunk as numbers."""
        return numbers(self.values[name])

    def _trace(self) -> Array | None:
        counted = self.operations.get(self._counted)
        return getattr(counted.operation, "trace", None) if isinstance(counted, InNumpy) else None

    def _count(self, steps: int) -> tuple[Array, Array]:
        spikes, synops = super()._count(steps)
        for tally, places in self._tallies:
            for counts, (target, row, value) in zip(tally.count(), places, strict=True):
                (spikes if target == "spikes" else synops)[row] += counts * value
        for row, read, counter in self._arrays:
            synops[row] += counter.count(_pooled(self._sizes_of(read.source), read.pool))
        return spikes, synops

    def _counting(self) -> tuple[list[tuple[Tally, list[tuple[str, int, int]]]], list[tuple[int, Read, SynOpCounter]]]:
        """Divide what the base class counts on numbers: spikes that are bits are counted as bits."""
        readers: dict[str, list[tuple[tuple[Array, Array], tuple[str, int, int]]]] = {}
        arrays = []
        kept = []
        for row, name, counter in self._spikes:
            out = self._bits_of(name)
            # a spike that carries 0 is none
            if out is None or not self.network.tensor(self.network.neurons[row].spike_value, 1.0).all():
                kept.append((row, name, counter))
            else:
                ones = (np.ones(out.height, dtype=np.int64), np.ones(out.width, dtype=np.int64))
                readers.setdefault(name, []).append((ones, ("spikes", row, 1)))
        self._spikes = kept
        self._synops = []
        reads: dict[str, list[Read]] = {}
        for synapses in (*self._plan.layers.values(), *self._plan.currents.values()):
            for read in synapses.reads:
                reads.setdefault(read.node, []).append(read)
        for row, node in enumerate(self.network.weighted):
            if self._site(node).reads_current:
                continue
            for read in reads.get(node.name) or [Read(node.name, source) for source in self._sources(node)]:
                out = self._bits_of(read.bits)
                value = 1 if read.sign else carried(self._found[read.source])
                if out is None or value is None:
                    arrays.append((row, read, SynOpCounter(self.network, node)))
                else:
                    factors = _factors(self.network, node, read.pool, out)
                    readers.setdefault(read.bits, []).append((factors, ("synops", row, abs(value))))
        tallies = []
        for name, entries in readers.items():
            out = self._bits_of(name)
            if out is not None:
                tally = Tally(self._isa, out, [factors for factors, _ in entries])
                tallies.append((tally, [place for _, place in entries]))
        return tallies, arrays

    def _bits_of(self, name: str) -> Spikes | None:
        return getattr(self.operations.get(name), "spikes", None)


def _factors(network: SpikingNetwork, node: ir.Weighted, pool: tuple[int, int], spikes: Spikes) -> tuple[Array, Array]:
    """Give a node's fan-out as one number for each row and one for each column of the spikes."""
    each, along = fan_out_by_axis(network, node)
    if len(along) == 1:  # one axis lies along the columns, and no pooling is taken apart there
        return np.full(spikes.height, each), along[0]
    rows = along[0].repeat(pool[0]) if along else np.ones(spikes.height, dtype=np.int64)
    columns = along[1].repeat(pool[1]) if along else np.ones(spikes.width, dtype=np.int64)
    return rows * each, columns


def _pooled(values: Array, pool: tuple[int, int]) -> Array:
    """Add up the windows of a value (K, N, H, W, C)."""
    if pool == (1, 1):
        return values
    steps, images, height, width, channels = values.shape
    windows = values.reshape(steps, images, height // pool[0], pool[0], width // pool[1], pool[1], channels)
    summed: Array = windows.sum(axis=(3, 5))
    return summed
