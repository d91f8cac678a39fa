"""``snnconv diagnose``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnconv.choices import BackendName, Layout
from snnconv.cli.options import Classes, Labels, LayoutOption, MemoryLimit, bytes_of
from snnconv.cli.terminal import Terminal

if TYPE_CHECKING:
    from snnconv.diagnosis.model import DiagnosedLayer, Diagnosis, Finding

_WIDTH = 80


def diagnose_cli(
    terminal: Terminal,
    network: Annotated[Path, typer.Argument(help="The spiking network.", metavar="NET.snn")],
    reference: Annotated[
        Path,
        typer.Option(
            "--reference",
            help="The ONNX model that it was converted from.",
            metavar="MODEL.onnx",
            show_default=False,
        ),
    ],
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            help="Images: .npz with x (and y), .npy, a folder or .zip of class folders.",
            metavar="DATA",
            show_default=False,
        ),
    ],
    calibration: Annotated[
        Path | None,
        typer.Option("--calibration", help="Its calibration: the images are compared with those.", metavar="X.calib"),
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", min=1, help="Use the first N images; 64 by default.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Time steps; the network's by default.")] = None,
    tolerance: Annotated[
        float,
        typer.Option("--tolerance", help="What a layer's |error| may be beyond what T steps lose, as a part of λ."),
    ] = 0.01,
    backend: Annotated[BackendName, typer.Option("--backend", help="What runs the network.")] = BackendName.AUTO,
    layout: LayoutOption = Layout.AUTO,
    labels: Labels = None,
    classes: Classes = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the result to this file too.", metavar="FILE.json")
    ] = None,
    memory_limit: MemoryLimit = None,
) -> None:
    """Say why a network decides otherwise than its model, where it begins, and what to do.

    What is lost is split into clipping, finite time, encoding and the rest, each measured by an experiment. Rates and
    activations are compared in every layer of neurons. Findings come with the command to try.

    Example: snnconv diagnose resnet.snn --reference resnet.onnx --data train.npz
    """
    from snnconv.commands.diagnose import DiagnoseOptions, diagnose

    options = DiagnoseOptions(
        samples=samples,
        steps=steps,
        tolerance=tolerance,
        backend=backend,
        layout=layout,
        threads=terminal.threads,
        seed=terminal.seed,
        memory_limit=bytes_of(memory_limit),
    )
    with terminal.stages() as progress:
        made = diagnose(
            network,
            reference,
            data,
            options,
            calibration=calibration,
            labels=labels,
            classes=classes,
            out=out,
            progress=progress,
        )
    if terminal.json:
        terminal.result(made)
    else:
        _print(terminal, made)
    if out is not None:
        terminal.say(f"wrote {out}")


def _print(terminal: Terminal, made: "Diagnosis") -> None:
    _split(terminal, made)
    terminal.write("")
    terminal.table(
        f"{made.network} on {made.images} images of {made.data}, T = {made.steps}",
        ("l", "layer", "rate", "error", "|error|", "sat %", "mute %", "corr"),
        [_row(layer, made.first_beyond_tolerance) for layer in made.layers],
        left=2,
    )
    _wrapped(terminal, _note(made))
    terminal.write(f"mean error {made.error:+.5f}, |error| {made.absolute_error:.5f} over all neurons")
    if made.growth is not None:
        quality = made.growth.adjusted_r2
        shown = "" if quality is None else f" (adjusted R² {quality:.4f})"
        terminal.write(f"busiest neurons: error ≈ {made.growth.p:.6f} · {made.growth.q:.4f}^l{shown}")
    bound = "none, the last layer never fired" if made.tau_max is None else f"{made.tau_max:.3f}"
    terminal.write(f"τ_max {bound}")
    if made.left_out:
        _wrapped(terminal, f"left out, for they stand for no value of the model: {', '.join(made.left_out)}")
    for number, finding in enumerate(made.findings, 1):
        terminal.write("")
        _finding(terminal, number, finding)


def _split(terminal: Terminal, made: "Diagnosis") -> None:
    """Say what is lost, and to what."""
    interval = f"95 % interval {100 * made.agreement_low:.1f} to {100 * made.agreement_high:.1f} %"
    terminal.write(f"agreement with the ONNX model {100 * made.agreement:.2f} % ({interval})")
    if made.model_accuracy is not None and made.accuracy is not None:
        terminal.write(
            f"accuracy {100 * made.accuracy:.2f} %, of the model {100 * made.model_accuracy:.2f} %, "
            f"on {made.labelled} labelled images"
        )
    lost = " / ".join(f"{part.name.value} {_points(part.lost)}" for part in made.parts)
    _wrapped(terminal, f"points of agreement lost to: {lost}")
    if made.model_accuracy is not None:
        lost = " / ".join(f"{part.name.value} {_points(part.accuracy_lost or 0.0)}" for part in made.parts)
        _wrapped(terminal, f"points of accuracy lost to: {lost}")


def _points(share: float) -> str:
    # no minus before a zero
    return f"{round(100 * share, 1) + 0.0:.1f}"


def _note(made: "Diagnosis") -> str:
    meaning = "error: clip(a/λ, 0, 1) − rate; sat: a > λ; mute: a > 0, never fired"
    if made.first_beyond_tolerance is None:
        return f"{meaning}. No |error| is beyond the tolerance of {made.tolerance:g}"
    return f"{meaning}. !: |error| first beyond what T steps lose + {made.tolerance:g}"


def _row(layer: "DiagnosedLayer", broken: str | None) -> tuple[str, ...]:
    return (
        f"{layer.depth}!" if layer.name == broken else str(layer.depth),
        layer.name,
        f"{layer.mean_rate:.3f}",
        f"{layer.error:+.4f}",
        f"{layer.absolute_error:.4f}",
        f"{100 * layer.saturated:.1f}",
        f"{100 * layer.silent:.1f}",
        "–" if layer.correlation is None else f"{layer.correlation:.3f}",
    )


def _finding(terminal: Terminal, number: int, finding: "Finding") -> None:
    """Print a finding: what it is and weighs, what speaks for it, what to do, the command to try."""
    from snnconv.diagnosis.model import Severity

    weight = {
        Severity.LOSS: "" if finding.lost is None else f": {100 * finding.lost:.1f} % of the decisions",
        Severity.ERROR: ": no decisions lost here, or too few to tell",
        Severity.NONE: "",
    }[finding.severity]
    terminal.write(f"{number}. {finding.cause.value}{weight}")
    if finding.layer is not None:
        _wrapped(terminal, f"at {finding.layer}", "   ")
    _wrapped(terminal, f"{finding.evidence[:1].upper()}{finding.evidence[1:]}.", "   ")
    _wrapped(terminal, f"Do: {finding.advice}.", "   ")
    if finding.command is not None:
        # in one line: it is there to be copied
        terminal.write(f"   $ {finding.command}")


def _wrapped(terminal: Terminal, text: str, before: str = "") -> None:
    from textwrap import wrap

    for line in wrap(
        text, _WIDTH, initial_indent=before, subsequent_indent=before, break_long_words=False, break_on_hyphens=False
    ):
        terminal.write(line)
