"""``snnconv convert``."""

from pathlib import Path
from typing import Annotated

import typer

from snnconv.choices import Granularity, Layout, MaxPooling, Preset, ReadoutMode, Shortcut
from snnconv.cli.options import Data, LayoutOption, MaxPoolingOption, MemoryLimit
from snnconv.cli.terminal import Terminal


def convert_cli(
    terminal: Terminal,
    model: Annotated[Path, typer.Argument(help="The trained model, an ONNX file.", metavar="MODEL.onnx")],
    calibration: Annotated[
        Path, typer.Option("--calibration", help="Its calibration.", metavar="X.calib", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.", metavar="NET.snn", show_default=False)],
    preset: Annotated[Preset, typer.Option("--preset", help="The published method.")] = Preset.PAPER,
    steps: Annotated[int, typer.Option("--steps", min=1, help="T, the default number of time steps.")] = 350,
    percentile: Annotated[
        float,
        typer.Option("--percentile", help="Of the activations: the scale of a layer. 100 is the maximum."),
    ] = 99.9,
    nonzero: Annotated[
        bool, typer.Option("--nonzero", help="Take the percentile over non-zero activations only.")
    ] = False,
    granularity: Annotated[
        Granularity, typer.Option("--granularity", help="One scale per layer (the paper) or per channel.")
    ] = Granularity.LAYER,
    initial_potential: Annotated[
        float, typer.Option("--initial-potential", help="Membrane at the start, as a part of the threshold.")
    ] = 0.0,
    shortcut: Annotated[
        Shortcut, typer.Option("--shortcut", help="Normalised, or weight 1 (the paper's control).")
    ] = Shortcut.NORMALISED,
    readout: Annotated[
        ReadoutMode,
        typer.Option("--readout", help="Count output spikes (the paper), or add up the classifier's current."),
    ] = ReadoutMode.SPIKES,
    max_pooling: MaxPoolingOption = MaxPooling.GATE,
    compensation: Annotated[
        str, typer.Option("--compensation", help="Of propagation errors; only 'none' exists so far.")
    ] = "none",
    data: Data = None,
    samples: Annotated[int | None, typer.Option("--samples", min=1, help="Images of --data for the check.")] = None,
    layout: LayoutOption = Layout.AUTO,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Compare the network with the ONNX model.")
    ] = True,
    memory_limit: MemoryLimit = None,
) -> None:
    """Convert a calibrated model into a spiking network.

    Folds BatchNorm, scales every layer and shortcut by its activations' percentile, and puts IF neurons with reset by
    subtraction in the place of ReLUs.

    Example: snnconv convert resnet.onnx --calibration resnet.calib --readout current -o resnet.snn
    """
    from snnconv.cli.options import bytes_of
    from snnconv.commands import convert as commands
    from snnconv.conversion.options import ConversionOptions
    from snnconv.errors import UsageError

    if compensation != "none":
        raise UsageError(f"--compensation {compensation}: only 'none' exists in this version")
    if not 0 < percentile <= 100:
        raise UsageError(f"--percentile {percentile:g} must lie above 0 and at most at 100")
    if not 0 <= initial_potential < 1:
        raise UsageError(f"--initial-potential {initial_potential:g} must lie at 0 or above, and below 1")
    if data is None and samples is not None:
        raise UsageError("--samples counts images of --data; give --data, or leave --samples out")
    if data is not None and not verify:
        raise UsageError("--data is for the check that --no-verify leaves out; give one of the two")
    options = ConversionOptions(
        preset=preset,
        percentile=percentile,
        nonzero=nonzero,
        granularity=granularity,
        initial_potential=initial_potential,
        shortcut=shortcut,
        max_pooling=max_pooling,
        readout=readout,
        steps=steps,
    )
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
        memory_limit=bytes_of(memory_limit),
    )
    if terminal.json:
        terminal.result(summary)
        return
    nodes = ", ".join(f"{count} {kind}" for kind, count in summary.nodes.items())
    rows = [
        ("method", summary.method),
        ("options", ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in summary.options.items())),
        ("neurons", f"{summary.neurons:,}"),
        ("parameters", f"{summary.parameters:,}"),
        ("nodes", nodes),
        ("time steps", str(summary.steps)),
        ("parity with the ONNX model", _parity(summary)),
    ]
    terminal.table(summary.file, ("", ""), rows, left=2)
    terminal.say(f"wrote {out}")


def _parity(summary: "ConversionSummary") -> str:  # type: ignore[name-defined]  # noqa: F821 - imported when it runs
    parity = summary.parity
    if parity is None:
        return "not checked (--no-verify)"
    source = "inputs drawn within the calibrated range" if parity.drawn else "images of --data"
    return f"largest error {parity.largest_error:.1e} (limit {parity.tolerance:.0e}) on {parity.images} {source}"
