"""What a diagnosis says: the split of the loss, the layers, the findings."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveInt

from snnconv.runs.observation import ErrorGrowth, LayerErrors
from snnconv.runs.summary import Name


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PartName(StrEnum):
    """One imperfection that a network has and its model has not, in the order in which they are put in."""

    WEIGHTS = "weights"
    """The network's weights, with its shortcuts put right and without compensation, do not compute the model."""
    SHORTCUTS = "shortcuts"
    """Identity shortcuts weigh something else than λ_in/λ_out."""
    CLIPPING = "clipping"
    """Activations above λ are cut off: what T → ∞ leaves."""
    STEPS = "steps"
    """T steps instead of infinitely many."""
    RANGE = "range"
    """λ far above the activations, so that T steps resolve less."""
    READOUT = "readout"
    """Spikes of the classes are counted, instead of the current that reached them."""
    INITIAL = "initial potential"
    RESET = "reset"
    """Reset to zero instead of subtraction."""
    ENCODING = "encoding"
    """Poisson spikes instead of a constant current."""
    COMPENSATION = "compensation"
    """ζ on the weights."""


class Stage(_Record):
    """A network between the model and the one that is diagnosed."""

    last: PartName | None
    """The imperfection that was put in last; None: the ONNX model itself."""
    agreement: float | None
    """Share of images on which it decides as the ONNX model does; None where there are no classes."""
    accuracy: float | None
    """Share of labelled images on which it is right; None without labels."""
    error: NonNegativeFloat
    """Mean of |a/λ − value| over all neurons and images."""

    @property
    def kept(self) -> float:
        """The share of decisions that are the model's: all of none where there are no classes."""
        return 1.0 if self.agreement is None else self.agreement


class Part(_Record):
    """What one imperfection costs: the stage before it minus the stage with it. Below 0 it helps."""

    name: PartName
    lost: float | None
    """Share of agreement; all parts add up to 1 − agreement of the network. None where there are no classes."""
    accuracy_lost: float | None
    """Share of accuracy; all parts add up to the model's accuracy minus the network's. None without labels."""
    error: float
    """Of the mean |a/λ − value|."""

    @property
    def costs(self) -> float:
        """The share of decisions that it costs: none where there are no classes."""
        return 0.0 if self.lost is None else self.lost


class DiagnosedLayer(LayerErrors):
    """The errors of a layer, and where they come from; means over its neurons and the images."""

    least_error: NonNegativeFloat
    """Mean distance of clip(a/λ, 0, 1) from a multiple of 1/T: what any network loses in T steps."""
    clipping_error: NonNegativeFloat
    """Mean of |a/λ − value| in the limit T → ∞, where every ReLU is clipped at its λ."""
    time_error: NonNegativeFloat
    """Mean of |value in that limit − rate|."""
    used: NonNegativeFloat
    """The 99.9th percentile of a/λ: how much of the range up to λ these images use."""
    beyond_tolerance: bool
    """Whether the mean |error| exceeds `least_error` by more than the tolerance."""


class Growing(_Record):
    """The network at another number of steps, without Poisson noise, compensation or reset to zero."""

    steps: PositiveInt
    images: PositiveInt
    agreement: float | None
    """Share of images on which it decides as in the limit T → ∞; None where there are no classes."""
    error: NonNegativeFloat
    """Mean of |value in the limit T → ∞ − rate| over all neurons."""

    @property
    def kept(self) -> float:
        """The share of decisions that are those of the limit: all of none where there are no classes."""
        return 1.0 if self.agreement is None else self.agreement


class Severity(StrEnum):
    """What a cause does on the diagnosed images."""

    LOSS = "loss"
    """It costs decisions, more than the choice of images explains."""
    ERROR = "error"
    """It makes errors beyond the tolerance, but costs no decisions here."""
    NONE = "none"
    """Nothing is wrong."""


class CauseName(StrEnum):
    """The causes, in the order that decides between equal weights: what explains more comes first."""

    PREPROCESSING = "preprocessing"
    OTHER_DATA = "other-data"
    SILENT_LAYER = "silent-layer"
    SHORTCUT = "shortcut-not-normalised"
    NOT_THE_MODEL = "not-the-model"
    SATURATION = "percentile-too-low"
    READOUT = "readout-by-count"
    WIDE_RANGE = "scale-too-large"
    RESET = "reset-to-zero"
    COMPENSATION = "compensation-too-strong"
    INITIAL = "initial-potential"
    POISSON = "poisson-noise"
    FEW_STEPS = "too-few-steps"
    NOTHING = "nothing-wrong"


class Finding(_Record):
    """A cause, what speaks for it, and what to do."""

    cause: CauseName
    layer: Name | None
    """The layer of neurons where it is, or begins."""
    severity: Severity
    lost: float | None
    """Share of the images whose decision it costs; None where that is not measured."""
    error: float | None
    """What it adds to the mean |a/λ − value| of all neurons; None where that is not measured."""
    evidence: str
    """What was measured, in a sentence or two."""
    advice: str
    """What to do."""
    command: str | None
    """A command line that does it, where there is one."""


class Diagnosis(_Record):
    """What ``snnconv diagnose --json`` prints and ``-o`` writes."""

    format: Literal["snnconv.diagnosis"] = "snnconv.diagnosis"
    version: Literal[1] = 1
    network: Name
    network_sha256: str
    reference: Name
    reference_sha256: str
    calibration: Name | None
    """The calibration that was looked at, if any."""
    data: Name
    images: PositiveInt
    labelled: NonNegativeInt
    """How many of the images have a label."""
    choice: str
    """SHA-256 over the identities of the images, as a calibration has it."""
    steps: PositiveInt
    encoding: str
    seed: NonNegativeInt | None
    """Of a Poisson input; None with a constant one."""
    backend: str
    tolerance: float
    """What the mean |error| of a layer may be beyond `least_error`."""
    layers: tuple[DiagnosedLayer, ...]
    left_out: tuple[Name, ...]
    """Layers of neurons that stand for no value of the ONNX model."""
    first_beyond_tolerance: Name | None
    """The first layer whose error breaks the tolerance."""
    growth: ErrorGrowth | None
    """None below 2 layers, and where the errors follow no such growth: the best q lies at an end of those searched."""
    error: float
    """Mean over all neurons and images."""
    absolute_error: float
    tau_max: float | None
    """1 / mean highest rate of the last layer: what bounds a compensation factor. None where that layer is silent."""
    agreement: float | None
    """Share of images on which the network decides as the ONNX model does; None where there are no classes."""
    agreement_low: float | None
    agreement_high: float | None
    """Ends of Wilson's 95 % interval of it."""
    accuracy: float | None
    """Of the network on the labelled images; None without labels."""
    model_accuracy: float | None
    stages: tuple[Stage, ...]
    """From the ONNX model to the network, one imperfection more in each."""
    parts: tuple[Part, ...]
    """What each of them costs."""
    growing: tuple[Growing, ...]
    """The same network at other numbers of steps, where that was tried."""
    findings: tuple[Finding, ...]
    """The heaviest first."""
