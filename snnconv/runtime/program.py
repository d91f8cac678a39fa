"""A spiking network built for the NumPy runtime: batches of images × chunks of steps × nodes in topological order."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from snnconv.errors import DataError
from snnconv.ir import nodes as ir
from snnconv.ir.grid import INPUT_GRID, rounded
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.sums import wide_sums
from snnconv.runtime.counters import SpikeCounter, SynOpCounter
from snnconv.runtime.nodes.neuron import Neuron
from snnconv.runtime.nodes.operation import Operation, Site, check_plain
from snnconv.runtime.nodes.poisson_input import PoissonInput
from snnconv.runtime.nodes.readout import Readout
from snnconv.runtime.nodes.registry import build, first_problem
from snnconv.runtime.nodes.relu import Relu
from snnconv.runtime.poisson import Trains
from snnconv.runtime.recording import Recording
from snnconv.transforms.on_spikes import as_run

Array = np.ndarray[Any, Any]

MakeNeuron = Callable[[Site], Operation]


class Program:
    """A network at work on a batch of images.

    Parameters
    ----------
    network : SpikingNetwork
        The network.
    batch : int
        N, how many images are simulated together.
    chunk : int
        K, how many steps a node takes at once. Memory grows with N · K.
    neuron : callable, optional
        Builds the layers of neurons; a ReLU in their place makes the network an ordinary one.
    seed : int
        Of the spikes of a Poisson input.

    Attributes
    ----------
    values : dict of str to ndarray
        What each node gave in the last chunk, (K, N, H, W, C), or (1, N, H, W, C) where it is constant in time.

    Raises
    ------
    NotRunnableError
        Naming the node or parameter that the runtime does not run.
    """

    def __init__(
        self, network: SpikingNetwork, batch: int, chunk: int, neuron: MakeNeuron | None = None, seed: int = 0
    ) -> None:
        first_problem(network)
        self.network = network
        self._as_run = as_run(network)
        self.batch = batch
        self.chunk = chunk
        self._trains = _trains(network, batch, seed)
        self.operations: dict[str, Operation] = {}
        self._found = network.flows
        self._wide = wide_sums(network, self._found)
        self._real = neuron is not None
        self.values: dict[str, Any] = {}
        self._constant: list[tuple[str, Operation, tuple[str, ...]]] = []
        self._changing: list[tuple[str, Operation, tuple[str, ...]]] = []
        self._counted = network.incoming[network.readout.name][0].source
        for node in self._as_run.nodes:
            check_plain(node)
            if isinstance(node, ir.Input):
                if self._trains is not None:
                    site = self._site(node)
                    self._put(site, self._poisson(site, self._trains), ())
            elif not isinstance(node, ir.Readout):
                self._add(node, neuron or self._spiking)
        self._readout = Readout(self._site(network.readout))
        self._spikes = [(index, node.name, SpikeCounter(network, node)) for index, node in enumerate(network.neurons)]
        self._synops = [
            (index, network.incoming[node.name], SynOpCounter(network, node))
            for index, node in enumerate(network.weighted)
            if not self._site(node).reads_current
        ]

    def _site(self, node: ir.Node) -> Site:
        inputs = tuple(self._found[edge.source] for edge in self.network.incoming[node.name])
        wide = node.name in self._wide
        return Site(self._as_run, node, inputs, self._found[node.name], self.batch, self.chunk, wide, self._real)

    def _spiking(self, site: Site) -> Operation:
        keep = site.node.name == self._counted and self.network.readout.ties is ir.Ties.MEMBRANE
        return Neuron(site, keep_trace=keep)

    def _poisson(self, site: Site, trains: Trains) -> Operation:
        return PoissonInput(site, trains)

    def _sources(self, node: ir.Node) -> tuple[str, ...]:
        return tuple(edge.source for edge in self.network.incoming[node.name])

    def _built(self, site: Site, neuron: MakeNeuron) -> Operation:
        return neuron(site) if isinstance(site.node, ir.Neuron) else build(site)

    def _add(self, node: ir.Node, neuron: MakeNeuron) -> None:
        site = self._site(node)
        self._put(site, self._built(site, neuron), self._sources(node))

    def _put(self, site: Site, operation: Operation, sources: tuple[str, ...]) -> None:
        name = site.node.name
        self.operations[name] = operation
        (self._constant if site.flow.constant else self._changing).append((name, operation, sources))

    def load(self, images: Array, first: int = 0) -> None:
        """Start on new images: clear all state and compute what is constant in time, once.

        Parameters
        ----------
        images : ndarray (N, C, H, W) float32
            Preprocessed images; N is the program's batch.
        first : int
            The position of the first one in the data set: spikes of a Poisson input depend on it.

        Raises
        ------
        DataError
            If an image holds NaN or infinity.
        """
        finite = np.isfinite(images.reshape(len(images), -1)).all(axis=1)
        if not finite.all():
            raise DataError(f"{np.count_nonzero(~finite)} of {len(images)} images hold NaN or infinity; mend them")
        if self._trains is None:
            x = images.astype(np.float64).transpose(0, *range(2, images.ndim), 1)  # (N, C, H, W) -> (N, H, W, C)
            self.values[self.network.input.name] = rounded(x[None], INPUT_GRID)
        else:
            self._trains.load(images, first)
        for operation in self.operations.values():
            operation.reset()
        self._readout.reset()
        for name, operation, sources in self._constant:
            self.values[name] = operation.advance([self.values[source] for source in sources], 1)

    def advance(self, steps: int) -> Recording:
        """Run the next steps of the images.

        Parameters
        ----------
        steps : int
            At most the program's chunk.

        Returns
        -------
        Recording
            Of these steps.
        """
        values = self.values
        for name, operation, sources in self._changing:
            values[name] = operation.advance([values[source] for source in sources], steps)
        if self._trains is not None:
            self._trains.pass_by(steps)
        scores = self._readout.advance(self.value(self._counted), steps).copy()
        trace = self._trace()
        counting = self.network.readout.mode is ir.ReadoutMode.SPIKES
        ties = trace[:steps].copy() if counting and trace is not None else None
        return Recording(scores, ties, *self._count(steps))

    def spike_counts(self, name: str) -> Array:
        """Count the spikes of each neuron of a layer in the last chunk, (N, H, W, C) of whole numbers."""
        counts: Array = np.count_nonzero(self.value(name), axis=0)
        return counts

    def membrane(self, name: str) -> Array:
        """Give V of each neuron of a layer after the last step, (N, H, W, C) float64."""
        operation: Any = self.operations[name]
        value: Array = operation.membrane
        return value

    def value(self, name: str) -> Array:
        """Give a node's last chunk as numbers, (K, N, H, W, C); (1, N, H, W, C) where it is constant in time."""
        value: Array = self.values[name]
        return value

    def _sizes_of(self, name: str) -> Array:
        """Give a node's last chunk as what it counts: a negative spike is an operation like a positive one."""
        return np.abs(self.value(name)) if self._found[name].least < 0 else self.value(name)

    def _trace(self) -> Array | None:
        """Give the membrane that the readout asks for."""
        return getattr(self.operations.get(self._counted), "trace", None)

    def _count(self, steps: int) -> tuple[Array, Array]:
        """Count spikes (layers, K, N) and synaptic operations (weighted nodes, K, N) of the last chunk."""
        spikes = np.zeros((len(self.network.neurons), steps, self.batch), dtype=np.int64)
        for index, name, counter in self._spikes:
            spikes[index] = counter.count(self.value(name))
        synops = np.zeros((len(self.network.weighted), steps, self.batch), dtype=np.int64)
        for index, edges, synop_counter in self._synops:
            for edge in edges:
                synops[index] += synop_counter.count(self._sizes_of(edge.source))
        return spikes, synops


