"""What trains of spikes stand for: the laws that every code keeps."""

import numpy as np
import pytest

from snnconv.ir.codes.code import Code
from snnconv.parts import modules
from snnconv.product import product

CODES = {
    module.CODE.__class__.__name__: module.CODE for module in modules("snnconv.ir.codes") if hasattr(module, "CODE")
}


def test_every_code_is_found_by_its_place() -> None:
    assert sorted(CODES) == ["SignedRate", "UnitRate"]


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("steps", [1, 7, 64])
def test_laws(name, steps) -> None:
    code: Code = CODES[name]
    weights = code.weights(steps)
    assert weights.shape == (steps,)
    assert 0 in code.ALPHABET
    assert code.span(steps) == weights.sum() > 0
    # a neuron that spikes at every step stands for 1, one that never does for 0, and a value lies between its bounds
    assert code.decode(np.array([weights.sum(), 0.0]), steps).tolist() == [1.0, 0.0]
    low, high = code.bound()
    trains = np.random.default_rng(steps).choice(code.ALPHABET, (steps, 50))
    decoded = code.decode(product(weights, trains), steps)
    assert (low <= decoded).all()
    assert (decoded <= high).all()
    assert code.signed == (low < 0)


def test_unit_rate_is_spikes_over_steps() -> None:
    assert CODES["UnitRate"].decode(np.array([3, 8]), 8).tolist() == [0.375, 1.0]
