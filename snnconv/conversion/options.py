"""The options of a conversion, as they are written into the network's file."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from snnconv.choices import Granularity, MaxPooling, Preset, ReadoutMode, Shortcut


class ConversionOptions(BaseModel):
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
    max_pooling : MaxPooling
        Of spikes by a gate (the paper's network), or of currents.
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
    max_pooling: MaxPooling = MaxPooling.GATE
    readout: ReadoutMode = ReadoutMode.SPIKES
    steps: PositiveInt = 350
