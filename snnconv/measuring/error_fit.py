"""The growth of the propagation error with depth, E(l) = p · q^l.

For a given q the best p is closed,

    p(q) = Σ_l E(l) q^l / Σ_l q^2l,

so one number is searched: log q, first on a grid, then by golden section between the best grid point's neighbours.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, Eq. 12 and Table 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np

from snnconv.product import product

Array = np.ndarray[Any, Any]

_LARGEST = log(1e3)
_GRID = 2001
_STEP = 2 * _LARGEST / (_GRID - 1)
_ALIKE = 1e-12
"""Residuals that differ by less, as a part of the sum of squares, differ by rounding."""
_GOLDEN = (sqrt(5) - 1) / 2
_NARROWINGS = 80


@dataclass(frozen=True)
class Fit:
    """E(l) ≈ p · q^l.

    Attributes
    ----------
    p : float
        Dimensionless, a rate. Of either sign.
    q : float
        From 0.001 to 1000; above 1 the error grows with depth. At either end, see `at_bound`.
    adjusted_r2 : float or None
        1 − (1 − R²)(n − 1)/(n − 2) over n layers; None below 3, and where all errors are the same.
    """

    p: float
    q: float
    adjusted_r2: float | None

    @property
    def at_bound(self) -> bool:
        """Whether q is as far off as was searched: the errors follow no such growth, and p says nothing."""
        return abs(log(self.q)) > _LARGEST - _STEP


def fit(errors: Sequence[float], depths: Sequence[int]) -> Fit:
    """Fit p · q^l to errors by least squares on the error itself, not on its logarithm (Eq. 12).

    Parameters
    ----------
    errors : sequence of float
        The accumulated error of each layer.
    depths : sequence of int
        l of each layer.

    Raises
    ------
    ValueError
        If there are fewer than 2 layers, or two depths are the same.
    """
    e, depth = np.asarray(errors, dtype=np.float64), np.asarray(depths, dtype=np.float64)
    if e.shape != depth.shape or len(np.unique(depth)) != len(e) or len(e) < 2:
        raise ValueError(f"a fit needs 2 or more layers of different depths, found {len(e)} errors at depths {depths}")
    if not e.any():
        return Fit(0.0, 1.0, None)
    grid = np.linspace(-_LARGEST, _LARGEST, _GRID)
    best = int(np.argmin([_residual(e, depth, u) for u in grid]))
    u = _narrowed(e, depth, grid[max(best - 1, 0)], grid[min(best + 1, _GRID - 1)])
    for bound in (grid[0], grid[-1]):
        # where one layer alone counts, all q from some on leave the same
        if _residual(e, depth, bound) - _residual(e, depth, u) <= _ALIKE * float(product(e, e)):
            u = float(bound)
    powers, anchor = _powers(depth, u)
    # of equal errors the mean is no better than the fit, so no share of a variance is explained
    spread = float(((e - e.mean()) ** 2).sum()) if (e != e[0]).any() else 0.0
    adjusted = None
    if len(e) > 2 and spread > 0:
        adjusted = 1 - _residual(e, depth, u) / spread * (len(e) - 1) / (len(e) - 2)
    return Fit(float(product(powers, e) / product(powers, powers)) * exp(-u * anchor), exp(u), adjusted)


def _powers(depth: Array, u: float) -> tuple[Array, float]:
    """Give q^(depth − anchor) of q = e^u, at most 1, and the anchor."""
    anchor = float(depth.max() if u > 0 else depth.min())
    return np.exp(u * (depth - anchor)), anchor


def _residual(e: Array, depth: Array, u: float) -> float:
    """Give the sum of squares that the best p leaves."""
    powers, _ = _powers(depth, u)
    left = e - powers * (product(powers, e) / product(powers, powers))
    return float(product(left, left))


def _narrowed(e: Array, depth: Array, low: float, high: float) -> float:
    """Give the minimum between two values of log q, by golden section."""
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = _residual(e, depth, a), _residual(e, depth, b)
    for _ in range(_NARROWINGS):
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - _GOLDEN * (high - low)
            at_a = _residual(e, depth, a)
        else:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = _residual(e, depth, b)
    return float(low + high) / 2
