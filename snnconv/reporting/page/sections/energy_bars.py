"""Bars of estimated energies on a logarithmic axis."""

from collections.abc import Iterator, Sequence
from math import floor, log10

from snnconv.reporting.energy.estimate import EnergyEstimate, EnergySide
from snnconv.reporting.page.blocks import Figure
from snnconv.reporting.page.download import Cell, csv_file
from snnconv.reporting.page.runs import Run, Runs
from snnconv.reporting.page.sections.estimates import total, twin_bits
from snnconv.reporting.page.svg.axis import Axis
from snnconv.reporting.page.svg.bars import Bar, bars
from snnconv.reporting.page.text import energy

_ANN_STYLE = 5
_HEAD = (
    *("run", "profile", "side", "estimated_uj", "low", "high", "technology", "technology_nm", "mixed_technology"),
    *("counted", "bits", "priced_as_bits"),
)
_READING = (
    "Thin lines are the range that a profile gives. A logarithmic axis has no zero: compare where bars end, not how "
    "long they are."
)
_OPEN = "An arrow and ≥ mark sums that lack what an older run did not count."

Estimates = Sequence[tuple[Run, EnergyEstimate]]


def figures(runs: Runs) -> Iterator[Figure]:
    """Draw the profiles that price both networks, then those that price one, on the same axis."""
    found: dict[str, list[tuple[Run, EnergyEstimate]]] = {}
    for run in runs:
        for one in run.report.energy:
            found.setdefault(one.profile_id, []).append((run, one))
    both = {name: those for name, those in found.items() if all(e.ann and e.snn for _, e in those)}
    alone = {name: those for name, those in found.items() if name not in both}
    axis = _axis(runs)
    for name, title, group in (
        ("fig-energy", "Estimated energy per image, profiles of both networks", both),
        ("fig-energy-alone", "Estimated energy per image, profiles of one network alone", alone),
    ):
        if group:
            rows = [row for those in group.values() for row in _profile(those)]
            described = "Estimates, not measurements. " + "; ".join(
                f"{row.name}:" if row.heading else f"{row.name} {row.text}" for row in rows
            )
            svg = bars(name, title, described, axis, rows, row_height=17)
            csv_name = name.removeprefix("fig-")
            data = csv_file(csv_name, _HEAD, (row for those in group.values() for row in _rows(those)))
            open_ends = f" {_OPEN}" if any(row.open for row in rows) else ""
            yield Figure(svg, f"{title}. {_READING}{open_ends}", data)


def _axis(runs: Runs) -> Axis:
    sides = [
        side for run in runs for e in run.report.energy for side in (e.ann, e.snn, e.quantised) if side is not None
    ]
    numbers = [value for side in sides for value in (side.uj, side.uj_low, side.uj_high) if value > 0]
    low = 10.0 ** floor(log10(min(numbers, default=1.0)) - 0.3)
    high = max(max(numbers, default=10.0), low * 10)
    return Axis("estimated energy per image (logarithmic)", low, high, base=10, format=energy, wanted=5)


def _profile(those: Estimates) -> Iterator[Bar]:
    first = those[0][1]
    yield Bar(first.profile_id + (" (mixed technology)" if first.mixed_technology else ""), None, "", heading=True)
    yield from _dense("ANN", [(run, one.ann) for run, one in those])
    twins: dict[str, list[tuple[Run, EnergySide | None]]] = {}
    for run, one in those:
        if one.quantised is not None:
            twins.setdefault(twin_bits(one).replace("priced as", "as"), []).append((run, one.quantised))
    for bits, sides in twins.items():
        # of several kinds, one that a single run has says which
        tag = f" {sides[0][0].tag}" if len(twins) > 1 and len(sides) == 1 else ""
        yield from _dense(f"ANN{tag}, {bits}", sides)
    for run, one in those:
        yield _bar(f"SNN {run.tag}".strip(), one.snn, run.index % _ANN_STYLE)


def _dense(name: str, sides: Sequence[tuple[Run, EnergySide | None]]) -> Iterator[Bar]:
    """Give one bar where the networks of all runs cost the same, else one for each."""
    if len({None if side is None else side.uj for _, side in sides}) == 1:
        yield _bar(name, sides[0][1], _ANN_STYLE)
        return
    for run, side in sides:
        yield _bar(f"{name} {run.tag}", side, _ANN_STYLE)


def _bar(name: str, side: EnergySide | None, style: int) -> Bar:
    if side is None:
        return Bar(name, None, "not priced", style)
    # zero has no place on a logarithmic axis, and a lower bound has no upper end
    low, high = (side.uj_low or None, side.uj_high or None) if side.counted else (None, None)
    return Bar(name, side.uj or None, total(side), style, low, high, open=not side.counted)


def _rows(those: Estimates) -> Iterator[Sequence[Cell]]:
    for run, one in those:
        for name, side in (("ann", one.ann), ("quantised", one.quantised), ("snn", one.snn)):
            if side is not None:
                yield (
                    run.label,
                    one.profile_id,
                    name,
                    side.uj,
                    side.uj_low,
                    side.uj_high,
                    side.technology,
                    side.technology_nm,
                    str(one.mixed_technology),
                    str(side.counted),
                    one.quantised_bits if side is one.quantised else None,
                    one.quantised_priced_bits if side is one.quantised else None,
                )
