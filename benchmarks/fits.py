"""Straight lines through measured points."""

from collections.abc import Callable
from typing import Any

import numpy as np

Point = dict[str, Any]

_AXES: dict[str, tuple[str, Callable[[Point], float]]] = {
    "steps": ("steps", lambda p: p["steps"]),
    "images": ("images", lambda p: p["images"]),
    "spikes": ("SynOps", lambda p: p["synops_per_image"] * p["images"]),
    "depth": ("layers × images", lambda p: p["depth"] * p["images"]),
    "size": ("pixels × images", lambda p: p["size"] ** 2 * p["images"]),
}
"""What the time of a variation should be a line of. Batch and threads have none."""


def of_points(variation: str, points: list[Point]) -> dict[str, Any] | None:
    """Fit seconds = intercept + slope · x by least squares.

    Returns
    -------
    dict or None
        ``x`` names the axis, ``r2`` is the share of the variance that the line explains; None where a variation
        has no such axis.
    """
    if variation not in _AXES:
        return None
    name, read = _AXES[variation]
    x = np.array([read(point) for point in points], dtype=np.float64)
    seconds = np.array([point["seconds"] for point in points], dtype=np.float64)
    slope, intercept = np.polyfit(x, seconds, 1)
    rest = seconds - (intercept + slope * x)
    total = ((seconds - seconds.mean()) ** 2).sum()
    r2 = None if total == 0 else float(1 - (rest**2).sum() / total)
    return {"x": name, "slope_s": float(slope), "intercept_s": float(intercept), "r2": r2}
