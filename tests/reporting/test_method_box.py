from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.report import report

MakeRun = Callable[..., Path]


def _facts(folder: Path, *profiles: str) -> dict[str, str]:
    found = report(folder, [load_profile(profile) for profile in profiles]).method
    assert len({fact.title for fact in found}) == len(found)
    return {fact.title: fact.text for fact in found}


def test_it_has_the_18_things_that_a_reviewer_asks_for(make_run: MakeRun) -> None:
    assert len(_facts(make_run())) == 18


def test_it_speaks_of_this_run(make_run: MakeRun) -> None:
    facts = _facts(make_run(), "hu2021", "cmos45-fp32")
    assert "1,000 MACs per image; with them, as most papers count, 1,100" in facts["Unit of the ReLU network's work"]
    # 50 once and 7 at each of 4 steps
    assert "78 per image with constant ones kept; made anew at each step they would be 228" in facts["First layer"]
    assert facts["Time steps"].startswith("T = 4 ")
    assert facts["Profiles"].startswith("hu2021, cmos45-fp32;")
    assert facts["Technologies"].startswith("hu2021 price the two networks on different technologies")
    # 3 bits tell 0 … 4 spikes apart
    assert "activations of 3 bits" in facts["Baseline"]


def test_poisson_input_makes_synops(make_run: MakeRun, summary: dict[str, Any]) -> None:
    facts = _facts(make_run(summary | {"encoding": "poisson", "seed": 5}))
    assert facts["Input"] == "Poisson train of signed spikes, seed 5: the first layer makes SynOps."


@pytest.mark.parametrize(("complete", "expected"), [(True, "8 images, each"), (False, "8 images of 9 planned, each")])
def test_an_unfinished_run_says_so(make_run: MakeRun, summary: dict[str, Any], complete: bool, expected: str) -> None:
    facts = _facts(make_run(summary | {"complete": complete, "planned_images": 8 if complete else 9}))
    assert facts["Data"].startswith(expected)
