"""``snnconv diagnose``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnconv.choices import BackendName, Layout
from snnconv.cli.options import LayoutOption, MemoryLimit, bytes_of
from snnconv.cli.terminal import Terminal

if TYPE_CHECKING:
    from snnconv.commands.diagnose import DiagnosedLayer, Diagnosis


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
            help="Images: .npz with x, .npy, a folder or .zip of class folders.",
            metavar="DATA",
            show_default=False,
        ),
    ],
    samples: Annotated[
        int | None, typer.Option("--samples", min=1, help="Use the first N images; 64 by default.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Time steps; the network's by default.")] = None,
    backend: Annotated[BackendName, typer.Option("--backend", help="What runs the network.")] = BackendName.AUTO,
    layout: LayoutOption = Layout.AUTO,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the result to this file too.", metavar="FILE.json")
    ] = None,
    memory_limit: MemoryLimit = None,
) -> None:
    """Say where a network's firing rates fall behind the activations that they stand for.

    Rates and activations are compared in every layer of neurons: the propagation error and how it grows with depth.

    Example: snnconv diagnose resnet.snn --reference resnet.onnx --data train.npz
    """
    from snnconv.commands.diagnose import DiagnoseOptions, diagnose

    options = DiagnoseOptions(
        samples=samples,
        steps=steps,
        backend=backend,
        layout=layout,
        threads=terminal.threads,
        seed=terminal.seed,
        memory_limit=bytes_of(memory_limit),
    )
    with terminal.progress("diagnosing") as progress:
        made = diagnose(network, reference, data, options, out=out, progress=progress)
    if terminal.json:
        terminal.result(made)
    else:
        _print(terminal, made)
    if out is not None:
        terminal.say(f"wrote {out}")


def _print(terminal: Terminal, made: "Diagnosis") -> None:
    terminal.table(
        f"{made.network} on {made.images} images of {made.data}, T = {made.steps}",
        ("l", "layer", "rate", "max", "error", "|error|", "busiest", "local"),
        [_row(layer) for layer in made.layers],
        left=2,
        note="error: clip(a/λ, 0, 1) − rate; busiest: error of the neuron that fires most; local: V(T)/(θT)",
    )
    terminal.write(f"mean error {made.error:+.5f}, |error| {made.absolute_error:.5f} over all neurons")
    if made.growth is not None:
        quality = made.growth.adjusted_r2
        shown = "" if quality is None else f" (adjusted R² {quality:.4f})"
        terminal.write(f"busiest neurons: error ≈ {made.growth.p:.6f} · {made.growth.q:.4f}^l{shown}")
    bound = "none, the last layer never fired" if made.tau_max is None else f"{made.tau_max:.3f}"
    terminal.write(f"τ_max {bound}; agreement with the ONNX model {100 * made.agreement:.2f} %")
    if made.left_out:
        terminal.write(f"left out, for they stand for no value of the model: {', '.join(made.left_out)}")


def _row(layer: "DiagnosedLayer") -> tuple[str, ...]:
    return (
        str(layer.depth),
        layer.name,
        f"{layer.mean_rate:.3f}",
        f"{layer.highest_rate:.3f}",
        f"{layer.error:+.4f}",
        f"{layer.absolute_error:.4f}",
        f"{layer.most_active_error:+.4f}",
        f"{layer.local_error:+.4f}",
    )
