"""``summary.json``: the result of a simulation in numbers."""

from dataclasses import asdict
from typing import Any, Final, Literal

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from snnconv.account.bias_currents import bias_currents
from snnconv.account.counts import dense_ops
from snnconv.account.fed_operations import fed_operations
from snnconv.account.layers import layers
from snnconv.account.network_facts import NetworkFacts, network_facts
from snnconv.account.weighted_nodes import connections
from snnconv.errors import RunError
from snnconv.files.records import Name as Name
from snnconv.files.records import Record, Share, validated
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runs.part import Extent, Part
from snnconv.runs.run_folder import AGAIN, SUMMARY, RunFolder
from snnconv.runs.run_record import load_record
from snnconv.runs.summary_check import contradictions
from snnconv.runs.summary_parts import ConnectionSummary as ConnectionSummary
from snnconv.runs.summary_parts import DataSummary as DataSummary
from snnconv.runs.summary_parts import LayerSummary as LayerSummary
from snnconv.runs.summary_parts import NetworkSummary as NetworkSummary
from snnconv.runs.summary_parts import Operations as Operations
from snnconv.runs.summary_parts import reported_steps as reported_steps
from snnconv.runs.totals import Totals

Array = np.ndarray[Any, Any]
ByStep = dict[str, NonNegativeFloat]
Shares = dict[str, Share]
FORMAT: Final = "snnconv.run-summary"
VERSION: Final = 1


class RunSummary(Record):
    """The result of a simulation, complete or so far. Keys of objects by step are steps as text."""

    format: Literal["snnconv.run-summary"] = FORMAT
    version: Literal[1] = VERSION
    complete: bool
    images: NonNegativeInt
    planned_images: PositiveInt
    steps: PositiveInt
    classes: PositiveInt
    encoding: ir.Encoding
    seed: NonNegativeInt | None = None
    """Of the spikes of a Poisson input; None with constant input."""
    beyond_amplitude: NonNegativeInt | None = None
    """Pixels whose magnitude no Poisson spike train reaches, of all images; None with constant input."""
    backend: Name
    threads: PositiveInt
    seconds: NonNegativeFloat
    images_per_second: NonNegativeFloat
    accuracy: Shares | None
    """None without labels; this and what follows None too where the network gives one number and no classes."""
    agreement: Shares | None
    """Share of images on which spiking network and ONNX model decide alike; None without --reference."""
    top5: Shares | None
    spikes_per_image: ByStep
    synops_per_image: ByStep
    reference_accuracy: Share | None
    layers: tuple[LayerSummary, ...]
    connections: tuple[ConnectionSummary, ...] | None = None
    """Weighted nodes; None in older runs, and before the first image."""
    facts: NetworkFacts | None = None
    """The size of the network; None in older runs."""
    operations: Operations
    network: NetworkSummary
    data: DataSummary


def load_summary(folder: RunFolder) -> RunSummary:
    """Read the ``summary.json`` of a run folder and check it.

    Raises
    ------
    FileMissingError
        If there is no run.
    RunError
        If the file is damaged or newer, or contradicts itself or ``run.json``.
    """
    path = folder.path / SUMMARY
    summary = validated(RunSummary, folder.read_summary(), path, AGAIN)
    for reason in contradictions(summary, load_record(folder).request):
        raise RunError(f"{path} is damaged: {reason}; {AGAIN}")
    return summary


def extent_of(summary: RunSummary) -> Extent:
    """Give what the parts of a run must fit, as its summary says."""
    # the layers come with the first image
    count = sum(layer.neurons > 0 for layer in summary.layers) if summary.images else None
    nodes = None if summary.connections is None else len(summary.connections)
    return Extent(summary.steps, summary.classes, count, nodes)


def operations(network: SpikingNetwork) -> Operations:
    """Sum the dense operations of a network."""
    found = dense_ops(network).values()
    return Operations(
        ann_macs=sum(ops.macs for ops in found if ops.of_ann),
        ann_macs_padded=sum(ops.padded_macs for ops in found if ops.of_ann),
        constant_macs=sum(ops.macs for ops in found if ops.reads_current and ops.constant),
        changing_macs_per_step=sum(ops.macs for ops in found if ops.reads_current and not ops.constant),
        macs_on_spikes=fed_operations(network).macs,
    )


class Tally:
    """Adds up parts, so that a summary can be given at any time."""

    def __init__(self, network: SpikingNetwork, steps: int) -> None:
        self._network = network
        self._fed = fed_operations(network).by_layer
        self._facts = network_facts(network)
        self._connections = connections(network)
        self._biased = {name: int(np.count_nonzero(value)) for name, value in bias_currents(network).items()}
        self._steps = steps
        self._totals = Totals(steps, network.readout.shape[0])

    @property
    def images(self) -> int:
        """How many images were added up."""
        return self._totals.images

    def add(self, part: Part) -> None:
        """Take in a part."""
        self._totals.add(part)

    def numbers(self) -> dict[str, Any]:
        """Give the fields of a `RunSummary` that follow from the parts."""
        made = self._totals.tables()._asdict() | {"layers": (), "connections": None, "facts": self._facts}
        spikes, synops = self._totals.spikes, self._totals.synops
        if spikes is None or synops is None:
            return made
        counts = synops.sum(axis=1)
        return made | {
            "layers": self._layers(spikes.sum(axis=1), counts),
            "connections": tuple(
                ConnectionSummary(**asdict(connection), synops_per_image=int(count) / self.images)
                for connection, count in zip(self._connections, counts, strict=True)
            ),
        }

    def _layers(self, spikes: Array, synops: Array) -> tuple[LayerSummary, ...]:
        result = []
        for layer in layers(self._network):
            node = self._network.by_name[layer.name]
            dense = [self._connections[row] for row in layer.synapses if self._connections[row].kind != "Scale"]
            fired = 0.0 if layer.spikes is None else float(spikes[layer.spikes]) / self.images
            result.append(
                LayerSummary(
                    name=layer.name,
                    neurons=layer.neurons,
                    spikes_per_image=fired,
                    mean_rate=fired / (layer.neurons * self._steps) if layer.neurons else None,
                    synops_per_image=float(sum(int(synops[row]) for row in layer.synapses)) / self.images,
                    fed_operations=self._fed.get(layer.name, 0),
                    synapses=layer.synapses,
                    shape=node.shape,
                    leaky=isinstance(node, ir.Neuron) and node.rule.LEAKY,
                    biased_neurons=self._biased[layer.name],
                    macs=sum(connection.macs for connection in dense),
                    macs_padded=sum(connection.macs_padded for connection in dense),
                )
            )
        return tuple(result)