def _trains(network: SpikingNetwork, batch: int, seed: int) -> Trains | None:
    """Give the trains that a batch of images enters as; None where it enters as a constant current."""
    amplitude = network.input.amplitude
    if network.encoding is not ir.Encoding.POISSON or amplitude is None:
        return None
    return Trains(batch, prod(network.input.shape), amplitude, seed)


def relu_values(
    network: SpikingNetwork, images: Array, clipped: bool = False, caps: Mapping[str, float] | None = None
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Compute the network with ReLUs in the place of its neurons, and the images as they are whatever its encoding.

    Parameters
    ----------
    network : SpikingNetwork
    images : ndarray (N, C, H, W) float32
        Preprocessed images.
    clipped : bool
        clip(x, 0, θ)/θ instead of max(x, 0)/θ: what rates tend to as T → ∞.
    caps : mapping of str to float, optional
        The largest values of capped ReLUs (ReLU6: 6), by the ONNX value that the neurons stand for, else by their name.

    Returns
    -------
    tuple of two dict of str to ndarray
        The output of every node, and what every layer of neurons adds up; (N, C, H, W), float64 or float32.
    """
    given = caps or {}
    constant = replace(network, encoding=ir.Encoding.CONSTANT)
    program = Program(
        constant, len(images), 1, neuron=lambda site: Relu(site, clipped, given.get(site.node.source or site.node.name))
    )
    program.load(images)
    program.advance(1)
    outputs = {name: np.moveaxis(value[0], -1, 1) for name, value in program.values.items()}
    summed = {
        name: np.moveaxis(operation.trace[0], -1, 1)
        for name, operation in program.operations.items()
        if isinstance(operation, Relu)
    }
    return outputs, summed
