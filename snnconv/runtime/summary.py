"""``summary.json``: the result of a simulation in numbers."""

from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
)

from snnconv.errors import RunError
from snnconv.files.names import plain_values
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.counts import dense_ops
from snnconv.runtime.fed_operations import fed_operations
from snnconv.runtime.layers import layers
from snnconv.runtime.part import Extent, Part
from snnconv.runtime.run_folder import SUMMARY, RunFolder

Array = np.ndarray[Any, Any]
ByStep = dict[str, float]
Name = Annotated[str, BeforeValidator(plain_values)]
"""A name from a file system, which need not be valid Unicode; pydantic takes and writes nothing else."""

FORMAT: Final = "snnconv.run-summary"
VERSION: Final = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LayerSummary(_Record):
    """A layer of neurons, or the readout, at the last step."""

    name: Name
    neurons: NonNegativeInt
    """0 for a readout that accumulates current."""
    spikes_per_image: float
    mean_rate: float | None
    """Spikes / (neurons × steps); None without neurons."""
    synops_per_image: float
    """Synaptic operations that feed the layer."""
    fed_operations: NonNegativeInt | None = None
    """Dense synaptic operations that one value of every neuron causes in what reads it; None in older runs."""


class Operations(_Record):
    """Dense multiply-accumulates (MACs) for one image."""

    ann_macs: NonNegativeInt
    """Of the ReLU network; taps on padding left out, as in SynOps."""
    ann_macs_padded: NonNegativeInt
    """Of the ReLU network; taps on padding counted, as most papers do."""
    constant_macs: NonNegativeInt
    """Of the spiking network on constant currents: once an image, or at every step if nothing is cached."""
    changing_macs_per_step: NonNegativeInt
    """Of the spiking network on currents that change: at every step."""
    macs_on_spikes: NonNegativeInt | None = None
    """Of the ReLU network, in the nodes that read spikes of neurons; None in older runs."""


class NetworkSummary(_Record):
    """The network that was simulated."""

    name: Name
    sha256: str
    source_name: Name | None
    method: Name
    options: Annotated[dict[str, Any], BeforeValidator(plain_values)]
    citations: tuple[Name, ...]


class DataSummary(_Record):
    """The images that were simulated."""

    name: Name
    sha256: str


class RunSummary(_Record):
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
            "beyond_amplitude": None,
        }
        if not self.images or self._spikes is None or self._synops is None:
            return empty
        both = self._labelled and self._referenced
        return {
            "accuracy": self.by_step(self._right) if self._labelled else None,
            "agreement": self.by_step(self._alike) if self._referenced else None,
            "top5": self.by_step(self._top5) if self._top5 is not None and self._labelled else None,
            "spikes_per_image": self.by_step(self._spikes.sum(axis=0).cumsum()[self._at]),
            "synops_per_image": self.by_step(self._synops.sum(axis=0).cumsum()[self._at]),
            "reference_accuracy": self._reference_right / self.images if both else None,
            "layers": self._layers(self._spikes.sum(axis=1), self._synops.sum(axis=1)),
            "beyond_amplitude": self._beyond,
        }

    def _layers(self, spikes: Array, synops: Array) -> tuple[LayerSummary, ...]:
        result = []
        for layer in layers(self._network):
            fired = 0.0 if layer.spikes is None else float(spikes[layer.spikes]) / self.images
            result.append(
                LayerSummary(
                    name=layer.name,
                    neurons=layer.neurons,
                    spikes_per_image=fired,
                    mean_rate=fired / (layer.neurons * self._steps) if layer.neurons else None,
                    synops_per_image=float(sum(int(synops[row]) for row in layer.synapses)) / self.images,
                    fed_operations=self._fed.get(layer.name, 0),
                )
            )
        return tuple(result)
