"""Unit rate coding: x = N(T) / T, the share of steps with a spike."""

from typing import ClassVar

import numpy as np

from snnconv.ir.codes.code import Array, Code


class UnitRate(Code):
    """Spikes of 1, each worth the same."""

    ALPHABET: ClassVar[tuple[int, ...]] = (0, 1)

    def weights(self, steps: int) -> Array:
        """Give ones."""
        return np.ones(steps)


CODE = UnitRate()
