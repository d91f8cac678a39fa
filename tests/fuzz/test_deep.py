"""One deep depthwise network, and one whose branches add little: `deep.py` runs eight families."""

import pytest

from tests.fuzz.deep import run
from tests.fuzz.deep_networks import FAMILIES, draw


@pytest.mark.parametrize(
    ("family", "depth"), [("efficientnet-lite", None), ("layer-scale", 2), ("pooled-stream", None)]
)
def test_deep_and_depthwise_networks_convert_with_a_margin(family: str, depth: int | None) -> None:
    outcome = run(family, 0, depth, steps=3)
    assert not outcome.wrong
    assert outcome.parity < 3e-5
    # a comparison of silence would compare nothing
    assert outcome.spikes > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_is_drawn_again_from_its_seed(family: str) -> None:
    first, second = draw(family, 3, 1)[0], draw(family, 3, 1)[0]
    assert first.SerializeToString(deterministic=True) == second.SerializeToString(deterministic=True)
