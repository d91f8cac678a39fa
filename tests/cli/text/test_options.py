import pytest

from snnconv.cli.text.options import unusual
from snnconv.conversion.options import ConversionOptions


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "as the preset"),
        ({"steps": 64}, "as the preset"),
        ({"percentile": 99.0, "readout": "current"}, "percentile 99.0, readout current"),
        ({"compensate_biases": True}, "compensate biases"),
        ({"preset": "spike-norm"}, "as the preset"),
        ({"preset": "spike-norm", "balance": "activations"}, "balance activations"),
    ],
)
def test_what_differs_from_the_preset(given: dict[str, object], expected: str) -> None:
    options = ConversionOptions.model_validate(given)
    assert unusual(options.preset.value, options.model_dump(mode="json")) == expected


def test_what_a_search_found_is_said() -> None:
    options = ConversionOptions().model_dump(mode="json") | {"factor": 1.25, "factors": {"a": 1.1, "b": 1.0}}
    assert unusual("paper", options) == "factor 1.25, factors of 2 layers"


def test_all_options_of_a_network_made_by_hand() -> None:
    assert unusual("by hand", {"gain": 2, "fast": False}) == "gain 2, no fast"
