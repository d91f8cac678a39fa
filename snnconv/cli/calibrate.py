"""``snnconv calibrate``."""

from pathlib import Path
from typing import Annotated, Any, TypedDict

import typer

from snnconv.choices import ChannelOrder, Interpolation, Layout
from snnconv.cli.flags import Shown
from snnconv.cli.given import check_no_numbers
from snnconv.cli.options import Classes, Data, Labels, MemoryLimit, Output, bytes_of
from snnconv.cli.terminal import Terminal
from snnconv.errors import UsageError

_GEOMETRY = Shown("snnconv.data.geometry:Geometry")


class PreprocessingFlags(TypedDict, total=False):
    """The fields of `PreprocessingOptions`, but for the geometry."""

    scale: Annotated[
        float, typer.Option("--scale", help="Divide the data by this; 255 for uint8, else 1.", metavar="X")
    ]
    mean: Annotated[
        str,
        typer.Option(
            "--mean",
            help="Then subtract: numbers by channel, 0.5,0.4,0.3, in the order of the model's channels, or an .npy.",
            metavar="NUMBERS|FILE",
        ),
    ]
    std: Annotated[str, typer.Option("--std", help="Then divide by: as --mean.", metavar="NUMBERS|FILE")]


class GeometryFlags(TypedDict, total=False):
    """The fields of `Geometry`."""

    resize: Annotated[
        str, typer.Option("--resize", help="Shorter side of image files, or height and width.", metavar="N|H,W")
    ]
    crop: Annotated[
        str, typer.Option("--crop", help="Square cut from their centre, or height and width.", metavar="N|H,W")
    ]
    interpolation: Annotated[Interpolation, typer.Option("--interpolation", help="For --resize.")]
    channels: Annotated[
        ChannelOrder,
        typer.Option("--channels", help="Channel order that the model takes, and that --mean and --std are given in."),
    ]


class ReadingFlags(TypedDict, total=False):
    """What `snnconv.calibrate` takes beside paths and preprocessing."""

    layout: Annotated[
        Layout, typer.Option("--layout", help="Order of an array's axes; auto, as it fits the model, by default.")
    ]
    labels: Labels
    classes: Classes
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, help="Images at a time; 64 by default.", metavar="N")
    ]
    output: Output


def calibrate_cli(
    terminal: Terminal,
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            help="The trained model, an ONNX file; with --merge, more calibrations.",
            metavar="MODEL.onnx|MORE.calib",
        ),
    ] = None,
    data: Data | None = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The file to write.", metavar="X.calib")] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", min=1, help="Use the first N images.", metavar="N")
    ] = None,
    *,
    preprocessing: PreprocessingFlags,
    geometry: Annotated[GeometryFlags, _GEOMETRY],
    reading: ReadingFlags,
    memory_limit: MemoryLimit = None,
    merge: Annotated[
        list[Path] | None,
        typer.Option("--merge", help="Join calibrations of one model: this file and those behind.", metavar="X.calib"),
    ] = None,
) -> None:
    """Measure a model's activations over calibration images.

    Runs the images through onnxruntime and keeps a histogram of every ReLU, pooling output and the logits, per
    channel, in memory that does not grow with the data.

    Example: snnconv calibrate resnet.onnx --data train.npz --samples 1000 --mean 0.5 --std 0.25 -o resnet.calib
    """
    from snnconv.commands import calibrate as commands
    from snnconv.data import Geometry, read_size

    inputs = inputs or []
    check_no_numbers(inputs)
    if merge:
        of_images = (data, samples, *preprocessing.values(), *geometry.values(), *reading.values())
        if any(value is not None for value in of_images) or any(path.suffix.lower() == ".onnx" for path in inputs):
            raise UsageError("--merge joins .calib files; leave out MODEL.onnx and what is said of images and outputs")
    elif len(inputs) > 1:
        raise UsageError(
            f"one MODEL.onnx is calibrated at a time, found {len(inputs)}; to join calibrations add --merge"
        )
    if out is None or not (merge or (inputs and data)):
        raise UsageError("give a MODEL.onnx, --data and --out, or --merge with two .calib files and --out")
    if merge:
        result = commands.merge_calibrations([*merge, *inputs], out)
    else:
        assert data is not None  # noqa: S101 - checked above
        asked: dict[str, Any] = dict(geometry)
        asked |= {name: read_size(asked[name], f"--{name}") for name in ("resize", "crop") if name in asked}
        with terminal.progress("calibrating") as progress:
            result = commands.calibrate(
                inputs[0],
                data,
                out,
                samples=samples,
                preprocessing=commands.PreprocessingOptions(**preprocessing, geometry=Geometry(**asked)),
                **reading,
                memory_limit=bytes_of(memory_limit),
                threads=terminal.threads,
                progress=progress,
            )
    summary = commands.summarise(result, out)
    terminal.did(f"calibrate: wrote {out}, {len(summary.values)} values over {summary.images} images")
    if terminal.json:
        terminal.result(summary)
        return
    accuracy = "" if summary.accuracy is None else f", on which the model is right in {100 * summary.accuracy:.2f} %"
    terminal.table(
        f"{summary.model}: activations over {summary.images} images{accuracy}",
        ("value", "kind", "channels", "99.9 %", "99.99 %", "largest"),
        [
            (
                v.name,
                v.kind,
                str(v.channels),
                *(f"{x:.4g}" for x in (v.percentile_99_9, v.percentile_99_99, v.largest)),
            )
            for v in summary.values
        ],
        left=2,
        note="Percentiles are within 0.8 % of their value (2^-7); the largest is exact.",
    )
    terminal.say(f"wrote {out}")
