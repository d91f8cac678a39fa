"""``snnconv report``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnconv.cli.terminal import Terminal

if TYPE_CHECKING:
    from snnconv.reporting.energy.price import EnergyEstimate
    from snnconv.reporting.energy.profile import EnergyProfile, Price
    from snnconv.reporting.model import Report, StepRow

_DROPPED = 4


def report_cli(
    terminal: Terminal,
    runs: Annotated[list[Path], typer.Argument(help="Run folders.", metavar="RUN/…", show_default=False)],
    energy: Annotated[bool, typer.Option("--energy", help="Price the operations on named hardware.")] = False,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", help="An energy profile by id, or a file; several may be given.", metavar="ID|FILE"),
    ] = None,
    max_drop: Annotated[
        float | None,
        typer.Option("--max-drop", help="Exit with 4 if the loss is larger.", metavar="POINTS"),
    ] = None,
) -> None:
    """Report what runs say: accuracy by step against the ONNX model, spikes, SynOps and energy.

    Example: snnconv report run --energy
    """
    from snnconv.reporting.energy.load import builtin_profiles, load_profile
    from snnconv.reporting.report import exceeds
    from snnconv.reporting.report import report as make

    profiles: tuple[EnergyProfile, ...] = ()
    if profile:
        profiles = tuple(load_profile(wanted) for wanted in profile)
    elif energy:
        profiles = builtin_profiles()
    reports = [make(folder, profiles) for folder in runs]
    if terminal.json and len(reports) == 1:
        terminal.result(reports[0])
    elif terminal.json:
        terminal.value([made.model_dump(mode="json") for made in reports])
    else:
        for made in reports:
            _print(terminal, made)
    if max_drop is not None:
        too_much = [folder for folder, made in zip(runs, reports, strict=True) if exceeds(made, max_drop)]
        for folder in too_much:
            terminal.say(f"{folder}: the loss is above {max_drop:g} points")
        if too_much:
            raise typer.Exit(_DROPPED)


def _print(terminal: Terminal, made: "Report") -> None:
    run = made.run
    about = f"{run.network.name} on {run.data.name}: {run.images} images, T = {run.steps}"
    if not made.complete:
        about += f", unfinished: {run.planned_images} are planned"
    ann = None
    if made.ann is not None:
        interval = f"[{100 * made.ann.accuracy_low:.2f}, {100 * made.ann.accuracy_high:.2f}]"
        reached = f"The ONNX model reaches {100 * made.ann.accuracy:.2f} % {interval}."
        ann = f"{reached} Loss in points, its interval is paired. Spikes and SynOps per image."
    # values by layer have their place in --json
    found = {key: f"of {len(v)} layers" if isinstance(v, dict) else v for key, v in run.network.options.items()}
    options = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in found.items())
    terminal.write(f"{run.network.name}: method {run.network.method}, {options}")
    terminal.table(
        about,
        ("T", "acc. %", "95 %", "loss", "95 %", "agree %", "spikes", "M SynOps"),
        [_step(row) for row in made.accuracy_by_step],
        left=0,
        note=ann,
    )
    terminal.table(
        "layers at the last step",
        ("layer", "neurons", "spikes", "/neuron", "rate", "M SynOps", "share"),
        [
            (
                layer.name,
                f"{layer.neurons:,}" if layer.neurons else "–",
                f"{layer.spikes_per_image:,.0f}" if layer.neurons else "–",
                "–" if layer.spikes_per_neuron is None else f"{layer.spikes_per_neuron:,.2f}",
                "–" if layer.mean_rate is None else f"{layer.mean_rate:.4f}",
                f"{layer.synops_per_image / 1e6:,.3f}",
                "–" if layer.synops_share is None else f"{100 * layer.synops_share:.1f} %",
            )
            for layer in made.layers
        ],
        note=_operations(made),
    )
    if made.energy:
        _print_energy(terminal, made)


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


def _print_energy(terminal: Terminal, made: "Report") -> None:
    terminal.table(
        "energy per image, estimated",
        ("profile", "ANN µJ", "SNN µJ", "ANN/SNN", "break-even", "nm"),
        [_energy(estimate, profile) for estimate, profile in zip(made.energy, made.profiles, strict=True)],
        note="Estimates, not measurements. break-even: pJ per SynOp below which the SNN takes less. nm: ANN | SNN"
        + (", * different technologies." if any(estimate.mixed_technology for estimate in made.energy) else "."),
    )
    cited: dict[str, str] = {}
    for estimate, profile in zip(made.energy, made.profiles, strict=True):
        terminal.write(f"{profile.id}: {profile.title}")
        for line in _prices(estimate, profile):
            terminal.write(f"  {line}")
        cited |= {source.key: source.cite for source in profile.sources}
    terminal.write("sources")
    for key, cite in cited.items():
        terminal.write(f"  [{key}] {cite}")


def _energy(estimate: "EnergyEstimate", profile: "EnergyProfile") -> tuple[str, ...]:
    technologies = [f"{side.technology_nm:g}" if side else "–" for side in (profile.ann, profile.snn)]
    mixed = " *" if estimate.mixed_technology else ""
    return (
        profile.id,
        _number(estimate.ann_uj),
        _number(estimate.snn_uj),
        _number(estimate.ratio),
        _number(estimate.break_even_pj_per_synop),
        " | ".join(technologies) + mixed,
    )


def _number(value: float | None) -> str:
    return "not priced" if value is None else f"{value:,.3f}" if value < 1000 else f"{value:,.0f}"


def _prices(estimate: "EnergyEstimate", profile: "EnergyProfile") -> list[str]:
    """Say what was multiplied by what, from which source, and what is left out."""
    lines = []
    if profile.ann is not None and estimate.ann_pj_per_mac is not None:
        count = f"{estimate.ann_macs:,} MACs × {estimate.ann_pj_per_mac:g} pJ"
        lines.append(_price("ANN", count, profile.ann.technology, profile.ann.price))
        if estimate.ann_uj_two_flops_per_mac is not None:
            twice = 2 * profile.ann.price.pj
            lines.append(f"ANN at two FLOP per MAC, {twice:g} pJ: {_number(estimate.ann_uj_two_flops_per_mac)} µJ")
    if profile.snn is not None:
        for unit, number, cost in (
            ("SynOps", estimate.synops, profile.snn.prices.synop),
            ("MACs on currents", estimate.snn_macs, profile.snn.prices.mac),
        ):
            if cost is not None:
                lines.append(_price("SNN", f"{number:,.0f} {unit} × {cost.pj:g} pJ", profile.snn.technology, cost))
    if estimate.mixed_technology:
        lines.append("* different technologies on the two sides: the ratio is not one of the networks alone")
    lines.append("left out: " + "; ".join(estimate.not_priced))
    return lines


def _price(side: str, product: str, technology: str, cost: "Price") -> str:
    return f"{side}: {product}, {technology}; {cost.status} [{cost.source}] {cost.where}"
