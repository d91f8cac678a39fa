"""What the section on energy says of figures that are more or less than they look."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from snnconv.reporting.energy.estimate import BreakEvenNote
from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.energy.price import price
from snnconv.reporting.model import Report
from snnconv.reporting.page.runs import number_runs
from snnconv.reporting.page.sections import energy
from snnconv.reporting.page.sections.energy_bars import figures
from snnconv.reporting.page.sections.estimates import LOWER_BOUND, break_even

Make = Callable[..., Report]


def _priced(report: Report, *names: str, **snn: Any) -> Report:
    profiles = tuple(load_profile(name) for name in names)
    counts = report.snn_counts.model_copy(update=snn)
    estimates = tuple(price(profile, report.ann_counts, counts, report.layers) for profile in profiles)
    return report.model_copy(update={"energy": estimates, "profiles": profiles})


def _section(*reports: Report) -> tuple[dict[str, tuple[str, ...]], str]:
    """Give the rows of the table by their names, and all notes."""
    blocks = energy.section(number_runs(reports)).blocks
    rows = next(block.rows for block in blocks if block.kind == "table" and not block.folded)
    notes = " ".join(block.text for block in blocks if block.kind == "note")
    return {row[0]: tuple(cell.replace("\u00a0", " ") for cell in row[1:]) for row in rows}, notes


def _csv(report: Report) -> list[dict[str, str]]:
    found = next(iter(figures(number_runs([report])))).data
    assert found is not None
    kind, data = found.href.split(",", 1)
    assert kind == "data:text/csv;charset=utf-8"
    return list(csv.DictReader(io.StringIO(unquote(data))))


def test_the_sum_of_an_older_run_is_a_lower_bound_everywhere(report: Report) -> None:
    older = _priced(report, "cmos45-fp32", bias_adds=None, leaks=None)
    rows, notes = _section(older)
    assert re.fullmatch(r"≥ [\d.]+ .J \(the run is older: repeat simulate with --overwrite\)", rows["cmos45-fp32"][1])
    assert rows["cmos45-fp32"][0].startswith("≈ ")
    assert rows["cmos45-fp32"][2] == rows["cmos45-fp32"][-1] == "–"
    assert LOWER_BOUND in notes
    picture = next(iter(figures(number_runs([older])))).svg
    assert len(re.findall(r">≥ [\d.]+", picture)) == 1
    # an arrow leads on from the bar
    assert "h10m-3 -3l3 3l-3 3" in picture
    assert [(row["side"], row["counted"]) for row in _csv(older)] == [("ann", "True"), ("snn", "False")]
    whole = _priced(report, "cmos45-fp32")
    assert "≥" not in "".join(_section(whole)[0]["cmos45-fp32"])
    assert LOWER_BOUND not in _section(whole)[1]
    # of several runs, the older one is named
    assert f"B: {LOWER_BOUND}" in _section(whole, older)[1]


@pytest.mark.parametrize(
    ("value", "note", "text"),
    [
        (2.0, None, "≈ 2"),
        (None, BreakEvenNote.NEVER, "never"),
        (None, BreakEvenNote.ANY, "any"),
        (1.5, BreakEvenNote.ANY, "any (≈ 1.5)"),
        (None, BreakEvenNote.UNKNOWN, "–"),
    ],
)
def test_a_break_even_says_why_it_is_none(value: float | None, note: BreakEvenNote | None, text: str) -> None:
    assert break_even(value, note) == text


def test_never_and_not_priced_look_different(report: Report) -> None:
    macs = report.ann_counts.macs
    rows, notes = _section(_priced(report, "cmos45-fp32", "loihi1", comparisons=10 * macs))
    assert rows["cmos45-fp32"][5:] == ("never", "never", "never")
    assert rows["loihi1"][5:] == ("–", "–", "–")
    assert "“never”: the other operations alone cost as much" in notes


def test_bits_that_no_price_is_for_are_said_beside_the_figures(report: Report) -> None:
    wide = _priced(report, "cmos45-int32", steps=350)
    rows, notes = _section(wide)
    assert rows["cmos45-int32"][3].endswith(" (9 bits priced as 32)")
    assert rows["cmos45-int32"][4].endswith(" (9 bits priced as 32)")
    assert "no price between is published" in notes
    assert ">ANN, 9 bits as 32<" in next(iter(figures(number_runs([wide])))).svg
    twin = next(row for row in _csv(wide) if row["side"] == "quantised")
    assert (twin["bits"], twin["priced_as_bits"]) == ("9", "32")
    exact = _priced(report, "cmos45-int8", steps=255)
    assert _section(exact)[0]["cmos45-int8"][3].endswith(" (8 bits)")
