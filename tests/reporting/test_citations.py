import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconv.reporting.citations import citations
from snnconv.reporting.energy.load import builtin_profiles, load_profile
from snnconv.reporting.report import report
from snnconv.runs.summary import RunSummary

MakeRun = Callable[..., Path]


def _keys(entries: tuple[str, ...]) -> list[str]:
    return [entry[entry.index("{") + 1 : entry.index(",")] for entry in entries]


def _summary(summary: dict[str, Any], method: str, **options: object) -> RunSummary:
    network = summary["network"] | {"method": method, "options": options}
    return RunSummary.model_validate(summary | {"network": network})


@pytest.mark.parametrize(
    ("method", "options", "expected"),
    [
        ("paper", {"compensation": "search"}, ["hu2021", "rueckauer2017"]),
        ("paper", {"compensation": "layerwise"}, ["hu2021", "rueckauer2017", "hu2018"]),
        ("paper", {"initial_potential": 0.5}, ["hu2021", "rueckauer2017", "bu2022"]),
        ("spike-norm", {}, ["sengupta2019"]),
        ("by hand", {}, []),
    ],
)
def test_the_methods_that_were_used(
    summary: dict[str, Any], method: str, options: dict[str, object], expected: list[str]
) -> None:
    intervals = ["wilson1927", "agresti2005"]
    assert _keys(citations(_summary(summary, method, **options))) == expected + intervals


def test_intervals_are_cited_where_there_are_some(summary: dict[str, Any]) -> None:
    without = _summary(summary, "by hand").model_copy(update={"reference_accuracy": None})
    assert _keys(citations(without)) == ["wilson1927"]
    assert citations(without.model_copy(update={"accuracy": None})) == ()


def test_sources_of_prices_follow_each_once(summary: dict[str, Any]) -> None:
    profile = load_profile("hu2021")
    keys = _keys(citations(_summary(summary, "paper"), [profile, profile]))
    # the paper is a source of its prices too
    assert keys.count("hu2021") == 1
    assert set(keys) >= {source.key for source in profile.sources}


def test_every_entry_is_bibtex(summary: dict[str, Any]) -> None:
    for entry in citations(_summary(summary, "paper", compensation="layerwise"), builtin_profiles()):
        assert re.match(r"@[a-z]+\{[A-Za-z0-9:._-]+,\n", entry)
        assert entry.endswith("\n}")
        depth = 0
        for char in re.sub(r"\\[{}]", "", entry):
            depth += {"{": 1, "}": -1}.get(char, 0)
            assert depth >= 0
        assert depth == 0


def test_they_are_in_the_report(make_run: MakeRun) -> None:
    made = report(make_run(), [load_profile("hu2021")])
    assert made.citations == citations(made.run, made.profiles)
