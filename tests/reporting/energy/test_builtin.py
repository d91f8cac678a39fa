"""The profiles that come with the package."""

import re
from pathlib import Path

import pytest

from snnconv.reporting.energy.load import builtin_profiles, load_profile
from snnconv.reporting.energy.price import price
from snnconv.reporting.energy.profile import EnergyProfile
from tests.reporting.energy.examples import LAYERS, ann_counts, snn_counts

DOCS = Path(__file__).parents[3] / "docs" / "energy.md"
NAMES = {
    "anp-i": "ANP-I",
    "horowitz2014": "Horowitz",
    "ms-resnet": "MS-ResNet",
    "pmc8934428": "PMC8934428",
    "qualia": "Qualia",
    "sana-fe": "SANA-FE",
    "seneca2023": "SENECA",
    "spikingjelly": "SpikingJelly",
}
"""What notes call some sources."""


def _rows() -> list[str]:
    """Give the rows of the docs' table of profiles."""
    section = DOCS.read_text(encoding="utf-8").split("\n## 2. ")[1].split("\n## 3. ")[0]
    return [line for line in section.splitlines() if line.startswith("| `")]


each = pytest.mark.parametrize("profile", builtin_profiles(), ids=lambda profile: profile.id)


def test_ids() -> None:
    found = [profile.id for profile in builtin_profiles()]
    assert found == sorted(set(found))
    assert len(found) == 20
    assert {"cmos45-fp32", "hu2021", "loihi1"} <= set(found)


@each
def test_can_be_loaded_by_id(profile: EnergyProfile) -> None:
    assert load_profile(profile.id) == profile
    assert profile.version == 2


@each
def test_says_what_it_omits_and_what_was_not_read(profile: EnergyProfile) -> None:
    assert re.search("static power|what SRAM costs at rest|operating points", " ".join(profile.omits))
    assert any(note.startswith("Secondary:") for note in profile.notes)


@each
def test_every_price_has_a_place_in_a_source_and_no_source_stands_there_unused(profile: EnergyProfile) -> None:
    keys = {source.key for source in profile.sources}
    priced = {price.source for price in profile.prices}
    assert priced <= keys
    assert all(price.where for price in profile.prices)
    text = " ".join([*profile.notes, *(price.where for price in profile.prices)])
    assert [key for key in keys - priced if key not in text and NAMES.get(key, key) not in text] == []


@each
def test_stands_in_the_table_of_the_docs(profile: EnergyProfile) -> None:
    rows = [row for row in _rows() if row.startswith(f"| `{profile.id}` |")]
    assert len(rows) == 1
    figures = [price.prices.synop for price in (profile.snn,) if price is not None and price.prices.synop is not None]
    figures += [] if profile.ann is None else [profile.ann.price]
    assert all(f"{figure.pj:,g}" in rows[0] for figure in figures)


def test_the_docs_name_no_profile_that_is_gone() -> None:
    assert sorted(row.split("`")[1] for row in _rows()) == [profile.id for profile in builtin_profiles()]


@each
def test_prices_a_network(profile: EnergyProfile) -> None:
    found = price(profile, ann_counts(), snn_counts(), LAYERS)
    assert (found.ann is None) == (profile.ann is None)
    assert (found.snn is None) == (profile.snn is None)
    for side in (found.ann, found.snn, found.quantised):
        if side is not None:
            assert 0 < side.uj_low <= side.uj <= side.uj_high
            assert side.uj == pytest.approx(sum(line.uj or 0.0 for line in side.lines))
    assert found.not_priced[-len(profile.omits) :] == profile.omits


def test_which_mix_technologies() -> None:
    mixed = [profile.id for profile in builtin_profiles() if profile.mixed_technology]
    # the second prices memory by a figure whose circuit its source does not name
    assert mixed == ["hu2021", "simple45-memory"]


def test_which_price_the_quantised_network() -> None:
    found = {profile.id for profile in builtin_profiles() if profile.quantised is not None}
    assert found == {"cmos45-int32", "cmos45-int8", "cmos45-int8-acc32"}


def test_arithmetic_is_consistent() -> None:
    for profile in builtin_profiles():
        if not profile.id.startswith("cmos45") or profile.ann is None or profile.snn is None:
            continue
        prices = profile.snn.prices
        assert prices.synop is not None
        assert prices.mac == profile.ann.price
        if prices.leak is not None:  # a multiplication, in the number type of the addition
            assert prices.leak.pj + prices.synop.pj == pytest.approx(profile.ann.price.pj)
