"""Labels beside lines, moved apart so that each can be read."""

from collections.abc import Sequence


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move places apart by at least `gap`, as little as that takes, within [low, high] where they fit.

    Parameters
    ----------
    places : sequence of float
        In any order.
    gap, low, high : float

    Returns
    -------
    list of float
        In the order of `places`.
    """
    order = sorted(range(len(places)), key=lambda k: (places[k], k))
    moved = [min(max(places[k], low), high) for k in order]
    for k in range(1, len(moved)):
        moved[k] = max(moved[k], moved[k - 1] + gap)
    beyond = moved[-1] - high if moved else 0.0
    if beyond > 0:
        moved[-1] = high
        for k in range(len(moved) - 2, -1, -1):
            moved[k] = min(moved[k], moved[k + 1] - gap)
    result = [0.0] * len(places)
    for k, place in zip(order, moved, strict=True):
        result[k] = place
    return result
