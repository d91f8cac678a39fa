"""How the options of a conversion are given; the library's own are `snnconv.conversion.options.ConversionOptions`."""

from typing import Annotated, TypedDict

import typer

from snnconv.choices import (
    Balance,
    Form,
    Granularity,
    ImageEncoding,
    Objective,
    Preset,
    ReadoutMode,
    Reset,
    Shortcut,
    Units,
)
from snnconv.cli.flags import Shown
from snnconv.cli.options import MaxPoolingOption

CONVERSION = Shown("snnconv.conversion.options:ConversionOptions", "snnconv.conversion.options:PRESETS")


class ConversionFlags(TypedDict, total=False):
    """The fields of `ConversionOptions`; those that the preset decides are not given."""

    preset: Annotated[Preset, typer.Option("--preset", help="The published method; it sets what is not given below.")]
    steps: Annotated[int, typer.Option("--steps", min=1, help="T, the default number of time steps.", metavar="T")]
    percentile: Annotated[
        float,
        typer.Option("--percentile", help="Of the activations: the scale of a layer. 100 is the maximum.", metavar="P"),
    ]
    nonzero: Annotated[
        bool,
        typer.Option("--nonzero/--no-nonzero", help="Take the percentile over non-zero activations only."),
    ]
    granularity: Annotated[
        Granularity, typer.Option("--granularity", help="One scale per layer (the paper) or per channel.")
    ]
    initial_potential: Annotated[
        float,
        typer.Option("--initial-potential", help="Membrane at the start, as a part of the threshold.", metavar="V"),
    ]
    reset: Annotated[Reset, typer.Option("--reset", help="What a spike does to the membrane.")]
    encoding: Annotated[ImageEncoding, typer.Option("--encoding", help="How the image enters.")]
    shortcut: Annotated[
        Shortcut,
        typer.Option("--shortcut", help="What identity shortcuts weigh: normalised, 1, or as their path."),
    ]
    readout: Annotated[
        ReadoutMode,
        typer.Option("--readout", help="Count output spikes (the paper), or add up the classifier's current."),
    ]
    max_pooling: MaxPoolingOption
    compensation: Annotated[
        str,
        typer.Option(
            "--compensation",
            help="Weights times ζ: search (the paper), layerwise, none, or a number.",
            metavar="search|layerwise|none|FACTOR",
        ),
    ]
    objective: Annotated[
        Objective, typer.Option("--objective", help="Of the search: the least error (Eq. 13), or the most agreement.")
    ]
    compensate_biases: Annotated[
        bool,
        typer.Option("--compensate-biases/--no-compensate-biases", help="Multiply biases by ζ too."),
    ]
    form: Annotated[Form, typer.Option("--form", help="Scales in the weights, or in the thresholds.")]
    balance: Annotated[
        Balance,
        typer.Option("--balance", help="Of spike-norm: thresholds from spikes, or from the largest activations."),
    ]
    units: Annotated[Units, typer.Option("--units", help="Of spike-norm: thresholds in residual units, 1 or balanced.")]


class NetworkFlags(TypedDict, total=False):
    """The fields that decide which nodes a network has, and so what of a model converts."""

    max_pooling: MaxPoolingOption
    readout: Annotated[
        ReadoutMode, typer.Option("--readout", help="As for convert; spikes adds neurons behind pooling.")
    ]
