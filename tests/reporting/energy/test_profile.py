import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from snnconv.errors import ProfileError
from snnconv.reporting.energy.load import builtin_profiles, load_profile


def _price(**changes: Any) -> dict[str, Any]:
    return {"pj": 2.0, "status": "measured", "source": "s", "where": "Table 1"} | changes


def _content(**changes: Any) -> dict[str, Any]:
    return {
        "format": "snnconv.energy-profile",
        "version": 1,
        "id": "mine",
        "title": "My chip",
        "ann": {"technology": "chip", "technology_nm": 22, "unit": "MAC", "prices": {"mac": _price()}},
        "snn": {"technology": "chip", "technology_nm": 22, "prices": {"synop": _price(pj=1.0)}},
        "omits": ["static power"],
        "sources": [{"key": "s", "cite": "Data sheet"}],
    } | changes


def _ann(**changes: Any) -> dict[str, Any]:
    return _content()["ann"] | changes


def _write(folder: Path, content: Any) -> Path:
    path = folder / "mine.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_builtin_ids() -> None:
    assert [profile.id for profile in builtin_profiles()] == ["cmos45-fp32", "hu2021", "loihi1"]


@pytest.mark.parametrize("profile", builtin_profiles(), ids=lambda profile: profile.id)
def test_builtin_profiles_can_be_loaded_by_id_and_say_what_they_omit(profile: Any) -> None:
    assert load_profile(profile.id) == profile
    assert "static power" in " ".join(profile.omits)
    assert any(note.startswith("Secondary:") for note in profile.notes)
    assert all(source.doi or "arXiv" in source.cite for source in profile.sources)


def test_builtin_prices() -> None:
    found = {profile.id: [(price.pj, price.status.value) for price in profile.prices] for profile in builtin_profiles()}
    assert found == {
        "cmos45-fp32": [(4.6, "derived"), (0.9, "derived"), (4.6, "derived")],
        "hu2021": [(12.5, "vendor"), (0.077, "quoted")],
        "loihi1": [(23.6, "simulated")],
    }
    assert [profile.mixed_technology for profile in builtin_profiles()] == [False, True, False]


def test_a_users_file(tmp_path: Path) -> None:
    path = _write(tmp_path, _content())
    profile = load_profile(path)
    assert profile == load_profile(str(path))
    assert profile.model_dump(mode="json", exclude_unset=True) == _content()
    assert not profile.mixed_technology


def test_other_technology_of_the_same_size_is_mixed(tmp_path: Path) -> None:
    assert load_profile(_write(tmp_path, _content(ann=_ann(technology="FPGA")))).mixed_technology


def test_unknown_id_lists_the_known_ones() -> None:
    expected = "no energy profile 'hu2012': expected one of cmos45-fp32, hu2021, loihi1, or a JSON file"
    with pytest.raises(ProfileError, match=f"^{re.escape(expected)}$"):
        load_profile("hu2012")


def test_builtin_id_goes_before_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hu2021").write_text(json.dumps(_content()))
    monkeypatch.chdir(tmp_path)
    assert load_profile("hu2021").id == "hu2021"
    assert load_profile("./hu2021").id == "mine"
    assert load_profile(Path("hu2021")).id == "mine"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "mine.json is no energy profile: not valid JSON: Expecting property name"),
        ('{"id": "a", "id": "b"}', "mine.json is no energy profile: JSON with duplicate keys: id"),
        ('{"id": NaN}', "mine.json is no energy profile: JSON with NaN"),
        (
            "[]",
            "its format must be 'snnconv.energy-profile', found no object but list",
        ),
        ({"format": "x"}, "its format must be 'snnconv.energy-profile', found 'x'"),
        (
            _content(version=2),
            "has snnconv.energy-profile version 2, this snnconv reads up to 1: upgrade snnconv",
        ),
        (_content(version=0), "mine.json breaks the energy profile format: version: Input should be 1"),
        (_content(id="My chip"), "breaks the energy profile format: id: String should match pattern"),
        (_content(colour="red"), "breaks the energy profile format: colour: Extra inputs are not permitted"),
        (_content(**{"a\nb": 1}), "breaks the energy profile format: a b: Extra inputs are not permitted"),
        (
            _content(ann=None, snn=None),
            "breaks the energy profile format: a profile prices at least one side, found neither ann nor snn",
        ),
        (
            _content(ann=_ann(prices={"mac": _price(pj=-1)})),
            "ann.prices.mac.pj: Input should be greater than or equal to 0",
        ),
        (
            json.dumps(_content(ann=_ann(prices={"mac": _price(pj="PJ")}))).replace('"PJ"', "1e999"),
            "JSON with 1e999, which is not a number that a file may hold",
        ),
        (
            _content(ann=_ann(prices={"mac": _price(low=3.0)})),
            "ann.prices.mac: low, pj and high must be in order, found 3.0, 2.0, 2.0",
        ),
        (
            _content(ann=_ann(prices={"mac": _price(high=1.0)})),
            "ann.prices.mac: low, pj and high must be in order, found 2.0, 2.0, 1.0",
        ),
        (
            _content(ann=_ann(prices={"mac": _price(status="guessed")})),
            "ann.prices.mac.status: Input should be",
        ),
        (
            _content(ann=_ann(unit="FLOP")),
            "ann: the unit is FLOP, so prices must have flop alone; found mac",
        ),
        (
            _content(ann=_ann(prices={"mac": _price(), "flop": _price()})),
            "ann: the unit is MAC, so prices must have mac alone; found mac and flop",
        ),
        (_content(ann=_ann(prices={})), "ann: the unit is MAC, so prices must have mac alone; found none"),
        (
            _content(ann=_ann(flops_per_mac=2)),
            "ann: flops_per_mac belongs to the unit FLOP; leave it out for MAC",
        ),
        (_content(ann=_ann(flops_per_mac=0)), "ann.flops_per_mac: Input should be greater than 0"),
        (
            _content(ann=_ann(prices={"mac": _price(source="t")})),
            "prices name unknown sources t; known: s",
        ),
        (
            _content(sources=[{"key": "s", "cite": "a"}, {"key": "s", "cite": "b"}]),
            "source keys must differ, found twice: s",
        ),
        (_content(sources=[]), "sources: Tuple should have at least 1 item"),
        (" " * 1_000_001, "mine.json is no energy profile: it has more than 1000000 bytes"),
    ],
)
def test_broken_files_are_refused_in_one_line(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(ProfileError, match=re.escape(message)) as caught:
        load_profile(_write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=re.escape(f"cannot read the energy profile {tmp_path}: Is a directory")):
        load_profile(tmp_path)


def test_a_path_that_cannot_be_is_refused() -> None:
    with pytest.raises(ProfileError, match="cannot read the energy profile a\0b: embedded null byte"):
        load_profile("a\0b")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ProfileError, match="it is a pipe or a device; name a file"):
        load_profile(tmp_path / "pipe")
