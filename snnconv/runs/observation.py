"""``observation.json`` of a run folder: what single neurons did on the first images, and how far they are from the ANN.

A simulation counts by layer. Of the first few images it also keeps what a picture needs: histograms of rates, rates
against activations, spikes of a few neurons, feature maps. `snnconv.measuring.observe` makes it.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from snnconv.account.neurobench import NeuroBench
from snnconv.errors import RunError
from snnconv.files.records import validated
from snnconv.runs.observation_check import contradictions
from snnconv.runs.run_folder import OBSERVATION, REPEAT, RunFolder
from snnconv.runs.summary import Name, RunSummary

FORMAT: Final = "snnconv.observation"
VERSION: Final = 1

RATE_BINS: Final = 40
"""Bins of equal width over rates 0 … 1; the last one holds 1. Silent neurons are counted in the first, and apart."""
DENSITY_BINS: Final = 30
"""Bins over rates 0 … 1, the last one with 1, and over a/λ of 0 … 1.2: the first one also holds all that is less, the
last one all that is more."""
DENSITY_END: Final = 1.2
RASTER_STEPS: Final = 512
"""A raster has the spikes of the first so many steps: its size does not grow with T."""
MAP_LAYERS: Final = 8
"""Layers with feature maps, at most."""
MAP_IMAGES: Final = 2
MAP_SIDE: Final = 56
"""Larger maps are averaged over squares until they have at most so many rows and columns."""
PICTURE_SIDE: Final = 112
"""The same for the images themselves."""

Bin = Annotated[int, Field(ge=0, lt=DENSITY_BINS)]
Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[int, Field(ge=0, le=255)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LayerErrors(_Record):
    """The errors of a layer of neurons: rates, means over its neurons and the images where nothing else is said."""

    depth: PositiveInt
    """l: the layers of neurons are counted from 1, from the input on."""
    name: Name
    source: Name
    """The ONNX value that it stands for."""
    neurons: PositiveInt
    mean_rate: float
    highest_rate: float
    """Of all neurons and images."""
    mean_highest_rate: float
    """Mean over the images of the highest rate in each."""
    local_error: float
    """V(T)/(θT): what is on the membranes (Hu et al., Eq. 9)."""
    absolute_local_error: float
    error: float
    """clip(a/λ, 0, 1) − rate, accumulated over the layers before (Eq. 11)."""
    absolute_error: float
    most_active_error: float
    """Of the neuron that fired most in an image, the first among equals (Fig. 4)."""
    saturated: float
    """Share of activations beyond λ: their rate cannot follow."""
    silent: float
    """Share of neurons that never fired though their activation is above 0."""
    correlation: float | None
    """Pearson's, of rates and a/λ; None where one of them does not vary."""


class ErrorGrowth(_Record):
    """p · q^l fitted to the errors of the most active neurons (Eq. 12)."""

    p: float
    q: float
    adjusted_r2: float | None
    """None below 3 layers, and where all errors are the same."""


class ObservedLayer(_Record):
    """A layer of neurons over the observed images."""

    depth: PositiveInt
    name: Name
    shape: tuple[PositiveInt, ...]
    """Of one image, channels first."""
    mean_rate: Share
    highest_rate: Share
    """Of all neurons and images."""
    silent_neurons: Share
    """Share of neurons that fired in no observed image."""
    rates: Annotated[tuple[NonNegativeInt, ...], Field(min_length=RATE_BINS, max_length=RATE_BINS)]
    """Neurons (each counted once for every image) by rate, `RATE_BINS` numbers."""
    never_fired: NonNegativeInt
    """Of those in the first bin, the ones with rate 0."""
    membrane_updates: NonNegativeFloat | None
    """In the first image: how often a membrane after a step differed from the one before, each neuron's first step
    counted as a difference. NeuroBench's definition, of the membrane after its reset. None where not counted."""
    errors: LayerErrors | None
    """None without a reference, and where the layer stands for no value of the model or its spikes carry not 1."""
    density: tuple[tuple[Bin, Bin, PositiveInt], ...] | None
    """(bin of a/λ, bin of rate, neurons), where there are any; None as `errors`."""


class RasterRow(_Record):
    """The spikes of one neuron."""

    layer: Name
    neuron: tuple[NonNegativeInt, ...]
    """Its place, channels first."""
    steps: tuple[PositiveInt, ...]
    """The time steps in which it fired, counted from 1, up to `RASTER_STEPS`."""


class Raster(_Record):
    """The spikes of a few neurons of each layer in one image.

    Of each layer up to 3 of those that fired: the most active one, the one that 90 % are not more active than, and the
    median; each once.
    """

    image: NonNegativeInt
    rows: tuple[RasterRow, ...]


class FeatureMap(_Record):
    """One channel of a layer in one image: the one with the largest mean activation, without reference mean rate.

    Numbers have 4 decimals. Maps larger than `MAP_SIDE` are averaged over squares.
    """

    image: NonNegativeInt
    layer: Name
    channel: NonNegativeInt
    rate: tuple[tuple[float, ...], ...]
    """(H, W), rows from the top."""
    activation: tuple[tuple[float, ...], ...] | None
    """a/λ of the model, not clipped; None where the layer has no `errors`."""


class ObservedImage(_Record):
    """An observed image and what was decided on it."""

    position: NonNegativeInt
    label: NonNegativeInt | None
    decision: NonNegativeInt | None
    """After the last step; None where the network gives one number and no classes."""
    model_decision: NonNegativeInt | None
    picture: tuple[tuple[tuple[Level, ...], ...], ...] | None
    """(H, W, 3) or (H, W, 1), as it entered the network (preprocessed, red first), stretched to 0 … 255; averaged over
    squares where it is larger than `PICTURE_SIDE`. None for those that no feature map shows, and for images of other
    than 1 or 3 channels."""


class Observation(_Record):
    """What the neurons did on the first images of a run."""

    format: Literal["snnconv.observation"] = FORMAT
    version: Literal[1] = VERSION
    network_sha256: str
    steps: PositiveInt
    encoding: str
    seed: NonNegativeInt | None
    images: tuple[ObservedImage, ...]
    layers: tuple[ObservedLayer, ...]
    growth: ErrorGrowth | None
    """None without errors, or below 2 layers."""
    raster: Raster
    neurobench: NeuroBench
    """The metrics on the first image alone, which is simulated one step at a time."""
    maps: tuple[FeatureMap, ...]


def load_observation(folder: RunFolder, summary: RunSummary) -> Observation | None:
    """Read the ``observation.json`` of a run folder and check it; None where there is none.

    Parameters
    ----------
    folder : RunFolder
    summary : RunSummary
        The folder's own.

    Raises
    ------
    RunError
        If the file is damaged or newer, or contradicts itself or the summary.
    """
    content, path = folder.read_observation(), folder.path / OBSERVATION
    if content is None:
        return None
    seen = validated(Observation, content, path, REPEAT)
    for reason in contradictions(seen, summary):
        raise RunError(f"{path} is damaged: {reason}; {REPEAT}")
    return seen
