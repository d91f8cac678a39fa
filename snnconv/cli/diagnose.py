"""``snnconv diagnose``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from snnconv.cli.flags import Shown
from snnconv.cli.options import Backend, Classes, Data, Labels, LayoutOption, MemoryLimit, bytes_of
from snnconv.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snnconv.diagnosis.model import DiagnosedLayer, Diagnosis, Finding

_WIDTH = 80
_COLUMNS = ("l", "layer", "rate", "error", "|error|", "sat %", "mute %", "corr")
_BETWEEN = 15
"""Blanks of a row, between its columns and at its ends."""
_UNBROKEN = "\N{NO-BREAK SPACE}"
_SHORTEST = 12
"""Characters that a layer's name keeps, however wide the numbers are."""


_OPTIONS = Shown("snnconv.commands.diagnose_options:DiagnoseOptions")


class DiagnoseFlags(TypedDict, total=False):
    """The fields of `DiagnoseOptions` that a command line gives by these names."""

    samples: Annotated[
        int, typer.Option("--samples", min=1, help="Use the first N images; 64 by default.", metavar="N")
    ]
    steps: Annotated[int, typer.Option("--steps", min=1, help="Time steps; the network's by default.", metavar="T")]
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance", help="What a layer's |error| may be beyond what T steps lose, as a part of λ.", metavar="X"
        ),
    ]
    backend: Backend
    layout: LayoutOption


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
    data: Data,
    given: Annotated[DiagnoseFlags, _OPTIONS],
    calibration: Annotated[
        Path | None,
        typer.Option("--calibration", help="Its calibration: the images are compared with those.", metavar="X.calib"),
    ] = None,
    labels: Labels | None = None,
    classes: Classes | None = None,
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
        **given,
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
    wrote = "" if out is None else f", wrote {out}"
    terminal.did(f"diagnose: {network} on {made.images} images, findings: {len(made.findings)}{wrote}")
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
        _COLUMNS,
        _rows(made),
        left=2,
    )
    _wrapped(terminal, _note(made))
    terminal.write(f"mean error {_signed(made.error, 5)}, |error| {made.absolute_error:.5f} over all neurons")
    if made.growth is None:
        if len(made.layers) > 1:
            terminal.write("busiest neurons: no growth p·q^l fits their error")
    else:
        quality = made.growth.adjusted_r2
        shown = "" if quality is None else f" (adjusted R² {quality:.4f})"
        terminal.write(f"busiest neurons: error ≈ {made.growth.p:.4g} · {made.growth.q:.4f}^l{shown}")
    bound = "none, the last layer never fired" if made.tau_max is None else f"{made.tau_max:.3f}"
    terminal.write(f"τ_max {bound}")
    if made.left_out:
        _wrapped(terminal, f"left out, for they stand for no value of the model: {', '.join(made.left_out)}")
    for number, finding in enumerate(made.findings, 1):
        terminal.write("")
        _finding(terminal, number, finding, made)


def _split(terminal: Terminal, made: "Diagnosis") -> None:
    """Say what is lost, and to what."""
    if made.agreement is None or made.agreement_low is None or made.agreement_high is None:
        from snnconv.data.classes import ONE_NUMBER

        terminal.write(f"agreement with the ONNX model: not measured, the network gives {ONE_NUMBER}")
        return
    interval = f"95 % interval {100 * made.agreement_low:.1f} to {100 * made.agreement_high:.1f} %"
    terminal.write(f"agreement with the ONNX model {100 * made.agreement:.2f} % ({interval})")
    if made.model_accuracy is not None and made.accuracy is not None:
        terminal.write(
            f"accuracy {100 * made.accuracy:.2f} %, of the model {100 * made.model_accuracy:.2f} %, "
            f"on {made.labelled} labelled images"
        )
    lost = _items((part.name.value, part.costs) for part in made.parts)
    _wrapped(terminal, f"points of agreement lost to: {lost}")
    if made.model_accuracy is not None:
        of_accuracy = _items((part.name.value, part.accuracy_lost or 0.0) for part in made.parts)
        if of_accuracy != lost:
            _wrapped(terminal, f"points of accuracy lost to: {of_accuracy}")


def _items(parts: "Iterable[tuple[str, float]]") -> str:
    """Write names and points so that lines break between them only."""
    from snnconv.diagnosis.headings import points

    items = (f"{name} {points(lost)}".replace(" ", _UNBROKEN) for name, lost in parts)
    return f"{_UNBROKEN}/ ".join(items)


def _note(made: "Diagnosis") -> str:
    meaning = "error: clip(a/λ, 0, 1) − rate; sat: a > λ; mute: a > 0, never fired"
    if made.first_beyond_tolerance is None:
        return f"{meaning}. No |error| is beyond the tolerance of {made.tolerance:g}"
    return f"{meaning}. !: |error| first beyond what T steps lose + {made.tolerance:g}"


def _rows(made: "Diagnosis") -> list[tuple[str, ...]]:
    """Give the rows of the table, with names that leave room for the numbers."""
    rows = [_row(layer, made.first_beyond_tolerance) for layer in made.layers]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    room = max(_SHORTEST, _WIDTH - _BETWEEN - (sum(widths) - widths[1]))
    return [(depth, _shortened(name, room), *numbers) for depth, name, *numbers in rows]


def _row(layer: "DiagnosedLayer", broken: str | None) -> tuple[str, ...]:
    return (
        f"{layer.depth}!" if layer.name == broken else str(layer.depth),
        layer.name,
        f"{layer.mean_rate:.3f}",
        _signed(layer.error, 4),
        f"{layer.absolute_error:.4f}",
        f"{100 * layer.saturated:.1f}",
        f"{100 * layer.silent:.1f}",
        "–" if layer.correlation is None else f"{layer.correlation:.3f}",
    )


def _shortened(name: str, room: int) -> str:
    """Cut a name from the left, at a slash where that keeps half of it: layers differ at the end."""
    if len(name) <= room:
        return name
    kept = name[1 - room :]
    slash = kept.find("/")
    return "…" + (kept[slash:] if 0 <= slash <= room // 2 else kept)


def _signed(number: float, digits: int) -> str:
    # no minus before a zero
    return f"{round(number, digits) + 0.0:+.{digits}f}"


def _finding(terminal: Terminal, number: int, finding: "Finding", made: "Diagnosis") -> None:
    """Print a finding: what it is and weighs, what speaks for it, what to do, the command to try."""
    from snnconv.diagnosis.headings import heading

    _wrapped(terminal, f"{number}. {heading(finding, made)}", after="   ")
    if finding.layer is not None:
        _wrapped(terminal, f"at {finding.layer}", "   ")
    _wrapped(terminal, f"{finding.evidence[:1].upper()}{finding.evidence[1:]}.", "   ")
    _wrapped(terminal, f"Do: {finding.advice}.", "   ")
    if finding.command is not None:
        # in one line: it is there to be copied
        terminal.write(f"   $ {finding.command}")


def _wrapped(terminal: Terminal, text: str, before: str = "", after: str | None = None) -> None:
    """Print a text in lines that begin with `before`, all but the first with `after` where it is given."""
    from textwrap import wrap

    for line in wrap(
        text,
        _WIDTH,
        initial_indent=before,
        subsequent_indent=before if after is None else after,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        terminal.write(line.replace(_UNBROKEN, " "))
