"""Options that would do nothing are refused; factors that are far off are warned of."""

import logging
from typing import Any

import pytest
from pydantic import ValidationError

from snnconv.conversion.compensation.check import check
from snnconv.conversion.options import ConversionOptions
from snnconv.errors import UsageError


@pytest.mark.parametrize("mode", ["layerwise", "none", 1.01])
def test_an_objective_without_a_search(mode) -> None:
    with pytest.raises(UsageError, match="--objective agreement is of --compensation search; leave it out, or search"):
        check(ConversionOptions(compensation=mode, objective="agreement"))


def test_biases_without_a_factor() -> None:
    with pytest.raises(UsageError, match="--compensation none has none; leave it out"):
        check(ConversionOptions(compensation="none", compensate_biases=True))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"objective": "agreement"},
        {"compensate_biases": True},
        {"compensation": "layerwise", "compensate_biases": True},
        {"compensation": 1.01, "compensate_biases": True},
    ],
)
def test_what_goes_together(given: dict[str, Any], caplog) -> None:
    check(ConversionOptions(**given))
    assert not caplog.messages


@pytest.mark.parametrize(("factor", "told"), [(0.5, True), (1.0, True), (1.5, False), (3.0, True)])
def test_factors_far_from_the_published_ones_are_warned_of(factor, told, caplog) -> None:
    caplog.set_level(logging.WARNING)
    check(ConversionOptions(compensation=factor))
    assert any(f"ζ = {factor:g}: the paper's lies above 1" in message for message in caplog.messages) is told


@pytest.mark.parametrize("factor", [0.0, -1.0, 101.0, float("inf"), float("nan")])
def test_factors_that_are_slips_are_refused(factor) -> None:
    with pytest.raises(ValidationError):
        ConversionOptions(compensation=factor)
