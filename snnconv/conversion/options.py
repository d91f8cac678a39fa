"""The options of a conversion, as they are written into the network's file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from snnconv.choices import (
    Balance,
    Compensation,
    Encoding,
    Form,
    Granularity,
    MaxPooling,
    Objective,
    Preset,
    ReadoutMode,
    Reset,
    Shortcut,
    Units,
)

PRESETS: Mapping[Preset, Mapping[str, Any]] = MappingProxyType(
    {
        Preset.PAPER: {},
        Preset.SPIKE_NORM: {
            "percentile": 100.0,
            "shortcut": Shortcut.EQUAL,
            "compensation": Compensation.NONE,
            "encoding": Encoding.POISSON,
            "reset": Reset.ZERO,
            "steps": 2500,
        },
    }
)
"""Where a published method differs from the defaults below, which are those of Hu et al."""


LARGEST_FACTOR = 100.0
"""ζ beyond it is a slip: every neuron that gets any input then fires at every step."""


class ConversionOptions(BaseModel):
    """Options of a conversion. What is not given is as the preset says.

    Attributes
    ----------
    preset : Preset
        The published method.
    percentile : float
        Of the activations, per layer or channel: λ. 100 is the maximum.
    nonzero : bool
        Take the percentile over non-zero activations only.
    granularity : Granularity
        λ per layer or per channel.
    initial_potential : float
        Membrane before the first step, as a part of the threshold.
    reset : Reset
        Subtract the threshold, or set the membrane to zero.
    encoding : Encoding
        How the image enters: a constant current, or a Poisson train of signed spikes.
    shortcut : Shortcut
        What identity shortcuts weigh.
    max_pooling : MaxPooling
        Of spikes by a gate (the paper's network), or of currents.
    readout : ReadoutMode
        ``spikes``: layers of neurons after pooling and classifier, spikes are counted (the paper's network).
        ``current``: neither, the classifier's current is accumulated.
    steps : int
        T, the default number of time steps.
    compensation : Compensation or float
        ζ, by which the weights onto neurons are multiplied: none, searched, one per layer, or a number.
    objective : Objective
        What the search for ζ makes as good as it can.
    compensate_biases : bool
        Multiply biases too.
    form : Form
        Scales in the weights, or in the thresholds.
    balance : Balance
        Of the preset ``spike-norm``: thresholds from spikes, or from the model's largest activations.
    units : Units
        Of the preset ``spike-norm``: thresholds of residual units.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Preset = Preset.PAPER
    percentile: Annotated[float, Field(gt=0, le=100)] = 99.9
    nonzero: bool = False
    granularity: Granularity = Granularity.LAYER
    initial_potential: Annotated[float, Field(ge=0, lt=1)] = 0.0
    reset: Reset = Reset.SUBTRACT
    encoding: Literal[Encoding.CONSTANT, Encoding.POISSON] = Encoding.CONSTANT
    shortcut: Shortcut = Shortcut.NORMALISED
    max_pooling: MaxPooling = MaxPooling.GATE
    readout: ReadoutMode = ReadoutMode.SPIKES
    steps: PositiveInt = 350
    compensation: Compensation | Annotated[float, Field(gt=0, le=LARGEST_FACTOR)] = Compensation.SEARCH
    objective: Objective = Objective.ERROR
    compensate_biases: bool = False
    form: Form = Form.WEIGHTS
    balance: Balance = Balance.SPIKES
    units: Units = Units.ONE

    @model_validator(mode="before")
    @classmethod
    def _as_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {**PRESETS.get(given.get("preset", Preset.PAPER), {}), **given}
