"""What a method found, as it is printed and, in short, written into the network's file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from snnconv.choices import Balance, Objective, Units


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trial(_Record):
    """A factor that was tried, and what came of it on the samples."""

    factor: float
    error: float
    """Mean accumulated error over all neurons and images (Hu et al., Eq. 11)."""
    absolute_error: float
    """Mean of its magnitude: the objective `error`."""
    agreement: float | None
    """Share of images on which network and ONNX model decide alike; None where there are no classes."""


class SearchRecord(_Record):
    """A search for one factor (Hu et al., Eq. 12-14)."""

    kind: Literal["search"] = "search"
    images: int
    steps: int
    objective: Objective
    p: float | None
    q: float | None
    """Of the fit p·q^l to the errors of each layer's most active neuron, with ζ = 1; None where no growth fits them."""
    adjusted_r2: float | None
    tau_max: float | None
    trials: tuple[Trial, ...]
    """In the order in which they were tried; the first is ζ = 1."""
    factor: float
    note: str | None
    """Why ζ stayed 1, where it did; that ζ costs decisions, where it does."""


class LayerFactor(_Record):
    """The factor of a layer, and the errors of the layer with each factor that was tried."""

    layer: str
    highest_rate: float
    """Mean over images of the highest rate in the layer with ζ = 1."""
    tried: dict[str, float]
    """Mean |clip(a/λ, 0, 1) − rate| of the layer, by factor as text."""
    factor: float


class LayerwiseRecord(_Record):
    """One factor for each layer (Hu et al., first version)."""

    kind: Literal["layerwise"] = "layerwise"
    images: int
    steps: int
    tau_max: float | None
    """Of the network with ζ = 1 everywhere; None where its last layer never fires."""
    layers: tuple[LayerFactor, ...]
    """Empty where there was nothing to search."""
    before: Trial
    """With ζ = 1 everywhere."""
    after: Trial
    """The factor given here is the product of all."""
    note: str | None
    """Why all ζ stayed 1, where there was nothing to search."""


class LayerThreshold(_Record):
    """The threshold of a layer."""

    layer: str
    neurons: int
    threshold: float | None
    """v_th = λ_out/λ_in, λ_x being the λ of Poisson spikes of the image; None where spikes of several λ are read."""
    scale: float
    """λ_out: what one of its spikes stands for."""
    in_unit: bool
    """Whether the layer belongs to a residual unit."""


class Constraints(_Record):
    """Which of Sengupta et al.'s constraints the graph meets (sections 4.3 and 6).

    1 to 3 are of residual units, and None where there are none.
    """

    bias_free: bool
    junction_relus: bool | None
    """1: a ReLU behind each addition."""
    equal_thresholds: bool | None
    """2: the spikes that a junction adds up stand for one λ."""
    plain_layers: int
    """Layers of neurons before the first residual unit."""
    preprocessing: bool | None
    """3: at least two more of them than the one that every ResNet has."""


class BalanceRecord(_Record):
    """Balanced thresholds (Sengupta et al.)."""

    kind: Literal["balance"] = "balance"
    balance: Balance
    units: Units
    images: int
    """0 where no spikes were needed."""
    steps: int
    constraints: Constraints
    layers: tuple[LayerThreshold, ...]


Record = SearchRecord | LayerwiseRecord | BalanceRecord
