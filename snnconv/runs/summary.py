"""``summary.json``: the result of a simulation in numbers."""

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import (
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
)

from snnconv.account.bias_currents import bias_currents
from snnconv.account.counts import dense_ops
from snnconv.account.fed_operations import fed_operations
from snnconv.account.layers import layers
from snnconv.account.network_facts import NetworkFacts, network_facts
from snnconv.account.weighted_nodes import connections
from snnconv.errors import RunError
from snnconv.files.records import Name as Name
from snnconv.files.records import Record
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runs.part import Extent, Part
from snnconv.runs.run_folder import SUMMARY, RunFolder
from snnconv.runs.summary_parts import ConnectionSummary as ConnectionSummary
from snnconv.runs.summary_parts import DataSummary as DataSummary
from snnconv.runs.summary_parts import LayerSummary as LayerSummary
from snnconv.runs.summary_parts import NetworkSummary as NetworkSummary
from snnconv.runs.summary_parts import Operations as Operations

Array = np.ndarray[Any, Any]
ByStep = dict[str, float]
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
    encoding: str
    seed: NonNegativeInt | None = None
    """Of the spikes of a Poisson input; None with constant input."""
    beyond_amplitude: NonNegativeInt | None = None
    """Pixels whose magnitude no Poisson spike train reaches, of all images; None with constant input."""
    backend: str
    threads: PositiveInt
    seconds: float
    images_per_second: float
    accuracy: ByStep | None
    agreement: ByStep | None
    """Share of images on which spiking network and ONNX model decide alike; None without --reference."""
    top5: ByStep | None
    spikes_per_image: ByStep
    synops_per_image: ByStep
    reference_accuracy: Annotated[float, Field(ge=0, le=1)] | None
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
        If the file is damaged, or newer.
    """
    content, path = folder.read_summary(), folder.path / SUMMARY
    version = content.get("version")
    if isinstance(version, int) and version > VERSION:
        raise RunError(f"{path} has version {version}, this snnconv reads up to {VERSION}: upgrade snnconv")
    try:
        return RunSummary.model_validate(content)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        text = " ".join(f"{where}: {detail['msg']}".split())
        raise RunError(f"{path} is damaged: {text}; run simulate with --overwrite") from error


def extent_of(summary: RunSummary) -> Extent:
    """Give what the parts of a run must fit, as its summary says."""
    # the layers come with the first image
    count = sum(layer.neurons > 0 for layer in summary.layers) if summary.images else None
    return Extent(summary.steps, summary.classes, count)


def reported_steps(steps: int) -> list[int]:
    """Give 1, 2, 4 … and the last step."""
    powers = [1 << k for k in range(steps.bit_length()) if 1 << k < steps]
    return [*powers, steps]


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
        self._reported = reported_steps(steps)
        self._at = np.array(self._reported) - 1
        self.images = 0
        self._labelled = self._referenced = True
        self._right = np.zeros(len(self._reported), dtype=np.int64)
        self._alike = np.zeros(len(self._reported), dtype=np.int64)
        self._top5: Array | None = np.zeros(len(self._reported), dtype=np.int64)
        self._reference_right = 0
        self._beyond: int | None = 0
        self._spikes: Array | None = None
        self._synops: Array | None = None

    def add(self, part: Part) -> None:
        """Take in a part."""
        predictions = part.predictions[:, self._at].astype(np.int64)
        self.images += len(part.labels)
        self._labelled &= bool((part.labels >= 0).all())
        self._referenced &= bool((part.reference >= 0).all())
        self._right += (predictions == part.labels[:, None]).sum(axis=0)
        self._alike += (predictions == part.reference[:, None]).sum(axis=0)
        self._reference_right += int((part.reference == part.labels).sum())
        if self._top5 is not None and part.in_top5.shape[1] == self._steps:
            self._top5 += part.in_top5[:, self._at].sum(axis=0)
        else:
            self._top5 = None
        if self._beyond is not None and part.beyond_amplitude is not None:
            self._beyond += int(part.beyond_amplitude.sum())
        else:
            self._beyond = None
        self._spikes = part.spikes if self._spikes is None else self._spikes + part.spikes
        self._synops = part.synops if self._synops is None else self._synops + part.synops

    def by_step(self, counts: Array) -> ByStep:
        """Give means over the images, by step as text."""
        return {str(step): float(c) / self.images for step, c in zip(self._reported, counts, strict=True)}

    def numbers(self) -> dict[str, Any]:
        """Give the fields of a `RunSummary` that follow from the parts."""
        empty: dict[str, Any] = {
            "accuracy": None,
            "agreement": None,
            "top5": None,
            "spikes_per_image": {},
            "synops_per_image": {},
            "reference_accuracy": None,
            "layers": (),
            "connections": None,
            "facts": self._facts,
            "beyond_amplitude": None,
        }
        if not self.images or self._spikes is None or self._synops is None:
            return empty
        synops = self._synops.sum(axis=1)
        both = self._labelled and self._referenced
        return {
            "accuracy": self.by_step(self._right) if self._labelled else None,
            "agreement": self.by_step(self._alike) if self._referenced else None,
            "top5": self.by_step(self._top5) if self._top5 is not None and self._labelled else None,
            "spikes_per_image": self.by_step(self._spikes.sum(axis=0).cumsum()[self._at]),
            "synops_per_image": self.by_step(self._synops.sum(axis=0).cumsum()[self._at]),
            "reference_accuracy": self._reference_right / self.images if both else None,
            "layers": self._layers(self._spikes.sum(axis=1), synops),
            "connections": tuple(
                ConnectionSummary(**asdict(connection), synops_per_image=int(count) / self.images)
                for connection, count in zip(self._connections, synops, strict=True)
            ),
            "facts": self._facts,
            "beyond_amplitude": self._beyond,
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
