"""The report as a file: ``snnconv.report``."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from snnconv.account.neurobench import NeuroBench
from snnconv.reporting.counting.dense_rate import DenseRateCounts
from snnconv.reporting.counting.ms_resnet import MsResNetCounts
from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.price import EnergyEstimate
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.runs.observation import Observation
from snnconv.runs.summary import LayerSummary, Name, RunSummary

FORMAT: Final = "snnconv.report"
VERSION: Final = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StepRow(_Record):
    """The spiking network after some steps. Shares lie in [0, 1]; intervals are 95 %."""

    step: int
    accuracy: float | None
    """None without labels."""
    accuracy_low: float | None
    accuracy_high: float | None
    """Wilson's interval."""
    loss_points: float | None
    """Accuracy of the ONNX model minus that of the spiking network on the same images, in percentage points.

    None without labels or reference.
    """
    loss_points_low: float | None
    loss_points_high: float | None
    """The paired interval of Agresti and Min."""
    agreement: float | None
    """Share of images on which both decide alike; None without reference."""
    top5: float | None
    """None without labels, or with five classes or fewer."""
    spikes_per_image: float
    synops_per_image: float
    ac_per_mac: float | None = None
    """As `Report.ac_per_mac`, after this step."""


class AnnResult(_Record):
    """The ONNX model on the same images."""

    accuracy: float
    accuracy_low: float
    accuracy_high: float
    """Wilson's 95 % interval."""


class LayerRow(LayerSummary):
    """A layer at the last step."""

    synops_share: float | None
    """Part of the network's SynOps; None where it has none."""
    spikes_per_neuron: float | None = None
    """Mean over images and neurons of the spikes so far; None without neurons."""


class Curve(_Record):
    """The run after every step, or after at most 500 of them; shares in [0, 1], intervals 95 %."""

    steps: tuple[int, ...]
    accuracy: tuple[float, ...] | None
    accuracy_low: tuple[float, ...] | None
    accuracy_high: tuple[float, ...] | None
    """None without labels."""
    agreement: tuple[float, ...] | None
    """None without reference."""
    spikes_per_image: tuple[float, ...]
    synops_per_image: tuple[float, ...]
    """So far, mean over the images."""


class LayerCurve(_Record):
    """A layer after each step of `accuracy_by_step`: so far, mean over the images."""

    name: str
    spikes_per_image: tuple[float, ...]
    """0 without neurons."""
    synops_per_image: tuple[float, ...] | None
    """None in older runs."""


class ClassRow(_Record):
    """The images of one class at the last step."""

    label: int
    images: int
    right: int
    ann_right: int | None
    """None without reference."""


class Confusion(_Record):
    """A pair of label and decision at the last step, and how many images have it."""

    label: int
    decision: int
    images: int


class Fact(_Record):
    """One line of the method box: what was counted and how, or what was assumed."""

    title: str
    text: str


class CountedOtherwise(_Record):
    """The same run, counted as others do; ``docs/counting.md`` says how. None where a run cannot be counted so."""

    ms_resnet: MsResNetCounts | None
    dense_rate: DenseRateCounts | None
    """As syops-counter does."""
    snn_toolbox: float | None
    """Operations per image."""


class Provenance(_Record):
    """What a run was made of."""

    command_line: tuple[str, ...]
    versions: dict[str, str]
    request: dict[str, Any]
    """As ``run.json`` has it: names, hashes, options."""


class Report(_Record):
    """A run in numbers, with intervals and prices."""

    format: Literal["snnconv.report"] = FORMAT
    version: Literal[1] = VERSION
    complete: bool
    """False where the run is unfinished: all numbers are of the images so far."""
    run: RunSummary
    accuracy_by_step: tuple[StepRow, ...]
    ann: AnnResult | None
    """None without labels or reference."""
    near_chance: str | None = None
    """That the ONNX model, or the spiking network at the last step, does hardly better than guessing; else None."""
    synops_per_mac: float | None
    """SynOps of the spiking network at the last step / `operations.ann_macs`."""
    ac_per_mac: float | None = None
    """Accumulations per MAC as Sengupta et al. (2019), section 7.4, count them, at the last step.

    Σ over the layers of neurons of `spikes_per_neuron` · `fed_operations`, / `operations.macs_on_spikes`. None in
    older runs, and where no weighted node reads spikes.
    """
    layers: tuple[LayerRow, ...]
    energy: tuple[EnergyEstimate, ...]
    profiles: tuple[EnergyProfile, ...]
    """What `energy` was priced with, in the same order: prices, sources and notes stay with the numbers."""
    curve: Curve
    layer_curves: tuple[LayerCurve, ...]
    """In the order of `layers`."""
    classes: tuple[ClassRow, ...] | None
    """Classes that occur among the labels; None without labels."""
    confusions: tuple[Confusion, ...] | None
    """Pairs that occur, right ones too; None without labels."""
    ann_counts: AnnCounts
    snn_counts: SnnCounts
    counted_otherwise: CountedOtherwise
    neurobench: NeuroBench | None
    """NeuroBench's metrics as far as the counts of the run give them; `observation` has them all. None: older runs."""
    method: tuple[Fact, ...]
    """The method box: how everything here was counted."""
    provenance: Provenance
    citations: tuple[str, ...]
    """BibTeX entries of the methods that were used."""
    observation: Observation | None
    """What single neurons did on the first images; None where the run did not observe."""


class Gain(_Record):
    """Accuracy of a run minus that of the first run on the same images, in percentage points."""

    points: float
    low: float
    high: float
    """The paired 95 % interval of Agresti and Min."""


class Comparison(_Record):
    """Several runs side by side."""

    format: Literal["snnconv.comparison"] = "snnconv.comparison"
    version: Literal[1] = 1
    folders: tuple[Name, ...]
    """As they were named."""
    runs: tuple[Report, ...]
    gains: tuple[Gain | None, ...]
    """Of the second and later runs, each at its last step; None where the images differ or have no labels."""
