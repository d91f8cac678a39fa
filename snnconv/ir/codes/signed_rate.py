"""Signed rate coding: x = (N⁺(T) − N⁻(T)) / T: the Poisson train of the image."""

from typing import ClassVar

from snnconv.ir.codes.unit_rate import UnitRate


class SignedRate(UnitRate):
    """Spikes of 1 and −1, each worth the same."""

    ALPHABET: ClassVar[tuple[int, ...]] = (-1, 0, 1)


CODE = SignedRate()
