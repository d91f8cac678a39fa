"""A preset fills what is not given; what is given wins."""

from itertools import combinations
from typing import Any

import pytest
from pydantic import ValidationError

from snnconv.choices import Compensation, Encoding, Preset, Reset, Shortcut
from snnconv.conversion.options import PRESETS, ConversionOptions

SPIKE_NORM: dict[str, Any] = {
    "percentile": 100.0,
    "shortcut": Shortcut.EQUAL,
    "compensation": Compensation.NONE,
    "encoding": Encoding.POISSON,
    "reset": Reset.ZERO,
    "steps": 2500,
}


def test_the_defaults_are_the_papers() -> None:
    options = ConversionOptions()
    assert options == ConversionOptions(preset=Preset.PAPER)
    assert (options.percentile, options.steps, options.reset) == (99.9, 350, Reset.SUBTRACT)
    assert (options.shortcut, options.encoding) == (Shortcut.NORMALISED, Encoding.CONSTANT)
    assert (options.compensation, options.compensate_biases) == (Compensation.SEARCH, False)


@pytest.mark.parametrize("preset", [Preset.SPIKE_NORM, "spike-norm"])
def test_a_preset_fills_what_is_not_given(preset) -> None:
    options = ConversionOptions(preset=preset)
    others = ConversionOptions().model_dump(exclude={"preset", *SPIKE_NORM})
    assert options.model_dump() == {"preset": Preset.SPIKE_NORM} | SPIKE_NORM | others
    assert set(PRESETS) == set(Preset)


GIVEN: dict[str, Any] = {"steps": 10, "reset": Reset.SUBTRACT, "compensation": 1.5, "percentile": 99.9}


@pytest.mark.parametrize("names", [names for n in range(1, 5) for names in combinations(GIVEN, n)], ids="-".join)
def test_what_is_given_wins(names) -> None:
    """Also where it is what would be the default without a preset."""
    given = {name: GIVEN[name] for name in names}
    options = ConversionOptions(preset=Preset.SPIKE_NORM, **given)
    for name, value in (SPIKE_NORM | given).items():
        assert getattr(options, name) == value


def test_what_was_written_is_read_back() -> None:
    for options in (ConversionOptions(), ConversionOptions(preset="spike-norm", compensation=1.25, steps=7)):
        assert ConversionOptions.model_validate(options.model_dump(mode="json")) == options


@pytest.mark.parametrize(("given", "factor"), [(1, 1.0), (1.05, 1.05), (0.5, 0.5)])
def test_a_number_is_a_factor(given, factor) -> None:
    found = ConversionOptions(compensation=given).compensation
    assert (type(found), found) == (float, factor)


@pytest.mark.parametrize("value", ["none", "search", "layerwise"])
def test_a_word_is_a_mode(value) -> None:
    assert ConversionOptions(compensation=value).compensation is Compensation(value)


@pytest.mark.parametrize(
    "given",
    [
        {"compensation": 0},
        {"compensation": -1.0},
        {"compensation": float("nan")},
        {"compensation": float("inf")},
        {"compensation": "sometimes"},
        {"percentile": 0},
        {"percentile": 100.1},
        {"initial_potential": 1.0},
        {"initial_potential": -0.1},
        {"steps": 0},
        {"preset": "other"},
        {"unknown": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("preset", list(Preset))
def test_a_bad_value_is_refused(given, preset) -> None:
    with pytest.raises(ValidationError):
        ConversionOptions(**({"preset": preset} | given))
