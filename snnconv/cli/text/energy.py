"""Energies as text: what was multiplied by what, from which source, and what is left out."""

from typing import TYPE_CHECKING

from snnconv.cli.terminal import Terminal

if TYPE_CHECKING:
    from snnconv.reporting.energy.price import EnergyEstimate, EnergyLine, EnergySide
    from snnconv.reporting.model import Report


def print_energy(terminal: Terminal, made: "Report", details: bool) -> None:
    """Print the energies of a run, in detail with where each price is from and what is left out."""
    mixed = ", * different technologies" if any(estimate.mixed_technology for estimate in made.energy) else ""
    more = "" if details else " Prices, sources and what is left out: --profile ID, --json or --html."
    terminal.table(
        f"energy per image, estimated, T = {made.run.steps}",
        ("profile", "ANN µJ", "SNN µJ", "ANN/SNN", "QNN/SNN", "break-even", "nm"),
        [_row(estimate) for estimate in made.energy],
        note="Estimates, not measurements; –: not priced, or no such number. QNN: the ReLU network with activations of "
        "as many bits as T steps tell apart. break-even: pJ per SynOp below which the SNN takes less; never: its other "
        f"operations alone take more. nm: ANN | SNN{mixed}.{_free(made)}{_older(made)}{more}",
    )
    if not details:
        return
    cited: dict[str, str] = {}
    for estimate, profile in zip(made.energy, made.profiles, strict=True):
        terminal.write(f"{profile.id}: {profile.title}")
        for line in _lines(estimate):
            terminal.write(f"  {line}")
        for line in (*estimate.not_priced, *profile.notes):
            terminal.write(f"  {'left out' if line in estimate.not_priced else 'note'}: {line}")
        cited |= {source.key: source.cite for source in profile.sources}
    terminal.write("sources")
    for key, cite in cited.items():
        terminal.write(f"  [{key}] {cite}")


def _free(made: "Report") -> str:
    some = any(estimate.lacks_macs for estimate in made.energy)
    return " †: the SNN's MACs on currents have no price there." if some else ""


def _older(made: "Report") -> str:
    sides = [side for estimate in made.energy for side in (estimate.ann, estimate.snn) if side is not None]
    if all(side.counted for side in sides):
        return ""
    return " ≥: an older run that did not count all; repeat simulate with --overwrite."


def number(value: float | None) -> str:
    """Give an energy or a ratio; a dash where it is not priced, or cannot be."""
    return "–" if value is None else f"{value:,.3f}" if value < 1000 else f"{value:,.0f}"


def side_uj(side: "EnergySide | None") -> str:
    """Give the energy of a network in µJ; at least so much where an older run did not count all that has a price."""
    if side is None:
        return number(None)
    return number(side.uj) if side.counted else f"≥ {number(side.uj)}"


def _row(estimate: "EnergyEstimate") -> tuple[str, ...]:
    sides = (estimate.ann, estimate.snn)
    technologies = ["–" if side is None or side.technology_nm is None else f"{side.technology_nm:g}" for side in sides]
    mixed = " *" if estimate.mixed_technology else ""
    return (
        estimate.profile_id,
        side_uj(estimate.ann),
        side_uj(estimate.snn),
        number(estimate.ratio) + ("†" if estimate.lacks_macs else ""),
        number(estimate.ratio_quantised),
        _break_even(estimate),
        " | ".join(technologies) + mixed,
    )


def _break_even(estimate: "EnergyEstimate") -> str:
    """Give pJ per SynOp, or that none is low enough."""
    note = estimate.break_even_notes.pj_per_synop
    return number(estimate.break_even_pj_per_synop) if note in (None, "unknown") else str(note)


def _lines(estimate: "EnergyEstimate") -> list[str]:
    lines = []
    for name, side in (("ANN", estimate.ann), ("ANN, quantised", estimate.quantised), ("SNN", estimate.snn)):
        if side is not None:
            lines += [_line(name, side, line) for line in side.lines if line.uj is not None]
    if estimate.ann_uj_two_flops_per_mac is not None:
        lines.append(f"ANN at two FLOP per MAC: {number(estimate.ann_uj_two_flops_per_mac)} µJ")
    if estimate.quantised is not None:
        lines.append(f"ANN, quantised / SNN: {number(estimate.ratio_quantised)}")
    if estimate.break_even_synops_per_mac is not None:
        rate = "" if estimate.break_even_rate is None else f", a mean rate of {estimate.break_even_rate:.4g}"
        lines.append(f"both cost the same at {estimate.break_even_synops_per_mac:.3g} SynOps per MAC{rate}")
    if estimate.mixed_technology:
        lines.append("* different technologies on the two sides: the ratio is not one of the networks alone")
    return lines


def _line(name: str, side: "EnergySide", line: "EnergyLine") -> str:
    source = f"; {line.status} [{line.source}] {line.where}" if line.source else ""
    spread = ""
    if line.uj_low is not None and line.uj_high is not None and line.uj_low < line.uj_high:
        spread = f" ({number(line.uj_low)} to {number(line.uj_high)} µJ)"
    price = "" if line.pj is None else f" × {line.pj:g} pJ"
    return f"{name}: {line.count:,.0f} {line.operation.replace('_', ' ')}{price}{spread}, {side.technology}{source}"
