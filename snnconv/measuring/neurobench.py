"""Counts what NeuroBench's metrics need while a network runs; `snnconv.account.neurobench` says what they are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnconv.account.counts import macs_of, nonzero_fan_out
from snnconv.account.network_facts import network_facts
from snnconv.account.neurobench import NeuroBench, SynapticOperations, metrics
from snnconv.errors import UsageError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.spike_inputs import SpikeInputs, on_currents, read_directly, watched
from snnconv.runtime.backends import Backend, Chunk
from snnconv.runtime.watch import Seen, Watch

Array = np.ndarray[Any, Any]


def neurobench(network: SpikingNetwork, images: Array, steps: int, backend: Backend, first: int = 0) -> NeuroBench:
    """Simulate images and give the metrics.

    A node counts as one layer of the package, a `Scale` on spikes too (it is a 1×1 convolution of each channel alone);
    a `Scale` on a current is a BatchNorm and is left out. Whether a node makes MACs or ACs is decided for each image
    and step, as the package does with batches of one image.

    Parameters
    ----------
    network : SpikingNetwork
    images : ndarray (N, C, H, W) float32
        Preprocessed images, at least one.
    steps : int
        T, at least 1.
    backend : Backend
        `MembraneUpdates` is None unless it takes one step at a time (its `chunk` is 1); nothing else depends on it.
    first : int
        The position of the first image in the data set.

    Raises
    ------
    UsageError
        Without images.
    """
    if not len(images):
        raise UsageError("NeuroBench's metrics are means over images, found none; give at least one")
    counted = Counted.of(network)
    for chunk in backend.run(network, images, steps, first=first, watch=counted.watch):
        counted.add(chunk)
    return counted.result(len(images), steps)


@dataclass
class Counted:
    """Adds up chunk by chunk.

    Attributes
    ----------
    nodes : list of Conv, Dense or Scale
    acs, macs : dict of str to ndarray (H, W, C) int64
        How often each input of a node was not 0, where the node made ACs, and where it made MACs.
    spikes : int
        Of all layers.
    updates : dict of str to int, or None
        Changes of membranes by layer; None once a chunk had several steps.
    """

    network: SpikingNetwork
    nodes: list[ir.Weighted]
    currents: set[str]
    direct: dict[str, str]
    acs: dict[str, Array] = field(default_factory=dict)
    macs: dict[str, Array] = field(default_factory=dict)
    spikes: int = 0
    updates: dict[str, int] | None = field(default_factory=dict)
    _membranes: dict[str, Array] = field(default_factory=dict)
    _inputs: SpikeInputs | None = None
    _size: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, network: SpikingNetwork) -> "Counted":
        """Begin to count a network."""
        currents = on_currents(network)
        nodes = [n for n in network.weighted if not (isinstance(n, ir.Scale) and n.name in currents)]
        layers = {node.name: read_directly(network, node) for node in nodes}
        return cls(network, nodes, currents, {name: layer for name, layer in layers.items() if layer is not None})

    @property
    def watch(self) -> Watch:
        """What it looks at."""
        return Watch(
            spikes=frozenset(self.direct.values()),
            membranes=frozenset(node.name for node in self.network.neurons),
            values=watched(self.network, self._others),
        )

    def add(self, chunk: Chunk) -> None:
        """Count a chunk that was run with `watch`."""
        seen, spikes = chunk.seen, chunk.recording.spikes  # (layers, K, N) int64
        steps = spikes.shape[1]
        self.spikes += int(spikes.sum())
        inputs = self._inputs_for(chunk.first_step, steps, spikes.shape[2])
        inputs.read(seen, steps)
        counts = {layer: seen.spike_counts(layer).sum(axis=0) for layer in set(self.direct.values())}
        for node in self.nodes:
            if node.name in self.direct:
                _put(self.acs, node.name, counts[self.direct[node.name]])
                continue
            read = inputs.of(seen, node.name)
            # what is constant comes once for all steps of the chunk
            times = steps if len(read) == 1 else 1
            for unit, values in _by_unit(read.reshape(-1, *read.shape[2:])):
                _put(self.acs if unit else self.macs, node.name, times * np.count_nonzero(values, axis=0))
        self._add_updates(seen, chunk.first_step, steps)

    def result(self, images: int, steps: int) -> NeuroBench:
        """Give the metrics of so many images after so many steps."""
        size = self.network.neuron_count
        return metrics(
            network_facts(self.network),
            sparsity=1 - self.spikes / (size * steps * images) if size else 0.0,
            operations=SynapticOperations(
                Effective_MACs=self.total(self.macs) / images,
                Effective_ACs=self.total(self.acs) / images,
                Dense=sum(macs_of(self.network, node)[0] for node in self.nodes) * steps,
            ),
            updates=None if self.updates is None else sum(self.updates.values()) / images,
        )

    def total(self, counts: dict[str, Array]) -> int:
        """Give the operations that the counted inputs cause at weights that are not 0."""
        return sum(
            int((counts[node.name] * nonzero_fan_out(self.network, node)).sum())
            for node in self.nodes
            if node.name in counts
        )

    @property
    def _others(self) -> list[str]:
        """The nodes whose inputs are not the spikes of one layer."""
        return [node.name for node in self.nodes if node.name not in self.direct]

    def _inputs_for(self, first_step: int, steps: int, images: int) -> SpikeInputs:
        """Give what makes inputs for a batch: its first chunk has as many steps as any."""
        if self._inputs is None or (first_step == 0 and self._size != (images, steps)):
            self._inputs, self._size = SpikeInputs(self.network, self._others, images, steps), (images, steps)
        if first_step == 0:
            self._inputs.reset()
        return self._inputs

    def _add_updates(self, seen: Seen, first_step: int, steps: int) -> None:
        if steps != 1 or self.updates is None:
            self.updates = None
            return
        for node in self.network.neurons:
            membrane = seen.membrane(node.name)
            changed = np.size(membrane) if first_step == 0 else np.count_nonzero(membrane != self._membranes[node.name])
            self.updates[node.name] = self.updates.get(node.name, 0) + int(changed)
            self._membranes[node.name] = membrane


def _put(counts: dict[str, Array], name: str, more: Array) -> None:
    counts[name] = counts[name] + more if name in counts else more.astype(np.int64)


def _by_unit(values: Array) -> Iterator[tuple[bool, Array]]:
    """Divide images and steps (M, ...) into those whose values are all −1, 0 or 1, and the others."""
    unit = (np.abs(values) == values * values).all(axis=tuple(range(1, values.ndim)))
    yield True, values[unit]
    yield False, values[~unit]
