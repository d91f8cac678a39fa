"""Where an axis has its ticks, and what they say."""

from math import ceil, floor, log10

_EPSILON = 1e-9


def linear_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Give multiples of 1, 2 or 5 times a power of ten within [low, high].

    Parameters
    ----------
    low, high : float
    wanted : int
        About how many; there are never more than `wanted` + 1.
    """
    if high <= low:
        return [low]
    step = nice_step((high - low) / wanted)
    first, last = ceil(low / step - _EPSILON), floor(high / step + _EPSILON)
    return [round(k * step, 12) for k in range(first, last + 1)]


def nice_step(least: float) -> float:
    """Give the smallest of 1, 2, 5, 10 … that is not below `least`, for any power of ten."""
    power = 10.0 ** floor(log10(least) + _EPSILON)
    return next((m * power for m in (1, 2, 5) if m * power >= least * (1 - _EPSILON)), 10 * power)


def log_ticks(low: float, high: float, base: int = 10, most: int = 9) -> list[float]:
    """Give powers of a base within [low, high], every second, third … one where there are too many.

    Where fewer than two powers of ten lie within, also twice and five times them.
    """
    exponents = _exponents(low, high, base)
    if len(exponents) < 2 and base == 10:
        wider = range(floor(log10(low)), ceil(log10(high)) + 1)
        return [m * 10.0**k for k in wider for m in (1, 2, 5) if low * (1 - 1e-9) <= m * 10.0**k <= high * (1 + 1e-9)]
    stride = -(-len(exponents) // most) if exponents else 1
    return [float(base) ** k for k in exponents[::stride]]


def _exponents(low: float, high: float, base: int) -> list[int]:
    edge = 1e-9
    k = 0
    while float(base) ** k > low * (1 - edge):
        k -= 1
    found = []
    while float(base) ** k <= high * (1 + edge):
        if float(base) ** k >= low * (1 - edge):
            found.append(k)
        k += 1
    return found
