"""The options of a conversion, as they are written into the network's file."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from snnconv.ir.nodes import ReadoutMode


class Preset(StrEnum):
    """A published method."""

    PAPER = "paper"
    """Hu, Tang, Pan: Spiking Deep Residual Networks."""


class Granularity(StrEnum):
    """One scale λ for a layer, as in the paper, or one for each channel."""

    LAYER = "layer"
    CHANNEL = "channel"


class Shortcut(StrEnum):
    """Identity shortcuts weigh λ_in/λ_out (Hu et al., Eq. 5-6), or 1 (the paper's control)."""

    NORMALISED = "normalised"
    UNNORMALISED = "unnormalised"


class Options(BaseModel):
    """Options of a conversion.

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
    shortcut : Shortcut
        What identity shortcuts weigh.
    readout : ReadoutMode
        ``spikes``: layers of neurons after pooling and classifier, spikes are counted (the paper's network).
        ``current``: neither, the classifier's current is accumulated.
    steps : int
        T, the default number of time steps.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Preset = Preset.PAPER
    percentile: Annotated[float, Field(gt=0, le=100)] = 99.9
    nonzero: bool = False
    granularity: Granularity = Granularity.LAYER
    initial_potential: Annotated[float, Field(ge=0, lt=1)] = 0.0
    shortcut: Shortcut = Shortcut.NORMALISED
    readout: ReadoutMode = ReadoutMode.SPIKES
    steps: PositiveInt = 350
