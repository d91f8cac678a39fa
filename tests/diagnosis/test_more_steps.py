"""What is recommended against too few steps was run: the command given makes a network that decides as its limit."""

import shlex
from itertools import pairwise

import pytest

import snnconv
from snnconv.diagnosis.model import CauseName, Finding
from snnconv.ir import file


@pytest.fixture(scope="module")
def short(workshop):
    """Give a network whose factor was chosen for 8 steps."""
    return workshop.converted("short", compensation=1.25, steps=8)


def _options(finding: Finding) -> dict[str, str]:
    words = shlex.split(str(finding.command))
    return dict(pairwise(words))


def test_more_steps_without_the_factors_of_few(short, workshop) -> None:
    found = workshop.diagnosed(short).findings[0]
    assert found.cause is CauseName.FEW_STEPS
    options = _options(found)
    assert options["snnconv"] == "convert"
    assert options["--compensation"] == "none"
    steps = int(options["--steps"])
    assert steps > 8
    # with its factor the network does worse with so many steps, and that was seen
    kept = workshop.diagnosed(short, steps=steps, samples=16)
    assert kept.agreement < 1
    assert f"as it is decides so on {round(16 * kept.agreement)} of 16, and on 16 without comp" in found.evidence
    assert "factors were chosen for 8 steps" in found.advice
    # what is recommended does, and ends there
    again = workshop.diagnosed(workshop.converted("longer", steps=steps))
    assert again.agreement == 1.0
    assert all(one.command is None or "--steps 8" not in one.command for one in again.findings)


def test_a_conversion_is_for_the_steps_that_were_diagnosed(short, workshop) -> None:
    found = workshop.diagnosed(short, steps=64).findings[0]
    assert found.cause is CauseName.COMPENSATION
    assert _options(found)["--steps"] == "64"
    assert "The network was converted for 8 steps" in found.evidence


def test_factors_that_were_searched(workshop) -> None:
    path = workshop.folder / "searched.snn"
    options = snnconv.ConversionOptions.model_validate({"steps": 8})
    data = workshop.data("search", lambda x: x)
    snnconv.convert(workshop.model, workshop.calibrated(), path, options, data=data, samples=16, verify=False)
    assert max(file.load(path).provenance.options["factor"], 1.0) > 1
    found = workshop.diagnosed(path, steps=64).findings[0]
    assert found.cause is CauseName.COMPENSATION
    assert "The factors were searched for 8 steps" in found.evidence
    assert (_options(found)["--steps"], _options(found)["--compensation"]) == ("64", "none")


def test_noise_that_more_steps_take_away(workshop) -> None:
    """Where the network as it is does with more steps, it need not be converted again."""
    made = workshop.diagnosed(workshop.converted("poisson", encoding="poisson", steps=16))
    found = made.findings[0]
    assert found.cause is CauseName.FEW_STEPS
    options = _options(found)
    assert options["snnconv"] == "simulate"
    assert "16 without Poisson spikes" in found.evidence
    assert workshop.diagnosed(workshop.folder / "poisson.snn", steps=int(options["--steps"])).agreement > 0.95
