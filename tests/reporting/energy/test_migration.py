"""Files of version 1, as they were written then, mean the same now."""

import json
from pathlib import Path

import pytest

from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.energy.price import price
from tests.reporting.energy.examples import LAYERS, ann_counts, snn_counts

GOLDEN = Path(__file__).parent / "golden"
EXACT = 1e-12


@pytest.mark.parametrize("name", ["cmos45-fp32", "hu2021", "loihi1"])
def test_a_file_of_version_1_keeps_all_that_it_says(name: str) -> None:
    path = GOLDEN / f"v1-{name}.json"
    was = json.loads(path.read_text(encoding="utf-8"))
    assert was["version"] == 1
    now = load_profile(path)
    assert (now.version, now.kind, now.quantised, now.memory) == (2, "literature", None, None)
    kept = now.model_dump(mode="json", exclude_unset=True)
    assert {key: kept[key] for key in was if key != "version"} == {k: v for k, v in was.items() if k != "version"}


def test_its_prices_give_the_figures_that_they_gave() -> None:
    found = price(load_profile(GOLDEN / "v1-cmos45-fp32.json"), ann_counts(), snn_counts(), LAYERS)
    assert found.ann is not None
    assert found.snn is not None
    assert found.ann.uj == pytest.approx(4600e-6, rel=EXACT)
    assert found.snn.uj == pytest.approx((800 * 0.9 + 50 * 4.6) * 1e-6, rel=EXACT)
    # operations that version 1 has no price for are named now
    assert "20 comparisons of a membrane with its threshold per image of the spiking network" in found.not_priced
