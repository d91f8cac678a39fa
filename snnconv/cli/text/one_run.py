"""One run as text: accuracy by step, layers, operations."""

from typing import TYPE_CHECKING

from snnconv.cli.terminal import Terminal
from snnconv.cli.text.options import unusual
from snnconv.cli.text.plots import Series, by_steps, sparkline

if TYPE_CHECKING:
    from snnconv.reporting.model import LayerRow, Report, StepRow

_NAME = 27
"""Characters of a layer's name: the table of layers then fits 80 columns."""


def print_run(terminal: Terminal, made: "Report") -> None:
    """Print a run, without its energies."""
    from snnconv.data.classes import ONE_NUMBER, decides
    from snnconv.reporting.classes import of_one_class
    from snnconv.reporting.page.names import apart

    run = made.run
    network = run.network
    terminal.write(f"{network.name}: method {network.method}, options: {unusual(network.method, network.options)}")
    if not decides(run.classes):
        terminal.write(f"accuracy and agreement: not measured, the network gives {ONE_NUMBER}")
    if made.near_chance is not None:
        terminal.write(f"Note: {made.near_chance}")
    one_class = of_one_class(made.classes)
    if one_class is not None:
        terminal.write(f"Note: {one_class}")
    _print_steps(terminal, made)
    _print_plot(terminal, made)
    names = apart([layer.name for layer in made.layers], _NAME)
    terminal.table(
        "layers at the last step",
        ("layer", "neurons", "spikes", "/neuron", "rate", "M SynOps", "share"),
        [_layer(name, layer) for name, layer in zip(names, made.layers, strict=True)],
        note=_operations(made),
    )
    _print_sparklines(terminal, made)


def _print_steps(terminal: Terminal, made: "Report") -> None:
    run = made.run
    about = f"{run.network.name} on {run.data.name}: {run.images} images, T = {run.steps}"
    if not made.complete:
        about += f", unfinished: {run.planned_images} are planned"
    ann = None
    if made.ann is not None:
        interval = f"[{100 * made.ann.accuracy_low:.2f}, {100 * made.ann.accuracy_high:.2f}]"
        reached = f"The ONNX model reaches {100 * made.ann.accuracy:.2f} % {interval}."
        ann = f"{reached} Loss in points, its interval is paired. Spikes and SynOps per image."
    terminal.table(
        about,
        ("T", "acc. %", "95 %", "loss", "95 %", "agree %", "spikes", "M SynOps"),
        [_step(row) for row in made.accuracy_by_step],
        left=0,
        note=ann,
    )


def _print_plot(terminal: Terminal, made: "Report") -> None:
    curve = made.curve
    shown = curve.accuracy or curve.agreement
    if shown is None or len(curve.steps) < 2:
        return
    level = None if made.ann is None or curve.accuracy is None else 100 * made.ann.accuracy
    what = "accuracy %" if curve.accuracy is not None else "agreement with the ONNX model %"
    terminal.write(f"{what} by step" + ("" if level is None else ", ╌ the ONNX model"))
    for line in by_steps([Series("•", curve.steps, [100 * value for value in shown])], level):
        terminal.write(line)
    terminal.write("")


def _print_sparklines(terminal: Terminal, made: "Report") -> None:
    rates = [layer.mean_rate for layer in made.layers if layer.mean_rate is not None]
    synops = [layer.synops_per_image for layer in made.layers]
    if len(rates) < 2:
        return
    terminal.write("from the first layer to the last, from 0 to the largest")
    terminal.write(f"rate      {sparkline(rates)}  {max(rates):.4f}")
    terminal.write(f"M SynOps  {sparkline(synops)}  {max(synops) / 1e6:,.3f}")
    terminal.write("")


def _step(row: "StepRow") -> tuple[str, ...]:
    accuracy = loss = ("–", "–")
    if row.accuracy is not None and row.accuracy_low is not None and row.accuracy_high is not None:
        accuracy = (f"{100 * row.accuracy:.2f}", f"{100 * row.accuracy_low:.2f}…{100 * row.accuracy_high:.2f}")
    if row.loss_points is not None:
        loss = (f"{row.loss_points:.2f}", f"{row.loss_points_low:.2f}…{row.loss_points_high:.2f}")
    return (
        str(row.step),
        *accuracy,
        *loss,
        "–" if row.agreement is None else f"{100 * row.agreement:.2f}",
        f"{row.spikes_per_image:,.0f}",
        f"{row.synops_per_image / 1e6:,.2f}",
    )


def _layer(name: str, layer: "LayerRow") -> tuple[str, ...]:
    return (
        name,
        f"{layer.neurons:,}" if layer.neurons else "–",
        f"{layer.spikes_per_image:,.0f}" if layer.neurons else "–",
        "–" if layer.spikes_per_neuron is None else f"{layer.spikes_per_neuron:,.2f}",
        "–" if layer.mean_rate is None else f"{layer.mean_rate:.4f}",
        f"{layer.synops_per_image / 1e6:,.3f}",
        "–" if layer.synops_share is None else f"{100 * layer.synops_share:.1f} %",
    )


def _operations(made: "Report") -> str:
    ops = made.run.operations
    ratio = "" if made.synops_per_mac is None else f" SynOps per MAC: {made.synops_per_mac:.2f}."
    return (
        f"The ReLU network makes {ops.ann_macs:,} MACs per image ({ops.ann_macs_padded:,} with "
        f"taps on padding).{ratio} On constant currents the spiking network makes {ops.constant_macs:,} MACs, "
        f"once per image. SynOps are those that feed the layer.{_accumulations(made)}"
    )


def _accumulations(made: "Report") -> str:
    """Give accumulations per MAC as Sengupta et al. count them, by step."""
    if made.ac_per_mac is None:
        return ""
    rows = [row for row in made.accuracy_by_step if row.ac_per_mac is not None]
    steps, values = ", ".join(str(row.step) for row in rows), ", ".join(f"{row.ac_per_mac:.3f}" for row in rows)
    return f" AC per MAC as Sengupta et al. count, after {steps} steps: {values}."
