"""Energy by profile. Every figure is an estimate, and says so."""

from collections.abc import Iterator

from snnconv.reporting.energy.estimate import EnergyEstimate
from snnconv.reporting.model import Report
from snnconv.reporting.page.blocks import Block, Note, Section, Table
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.sections.energy_bars import figures
from snnconv.reporting.page.sections.estimates import (
    BREAK_EVENS,
    LOWER_BOUND,
    TWIN,
    approximately,
    break_even,
    ranged,
    twin_bits,
)
from snnconv.reporting.page.sections.profiles import details
from snnconv.reporting.page.text import significant


def section(runs: Runs) -> Section:
    """Make the section."""
    priced = [run for run in runs if run.report.energy]
    blocks: list[Block] = []
    if priced:
        blocks += missing(runs, _lower_bound, LOWER_BOUND)
        blocks += [*figures(priced), _table(priced), *_notes(priced), *details(priced)]
    blocks += missing(
        runs, lambda report: not report.energy, "no energy was asked for: run report with --energy, or --profile."
    )
    lead = (
        "Every figure here is an estimate, not a measurement: a count times a published price. Read SynOps per MAC and "
        "the break-even first; where a profile mixes technologies, its ratio compares circuits as well as networks. "
        "A profile that prices one network alone is a yardstick: it has no ratio."
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
    bits = f" ({twin_bits(one)})" if one.quantised is not None else ""
    notes = one.break_even_notes
    yield ranged(one.ann)
    yield ranged(one.snn)
    yield approximately(one.ratio) + mixed + (" (without the SNN's MACs)" if one.lacks_macs else "")
    yield ranged(one.quantised) + bits
    yield approximately(one.ratio_quantised) + (bits if one.ratio_quantised is not None else "")
    yield break_even(one.break_even_pj_per_synop, notes.pj_per_synop)
    yield break_even(one.break_even_synops_per_mac, notes.synops_per_mac)
    yield break_even(one.break_even_rate, notes.rate)


def _notes(runs: Runs) -> Iterator[Note]:
    work = ", ".join(
        f"{run.prefix}{significant(run.report.synops_per_mac)}" for run in runs if run.report.synops_per_mac is not None
    )
    yield Note(
        f"SynOps per MAC on this page: {work or '–'}. Below a profile's break-even, the estimate for the spiking "
        f"network is the lower one. {BREAK_EVENS}"
    )
    estimates = [one for run in runs for one in run.report.energy]
    if any(one.quantised is not None for one in estimates):
        yield Note(TWIN)


def _lower_bound(report: Report) -> bool:
    return any(side is not None and not side.counted for one in report.energy for side in (one.ann, one.snn))
