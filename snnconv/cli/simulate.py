"""``snnconv simulate``."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer

from snnconv.choices import Encoding, ImageEncoding
from snnconv.cli.flags import Shown
from snnconv.cli.options import Backend, Classes, Data, Labels, LayoutOption, MemoryLimit, bytes_of
from snnconv.cli.terminal import Terminal

if TYPE_CHECKING:
    from snnconv.runs.summary import RunSummary


_OPTIONS = Shown("snnconv.commands.simulate_options:SimulateOptions")


class SimulateFlags(TypedDict, total=False):
    """The fields of `SimulateOptions` that a command line gives by these names."""

    steps: Annotated[int, typer.Option("--steps", min=1, help="Time steps; the network's by default.", metavar="T")]
    limit: Annotated[int, typer.Option("--limit", min=1, help="Simulate the first N images.", metavar="N")]
    backend: Backend
    encoding: Annotated[
        ImageEncoding, typer.Option("--encoding", help="How images enter; as the network says by default.")
    ]
    reference: Annotated[Path, typer.Option("--reference", help="Run this ONNX model beside it.", metavar="MODEL.onnx")]
    layout: LayoutOption
    labels: Labels
    classes: Classes
    batch_size: Annotated[
        int,
        typer.Option("--batch-size", min=1, help="Images at a time in a thread; no effect on the result.", metavar="N"),
    ]
    observe: Annotated[
        int,
        typer.Option("--observe", min=0, help="Keep what neurons did on the first N images; 0: nothing.", metavar="N"),
    ]


def simulate_cli(
    terminal: Terminal,
    network: Annotated[Path, typer.Argument(help="The spiking network.", metavar="NET.snn")],
    data: Data,
    out: Annotated[Path, typer.Option("-o", "--out", help="The run folder.", metavar="RUN/", show_default=False)],
    given: Annotated[SimulateFlags, _OPTIONS],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start anew where RUN/ holds a run.")] = False,
    memory_limit: MemoryLimit = None,
) -> None:
    """Simulate a spiking network on images.

    One run gives the accuracy at 1, 2, 4 … T steps, spikes and synaptic operations. Repeat the command after an
    interruption and it goes on.

    Example: snnconv simulate resnet.snn --data test.npz --reference resnet.onnx -o run
    """
    from snnconv.commands import simulate as commands

    values: dict[str, Any] = dict(given)
    if "encoding" in given:
        values["encoding"] = Encoding(given["encoding"].value)
    options = commands.SimulateOptions(
        **values,
        threads=terminal.threads,
        seed=terminal.seed,
        overwrite=overwrite,
        memory_limit=bytes_of(memory_limit),
        # not the place of the script, which says nothing of the run
        command_line=("snnconv", *sys.argv[1:]),
    )
    with terminal.stages() as tell:
        summary = commands.simulate(
            network,
            data,
            out,
            options,
            progress=partial(tell, "simulating"),
            observing=partial(tell, "observing"),
        )
    terminal.did(f"simulate: wrote {out}, {summary.images} images, T = {summary.steps}")
    if terminal.json:
        terminal.result(summary)
        return
    _print(terminal, summary)
    terminal.say(f"wrote {out}; see it with: snnconv report {out} --energy")


def _print(terminal: Terminal, summary: "RunSummary") -> None:
    rows = []
    for step in summary.spikes_per_image:
        cells = [step]
        for values in (summary.accuracy, summary.agreement):
            cells.append("–" if values is None else f"{100 * values[step]:.2f}")
        cells.append(f"{summary.spikes_per_image[step]:,.0f}")
        cells.append(f"{summary.synops_per_image[step] / 1e6:,.2f}")
        rows.append(cells)
    reference = summary.reference_accuracy
    ann = "" if reference is None else f", the ONNX model reaches {100 * reference:.2f} %"
    terminal.table(
        f"{summary.network.name} on {summary.images} images{ann}",
        ("steps", "accuracy %", "agreement %", "spikes/image", "M SynOps/image"),
        rows,
        left=0,
        note=_note(summary),
    )


def _note(summary: "RunSummary") -> str:
    speed = f"{summary.images_per_second:.2f} images/s with the {summary.backend} backend, threads: {summary.threads}"
    if summary.seed is None:
        return speed
    found = summary.beyond_amplitude
    beyond = f", {found:,} pixels beyond its amplitude" if found else ""
    return f"{speed}; {summary.encoding} input of seed {summary.seed}{beyond}"
