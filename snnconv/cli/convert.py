"""``snnconv convert``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from snnconv.choices import Compensation, Encoding, Layout
from snnconv.cli.conversion_flags import CONVERSION, ConversionFlags
from snnconv.cli.options import Data, LayoutOption, MemoryLimit
from snnconv.cli.terminal import Terminal
from snnconv.cli.text.conversion import print_conversion


def convert_cli(
    terminal: Terminal,
    model: Annotated[Path, typer.Argument(help="The trained model, an ONNX file.", metavar="MODEL.onnx")],
    calibration: Annotated[
        Path, typer.Option("--calibration", help="Its calibration.", metavar="X.calib", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.", metavar="NET.snn", show_default=False)],
    options: Annotated[ConversionFlags, CONVERSION],
    data: Data | None = None,
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

    if data is None and samples is not None:
        raise UsageError("--samples counts images of --data; give --data, or leave --samples out")
    if data is None and layout is not Layout.AUTO:
        raise UsageError("--layout is the order of axes of --data; give --data, or leave --layout out")
    with terminal.stages() as progress:
        _, summary = commands.convert(
            model,
            calibration,
            out,
            ConversionOptions(**_values(terminal, options)),
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


def _values(terminal: Terminal, given: ConversionFlags) -> dict[str, Any]:
    """Give the fields of `ConversionOptions` that were given."""
    from snnconv.errors import UsageError

    values: dict[str, Any] = dict(given)
    percentile, potential = given.get("percentile", 100.0), given.get("initial_potential", 0.0)
    if not 0 < percentile <= 100:
        raise UsageError(f"--percentile {percentile:g} must lie above 0 and at most at 100")
    if percentile <= 1:
        terminal.say(f"warning: --percentile {percentile:g} is one of 100, {100 * percentile:g} may be meant")
    if not 0 <= potential < 1:
        raise UsageError(f"--initial-potential {potential:g} must lie at 0 or above, and below 1")
    if "encoding" in given:
        values["encoding"] = Encoding(given["encoding"].value)
    if "compensation" in given:
        values["compensation"] = _compensation(given["compensation"])
    return values


def _compensation(text: str) -> Compensation | float:
    """Read ``--compensation``."""
    from snnconv.conversion.options import LARGEST_FACTOR
    from snnconv.errors import UsageError

    if text.lower() in [mode.value for mode in Compensation]:
        return Compensation(text.lower())
    try:
        factor = float(text)
    except ValueError:
        factor = float("nan")
    if not 0 < factor <= LARGEST_FACTOR:
        raise UsageError(
            f"--compensation {text}: give search, layerwise, none, or a factor above 0, at most {LARGEST_FACTOR:g}"
        )
    return factor
