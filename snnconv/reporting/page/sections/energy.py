"""Energy by profile. Every figure is an estimate, and says so."""

from collections.abc import Iterator

from snnconv.reporting.energy.estimate import EnergyEstimate, EnergySide
from snnconv.reporting.page.blocks import Block, Note, Section, Table
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.sections.energy_bars import figures
from snnconv.reporting.page.sections.profiles import details
from snnconv.reporting.page.text import energy, significant


def section(runs: Runs) -> Section:
    """Make the section."""
    priced = [run for run in runs if run.report.energy]
    blocks: list[Block] = []
    if priced:
        blocks += [*figures(priced), _table(priced), _note(priced), *details(priced)]
    blocks += missing(
        runs, lambda report: not report.energy, "no energy was asked for: run report with --energy, or --profile."
    )
    lead = (
        "Every figure here is an estimate, not a measurement: a count times a published price. Read SynOps per MAC and "
        "the break-even first; where a profile mixes technologies, its ratio compares circuits as well as networks."
    )
    return Section("energy", "Estimated energy", lead, blocks)


def _table(runs: Runs) -> Table:
    ids = dict.fromkeys(estimate.profile_id for run in runs for estimate in run.report.energy)
    rows = []
    for profile in ids:
        for run in runs:
            one = next((e for e in run.report.energy if e.profile_id == profile), None)
            if one is not None:
                rows.append((_row_name(run, profile), *_cells(one)))
    head = (
        "Profile",
        "ANN (estimate)",
        "SNN (estimate)",
        "ANN / SNN (estimate)",
        "Quantised ANN (estimate)",
        "Quantised / SNN (estimate)",
        "Break-even, pJ per SynOp (estimate)",
        "Break-even, SynOps per MAC (estimate)",
        "Break-even, mean rate (estimate)",
    )
    return Table("Estimated energy for one image, by profile", head, tuple(rows))


def _row_name(run: Run, profile: str) -> str:
    return f"{profile} · {run.tag}" if run.tag else profile


def _cells(one: EnergyEstimate) -> Iterator[str]:
    mixed = " (mixed technology)" if one.mixed_technology else ""
    yield _side(one.ann)
    yield _side(one.snn)
    yield approximately(one.ratio) + mixed
    yield _side(one.quantised)
    yield approximately(one.ratio_quantised)
    yield approximately(one.break_even_pj_per_synop)
    yield approximately(one.break_even_synops_per_mac)
    yield approximately(one.break_even_rate)


def _side(side: EnergySide | None) -> str:
    """Give an estimate with its range."""
    if side is None:
        return "not priced"
    if side.uj_low == side.uj == side.uj_high:
        return f"≈ {energy(side.uj)}"
    return f"≈ {energy(side.uj)} ({energy(side.uj_low)} to {energy(side.uj_high)})"


def approximately(value: float | None) -> str:
    """Give an estimated number."""
    return "–" if value is None else f"≈ {significant(value)}"


def _note(runs: Runs) -> Note:
    work = ", ".join(
        f"{run.prefix}{significant(run.report.synops_per_mac)}" for run in runs if run.report.synops_per_mac is not None
    )
    return Note(
        f"SynOps per MAC on this page: {work or '–'}. Below a profile's break-even, the estimate for the spiking "
        "network is the lower one. The quantised ANN has activations of ⌈log₂(T + 1)⌉ bits: as many levels as a rate "
        "over T steps has."
    )
