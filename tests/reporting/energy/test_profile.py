import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from snnconv.errors import ProfileError
from snnconv.reporting.energy.load import builtin_profiles, load_profile
from tests.reporting.energy.examples import content, cost, made, spiking

QUANTISED: dict[str, Any] = {"technology": "chip", "prices": [{"max_bits": 8, "mac": cost()}]}


def _ann(**changes: Any) -> dict[str, Any]:
    return content()["ann"] | changes


def _write(folder: Path, made: Any) -> Path:
    path = folder / "mine.json"
    path.write_text(made if isinstance(made, str) else json.dumps(made))
    return path


def test_a_users_file(tmp_path: Path) -> None:
    path = _write(tmp_path, content())
    profile = load_profile(path)
    assert profile == load_profile(str(path))
    assert profile.model_dump(mode="json", exclude_unset=True) == content()
    assert not profile.mixed_technology


def test_a_price_of_another_circuit_is_mixed() -> None:
    there = {"technology": "memory", "technology_nm": 22}
    assert made(snn=spiking(synop=cost(technology=there))).mixed_technology
    assert not made(snn=spiking(synop=cost(technology=there | {"technology": "chip"}))).mixed_technology


@pytest.mark.parametrize("pj", [float("nan"), float("inf"), -1.0])
def test_a_price_is_a_number_from_0_on(pj: float) -> None:
    with pytest.raises(ValidationError, match=r"snn\.prices\.synop\.pj"):
        made(snn=spiking(synop=cost(pj)))


def test_a_side_that_names_no_process(tmp_path: Path) -> None:
    profile = load_profile(_write(tmp_path, content(ann=None, snn={"technology": "x", "prices": {"synop": cost()}})))
    assert profile.snn is not None
    assert profile.snn.technology_nm is None


def test_other_technology_of_the_same_size_is_mixed(tmp_path: Path) -> None:
    assert load_profile(_write(tmp_path, content(ann=_ann(technology="FPGA")))).mixed_technology


IDS = ", ".join(profile.id for profile in builtin_profiles())


def test_unknown_id_lists_the_known_ones() -> None:
    expected = f"no energy profile 'hu2012': expected one of {IDS}, or a JSON file"
    with pytest.raises(ProfileError, match=f"^{re.escape(expected)}$"):
        load_profile("hu2012")


def test_builtin_id_goes_before_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hu2021").write_text(json.dumps(content()))
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
            content(version=3),
            "has snnconv.energy-profile version 3, this snnconv reads up to 2: upgrade snnconv",
        ),
        (content(version=True), "mine.json breaks the energy profile format: version: Input should be 2"),
        (content(version=0), "mine.json breaks the energy profile format: version: Input should be 2"),
        (
            content(version=1),
            "mine.json breaks the energy profile format: version 1 has no kind; set version to 2",
        ),
        (content(kind="guess"), "breaks the energy profile format: kind: Input should be"),
        (
            content(snn=spiking()),
            "breaks the energy profile format: snn.prices: at least one operation must have a price, found none",
        ),
        (content(snn=spiking(hop=cost())), "snn.prices.hop: Extra inputs are not permitted"),
        (
            content(snn=spiking(neuron_update=cost(), leak=cost(), reset=cost())),
            "snn.prices: neuron_update stands for leak, reset too: give one or the other",
        ),
        (
            content(quantised={"technology": "chip", "prices": []}),
            "quantised.prices: Tuple should have at least 1 item",
        ),
        (
            content(quantised=QUANTISED | {"prices": [{"max_bits": bits, "mac": cost()} for bits in (8, 8)]}),
            "quantised: max_bits must ascend, found 8, 8",
        ),
        (
            content(quantised=QUANTISED, memory={"word_bits": 32, "access": cost()}),
            "a profile with memory cannot price the quantised network; leave out one of them",
        ),
        (content(memory={"word_bits": 32}), "memory: a memory has either access or points, found neither"),
        (
            content(memory={"word_bits": 32, "access": cost(), "points": [{"bytes": 8, "access": cost()}]}),
            "memory: a memory has either access or points, found both",
        ),
        (
            content(memory={"word_bits": 32, "points": [{"bytes": size, "access": cost()} for size in (9, 8)]}),
            "memory: the bytes of points must ascend, found 9, 8",
        ),
        (
            content(
                memory={"word_bits": 32, "points": [{"bytes": 10 - pj, "access": cost(pj)} for pj in (2, 1)]},
            ),
            "memory: an access to a larger memory must not cost less than one to a smaller",
        ),
        (
            content(memory={"word_bits": 32, "access": cost(source="t")}),
            "prices name unknown sources t; known: s",
        ),
        (content(id="My chip"), "breaks the energy profile format: id: String should match pattern"),
        (content(colour="red"), "breaks the energy profile format: colour: Extra inputs are not permitted"),
        (content(**{"a\nb": 1}), "breaks the energy profile format: a b: Extra inputs are not permitted"),
        (
            content(ann=None, snn=None),
            "breaks the energy profile format: a profile prices at least one side, found neither ann nor snn",
        ),
        (
            content(ann=_ann(prices={"mac": cost(pj=-1)})),
            "ann.prices.mac.pj: Input should be greater than or equal to 0",
        ),
        (
            json.dumps(content(ann=_ann(prices={"mac": cost(pj="PJ")}))).replace('"PJ"', "1e999"),
            "JSON with 1e999, which is not a number that a file may hold",
        ),
        (
            content(ann=_ann(prices={"mac": cost(low=3.0)})),
            "ann.prices.mac: low, pj and high must be in order, found 3.0, 2.0, 2.0",
        ),
        (
            content(ann=_ann(prices={"mac": cost(high=1.0)})),
            "ann.prices.mac: low, pj and high must be in order, found 2.0, 2.0, 1.0",
        ),
        (
            content(ann=_ann(prices={"mac": cost(status="guessed")})),
            "ann.prices.mac.status: Input should be",
        ),
        (
            content(ann=_ann(unit="FLOP")),
            "ann: the unit is FLOP, so prices must have flop alone; found mac",
        ),
        (
            content(ann=_ann(prices={"mac": cost(), "flop": cost()})),
            "ann: the unit is MAC, so prices must have mac alone; found mac and flop",
        ),
        (content(ann=_ann(prices={})), "ann: the unit is MAC, so prices must have mac alone; found none"),
        (
            content(ann=_ann(flops_per_mac=2)),
            "ann: flops_per_mac belongs to the unit FLOP; leave it out for MAC",
        ),
        (content(ann=_ann(flops_per_mac=0)), "ann.flops_per_mac: Input should be greater than 0"),
        (
            content(ann=_ann(prices={"mac": cost(source="t")})),
            "prices name unknown sources t; known: s",
        ),
        (
            content(sources=[{"key": "s", "cite": "a"}, {"key": "s", "cite": "b"}]),
            "source keys must differ, found twice: s",
        ),
        (content(sources=[]), "sources: Tuple should have at least 1 item"),
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
