"""A conversion as text: what its method found, and the network."""

from typing import TYPE_CHECKING

from snnconv.choices import Balance
from snnconv.cli.terminal import Terminal
from snnconv.cli.text.options import unusual

if TYPE_CHECKING:
    from snnconv.commands.convert import ConversionSummary
    from snnconv.conversion.records import BalanceRecord, LayerwiseRecord, SearchRecord


def print_conversion(terminal: Terminal, summary: "ConversionSummary") -> None:
    """Print what was searched or balanced, and the network that came of it."""
    from snnconv.conversion.records import BalanceRecord, LayerwiseRecord, SearchRecord

    match summary.found:
        case SearchRecord():
            _search(terminal, summary.found)
        case LayerwiseRecord():
            _layerwise(terminal, summary.found)
        case BalanceRecord():
            _balance(terminal, summary.found, summary.options["percentile"])
    rows = [
        ("method", summary.method),
        ("options", unusual(summary.method, summary.options)),
        ("neurons", f"{summary.neurons:,}"),
        ("parameters", f"{summary.parameters:,}"),
        ("nodes", ", ".join(f"{count} {kind}" for kind, count in summary.nodes.items())),
        ("time steps", str(summary.steps)),
        ("parity with the ONNX model", _parity(summary)),
    ]
    terminal.table(summary.file, ("", ""), rows, left=2)


def _search(terminal: Terminal, found: "SearchRecord") -> None:
    rows = [
        (f"{t.factor:g}", f"{t.error:.6f}", f"{t.absolute_error:.6f}", _agreement(t.agreement)) for t in found.trials
    ]
    tau = "–" if found.tau_max is None else f"{found.tau_max:.4f}"
    fitted = "" if found.adjusted_r2 is None else f", adjusted R² {found.adjusted_r2:.3f}"
    growth = "no growth fits the errors" if found.q is None else f"q = {found.q:.4f}{fitted}"
    note = f"ζ = {found.factor:g}, by {found.objective.value}; {growth}, τ_max = {tau}"
    terminal.table(
        f"compensation: {found.images} images, T = {found.steps}",
        ("ζ", "error", "|error|", "agreement %"),
        rows,
        left=0,
        note=note if found.note is None else f"{note}: {found.note}",
    )


def _agreement(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f}"


def _layerwise(terminal: Terminal, found: "LayerwiseRecord") -> None:
    rows = [
        (
            layer.layer,
            f"{layer.highest_rate:.4f}",
            f"{layer.factor:g}",
            f"{layer.tried['1']:.6f}",
            f"{min(layer.tried.values()):.6f}",
        )
        for layer in found.layers
    ]
    before, after = found.before, found.after
    tau = "–" if found.tau_max is None else f"{found.tau_max:.4f}"
    agreement = ""
    if before.agreement is not None and after.agreement is not None:
        agreement = f", agreement {100 * before.agreement:.2f} -> {100 * after.agreement:.2f} %"
    note = f"the network's |error| {before.absolute_error:.6f} -> {after.absolute_error:.6f}{agreement}; τ_max = {tau}"
    terminal.table(
        f"compensation by layer: {found.images} images, T = {found.steps}",
        ("layer", "highest rate", "ζ", "|error|, ζ = 1", "|error|"),
        rows,
        note=note if found.note is None else f"{note}: {found.note}",
    )


def _balance(terminal: Terminal, found: "BalanceRecord", percentile: float) -> None:
    rows = [
        (
            layer.layer,
            f"{layer.neurons:,}",
            "–" if layer.threshold is None else f"{layer.threshold:.4g}",
            f"{layer.scale:.4g}",
            "yes" if layer.in_unit else "",
        )
        for layer in found.layers
    ]
    met = found.constraints
    answers: dict[str, bool | None] = {"bias-free": met.bias_free}
    if met.junction_relus is not None:
        answers["constraint 1, junction ReLUs"] = met.junction_relus
        answers["2, equal thresholds"] = met.equal_thresholds
        answers[f"3, pre-processing layers ({met.plain_layers} plain)"] = met.preprocessing
    if found.balance is Balance.SPIKES:
        title = f"thresholds from spikes, {found.images} images, {found.steps} steps"
    else:
        # nothing is run for them
        taken = "largest activations" if percentile == 100 else f"activations, percentile {percentile:g}"
        title = f"thresholds from the calibration's {taken}"
    terminal.table(
        title,
        ("layer", "neurons", "threshold", "λ", "in a unit"),
        rows,
        note="; ".join(f"{name}: {'yes' if answer else 'no'}" for name, answer in answers.items())
        + ("; – : reads spikes of several λ" if any(layer.threshold is None for layer in found.layers) else ""),
    )


def _parity(summary: "ConversionSummary") -> str:
    parity = summary.parity
    if parity is None:
        return "not checked (--no-verify)"
    source = "inputs drawn within the calibrated range" if parity.drawn else "images of --data"
    return f"largest error {parity.largest_error:.1e} (limit {parity.tolerance:.0e}) on {parity.images} {source}"
