"""The report as a file: ``snnconv.report``."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from snnconv.reporting.energy.price import EnergyEstimate
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.runtime.summary import LayerSummary, RunSummary

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
