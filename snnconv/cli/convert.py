"""``snnconv convert``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from snnconv.choices import (
    Balance,
    Compensation,
    Encoding,
    Form,
    Granularity,
    ImageEncoding,
    Layout,
    MaxPooling,
    Objective,
    Preset,
    ReadoutMode,
    Reset,
    Shortcut,
    Units,
)
from snnconv.cli.options import Data, LayoutOption, MaxPoolingOption, MemoryLimit
from snnconv.cli.terminal import Terminal
from snnconv.cli.text.conversion import print_conversion


def convert_cli(
    terminal: Terminal,
    model: Annotated[Path, typer.Argument(help="The trained model, an ONNX file.", metavar="MODEL.onnx")],
    calibration: Annotated[
        Path, typer.Option("--calibration", help="Its calibration.", metavar="X.calib", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.", metavar="NET.snn", show_default=False)],
    preset: Annotated[
        Preset, typer.Option("--preset", help="The published method; it sets what is not given below.")
    ] = Preset.PAPER,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", min=1, help="T, the default number of time steps; the preset's by default.", metavar="T"
        ),
    ] = None,
    percentile: Annotated[
        float | None,
        typer.Option(
            "--percentile",
            help="Of the activations: the scale of a layer. 100 is the maximum; the preset's by default.",
            metavar="P",
        ),
    ] = None,
    nonzero: Annotated[
        bool, typer.Option("--nonzero", help="Take the percentile over non-zero activations only.")
    ] = False,
    granularity: Annotated[
        Granularity, typer.Option("--granularity", help="One scale per layer (the paper) or per channel.")
    ] = Granularity.LAYER,
    initial_potential: Annotated[
        float,
        typer.Option("--initial-potential", help="Membrane at the start, as a part of the threshold.", metavar="V"),
    ] = 0.0,
    reset: Annotated[
        Reset | None, typer.Option("--reset", help="What a spike does to the membrane; the preset's by default.")
    ] = None,
    encoding: Annotated[
        ImageEncoding | None, typer.Option("--encoding", help="How the image enters; as the preset says by default.")
    ] = None,
    shortcut: Annotated[
        Shortcut | None,
        typer.Option("--shortcut", help="What identity shortcuts weigh: normalised, 1, or as their path."),
    ] = None,
    readout: Annotated[
        ReadoutMode,
        typer.Option("--readout", help="Count output spikes (the paper), or add up the classifier's current."),
    ] = ReadoutMode.SPIKES,
    max_pooling: MaxPoolingOption = MaxPooling.GATE,
    compensation: Annotated[
        str | None,
        typer.Option(
            "--compensation",
            help="Weights times ζ: search (the paper), layerwise, none, or a number; the preset's by default.",
            metavar="search|layerwise|none|FACTOR",
        ),
    ] = None,
    objective: Annotated[
        Objective, typer.Option("--objective", help="Of the search: the least error (Eq. 13), or the most agreement.")
    ] = Objective.ERROR,
    compensate_biases: Annotated[bool, typer.Option("--compensate-biases", help="Multiply biases by ζ too.")] = False,
    form: Annotated[Form, typer.Option("--form", help="Scales in the weights, or in the thresholds.")] = Form.WEIGHTS,
    balance: Annotated[
        Balance,
        typer.Option("--balance", help="Of spike-norm: thresholds from spikes, or from the largest activations."),
    ] = Balance.SPIKES,
    units: Annotated[
        Units, typer.Option("--units", help="Of spike-norm: thresholds in residual units, 1 or balanced.")
    ] = Units.ONE,
    data: Data = None,
    samples: Annotated[
        int | None,
        typer.Option("--samples", min=1, help="Images of --data that the method, or the check, looks at.", metavar="N"),
    ] = None,
    layout: LayoutOption = Layout.AUTO,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Compare the network with the ONNX model.")
    ] = True,
    memory_limit: MemoryLimit = None,
) -> None:
    """Convert a calibrated model into a spiking network.

    Folds BatchNorm, scales every layer and shortcut by its activations' percentile, puts IF neurons in the place of
    ReLUs, and searches the factor that makes up for errors that grow with depth: on training images, given by --data.

    Example: snnconv convert resnet.onnx --calibration resnet.calib --data train.zip -o resnet.snn
    """
    from snnconv.cli.options import bytes_of
    from snnconv.commands import convert as commands
    from snnconv.conversion.options import ConversionOptions
    from snnconv.errors import UsageError

    if percentile is not None and not 0 < percentile <= 100:
        raise UsageError(f"--percentile {percentile:g} must lie above 0 and at most at 100")
    if not 0 <= initial_potential < 1:
        raise UsageError(f"--initial-potential {initial_potential:g} must lie at 0 or above, and below 1")
    if data is None and samples is not None:
        raise UsageError("--samples counts images of --data; give --data, or leave --samples out")
    if data is None and layout is not Layout.AUTO:
        raise UsageError("--layout is the order of axes of --data; give --data, or leave --layout out")
    given: dict[str, Any] = {
        "steps": steps,
        "percentile": percentile,
        "reset": reset,
        "encoding": None if encoding is None else Encoding(encoding.value),
        "shortcut": shortcut,
        "compensation": None if compensation is None else _compensation(compensation),
    }
    options = ConversionOptions(
        preset=preset,
        nonzero=nonzero,
        granularity=granularity,
        initial_potential=initial_potential,
        max_pooling=max_pooling,
        readout=readout,
        objective=objective,
        compensate_biases=compensate_biases,
        form=form,
        balance=balance,
        units=units,
        **{name: value for name, value in given.items() if value is not None},
    )
    with terminal.stages() as progress:
        _, summary = commands.convert(
            model,
            calibration,
            out,
            options,
            data=data,
            samples=samples,
            layout=layout,
            verify=verify,
            seed=terminal.seed,
            threads=terminal.threads,
            memory_limit=bytes_of(memory_limit),
            progress=progress,
        )
    terminal.did(f"convert: wrote {out}, {summary.neurons} neurons, T = {summary.steps}")
    if terminal.json:
        terminal.result(summary)
        return
    print_conversion(terminal, summary)
    terminal.say(f"wrote {out}")


def _compensation(text: str) -> Compensation | float:
    """Read ``--compensation``."""
    from snnconv.conversion.options import LARGEST_FACTOR
    from snnconv.errors import UsageError

    if text in [mode.value for mode in Compensation]:
        return Compensation(text)
    try:
        factor = float(text)
    except ValueError:
        factor = float("nan")
    if not 0 < factor <= LARGEST_FACTOR:
        raise UsageError(
            f"--compensation {text}: give search, layerwise, none, or a factor above 0, at most {LARGEST_FACTOR:g}"
        )
    return factor
