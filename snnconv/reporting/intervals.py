"""Confidence intervals for accuracies and for their paired difference."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)
"""The standard normal's 97.5 % point, 1.95996…; dimensionless."""


@dataclass(frozen=True)
class Difference:
    """A difference of two accuracies on the same images, in percentage points.

    Attributes
    ----------
    points : float
        The estimate.
    low, high : float
        The ends of its 95 % interval.
    """

    points: float
    low: float
    high: float


def wilson(right: int, n: int) -> tuple[float, float]:
    """Give the Wilson score 95 % interval for a share.

    With p = right / n and z = 1.96::

        (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)

    It stays within [0, 1] and has a width at p = 0 and p = 1 too.

    Parameters
    ----------
    right : int
        How many of the images.
    n : int
        The number of images, at least 1.

    Returns
    -------
    tuple of float
        The low and the high end, as shares.

    Raises
    ------
    ValueError
        Unless 0 ≤ right ≤ n and n ≥ 1.

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the
    American Statistical Association 22(158), 1927.
    """
    if n < 1 or not 0 <= right <= n:
        raise ValueError(f"no share: {right} of {n}")
    z2 = Z95 * Z95
    # both sides of the fraction times n
    centre = (right + z2 / 2) / (n + z2)
    half = Z95 * sqrt(right * (n - right) / n + z2 / 4) / (n + z2)
    # at the ends the two terms cancel exactly, but not in floats
    return (0.0 if right == 0 else centre - half, 1.0 if right == n else centre + half)


def paired_difference(b: int, c: int, n: int) -> Difference:
    """Give the difference of two accuracies on the same images, with its 95 % interval.

    Only images on which the two disagree count. With 0.5 added to each of the four cells of the table of
    pairs (b' = b + 0.5, c' = c + 0.5, n' = n + 2) the interval is Wald's::

        d' = (b' − c') / n',   d' ± z √(b' + c' − (b' − c')² / n') / n'

    cut at ±100 points. The estimate itself is not adjusted: (b − c) / n.

    Parameters
    ----------
    b : int
        Images that the first has right and the second has wrong.
    c : int
        Images that the first has wrong and the second has right.
    n : int
        All images, at least 1.

    Returns
    -------
    Difference
        First minus second, in percentage points.

    Raises
    ------
    ValueError
        Unless b, c ≥ 0, b + c ≤ n and n ≥ 1.

    References
    ----------
    A. Agresti, Y. Min, Simple improved confidence intervals for comparing matched proportions, Statistics in
    Medicine 24, 2005: the interval called Wald+2 there.
    """
    if n < 1 or b < 0 or c < 0 or b + c > n:
        raise ValueError(f"no table of pairs: {b} and {c} of {n}")
    total = n + 2
    centre = (b - c) / total
    half = Z95 * sqrt(b + c + 1 - (b - c) ** 2 / total) / total
    return Difference(
        # whole numbers up to the division, so that 1 of 1000 is the float 0.1 and compares as such
        points=100 * (b - c) / n,
        low=100 * max(-1.0, centre - half),
        high=100 * min(1.0, centre + half),
    )
