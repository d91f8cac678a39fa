"""What stands behind an energy estimate: counts, prices, sources, and what is left out."""

from collections.abc import Iterator

from snnconv.reporting.energy.estimate import EnergyEstimate, EnergyLine, EnergySide
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.reporting.page.blocks import Block, Facts, Table
from snnconv.reporting.page.runs import Runs
from snnconv.reporting.page.sections.estimates import OLDER, twin_bits
from snnconv.reporting.page.text import count, significant


def details(runs: Runs) -> Iterator[Block]:
    """Give one table of operations for each run, then what each profile says of itself."""
    for run in runs:
        rows = [row for one in run.report.energy for row in _lines(one)]
        head = ("Profile, side", "Operation", "Count per image", "pJ", "µJ (estimate)", "Status", "Source")
        caption = f"{run.prefix}Operations and their prices"
        yield Table(caption, head, tuple(rows), texts=frozenset({1, 5, 6}), folded=True)
    seen: set[str] = set()
    for run in runs:
        for one, profile in zip(run.report.energy, run.report.profiles, strict=True):
            if profile.id not in seen:
                seen.add(profile.id)
                yield _profile(one, profile)


def _lines(one: EnergyEstimate) -> Iterator[tuple[str, ...]]:
    for name, side in (("ANN", one.ann), ("quantised ANN", one.quantised), ("SNN", one.snn)):
        for line in () if side is None else side.lines:
            yield (
                f"{one.profile_id}, {name}",
                line.operation,
                count(line.count),
                _range(line),
                "not priced" if line.uj is None else f"≈ {significant(line.uj)}",
                line.status or "–",
                ", ".join(text for text in (line.source, line.where) if text) or "–",
            )


def _range(line: EnergyLine) -> str:
    return "–" if line.pj is None else significant(line.pj)


def _profile(one: EnergyEstimate, profile: EnergyProfile) -> Facts:
    items = [("Kind", str(one.kind), "")]
    for name, side, more in (
        ("ANN", one.ann, ""),
        ("Quantised ANN", one.quantised, twin_bits(one)),
        ("SNN", one.snn, ""),
    ):
        items.append((name, _technology(side), more))
    for name, side, value in (
        ("ANN with taps on padding, µJ (estimate)", one.ann, one.ann_uj_padded),
        ("ANN with two FLOPs per MAC, µJ (estimate)", one.ann, one.ann_uj_two_flops_per_mac),
        ("SNN with constant currents made anew at each step, µJ (estimate)", one.snn, one.snn_uj_recomputed),
    ):
        if side is not None and value is not None:
            text = f"≈ {significant(value)}" if side.counted else f"≥ {significant(value)}"
            items.append((name, text, "" if side.counted else OLDER))
    items += [("Not priced", text, "") for text in one.not_priced]
    items += [("Note", text, "") for text in profile.notes]
    for source in profile.sources:
        doi = f" doi:{source.doi}" if source.doi else ""
        items.append((f"Source {source.key}", source.cite + doi, ""))
    return Facts(tuple(items), heading=f"{profile.id}: {profile.title}")


def _technology(side: EnergySide | None) -> str:
    if side is None:
        return "not priced"
    return side.technology if side.technology_nm is None else f"{side.technology}, {significant(side.technology_nm)} nm"
