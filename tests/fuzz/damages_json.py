"""Damages to JSON values: one place is changed, and what is around it stays."""

from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
Place = tuple[Any, Any]
"""An object or a list, and a key or an index in it."""

ODD: tuple[Any, ...] = (
    *(None, True, False, "", "x", [], {}, [[]], [None], {"": 0}, {"a": {"b": []}}),
    *(0, 1, -1, 2, 5, 255, 256, 1e-300, 0.5, -0.5, 1.5, 1e300, -1e300, 2**31, 2**53, 2**63 - 1, 2**64 - 1, -(2**63)),
    *("\x1b[31m", "a\nb", "\u202e", "<script>", "n" * 1000, "0" * 64),
)


def places(value: Any) -> list[Place]:
    """Give every place in JSON values."""
    found: list[Place] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys: Any = one if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            found.append((one, key))
            waiting.append(one[key])
    return found


def pick(rng: Rng, things: Any) -> Any:
    return things[int(rng.integers(len(things)))]


def _odd(rng: Rng, place: Place) -> None:
    place[0][place[1]] = pick(rng, ODD)


def _nudged(rng: Rng, place: Place) -> None:
    """Another value of the same type, near to the old one."""
    value = place[0][place[1]]
    if isinstance(value, bool):
        new: Any = not value
    elif isinstance(value, int | float):
        new = pick(rng, (value + 1, value - 1, 2 * value, -value, value + value / 16))
    elif isinstance(value, str):
        new = value[:-1] + ("1" if value.endswith("0") else "0")
    elif isinstance(value, list) and value:
        new = pick(rng, (value[:-1], [*value, value[-1]], value[::-1]))
    elif isinstance(value, dict) and value:
        new = dict(list(value.items())[:-1])
    else:
        new = pick(rng, ODD)
    place[0][place[1]] = new


def _dropped(rng: Rng, place: Place) -> None:
    del rng
    del place[0][place[1]]


def _renamed(rng: Rng, place: Place) -> None:
    holder, key = place
    if isinstance(holder, dict):
        holder[f"{key}{pick(rng, ('', ' ', '2', chr(0)))}x"] = holder.pop(key)
    else:
        holder.reverse()


DAMAGES: tuple[Callable[[Rng, Place], None], ...] = (_odd, _odd, _nudged, _nudged, _nudged, _dropped, _renamed)


def damage(rng: Rng, content: Any) -> str:
    """Change one place; say which and how. Every depth is equally likely: most places are deep."""
    found = places(content)
    if rng.random() < 0.5:
        top = [place for place in found if place[0] is content]
        found = top if rng.random() < 0.5 else [p for p in found if not isinstance(p[0], list)] or top
    place = pick(rng, found)
    how = pick(rng, DAMAGES)
    before = repr(place[0][place[1]])[:40]
    how(rng, place)
    return f"{how.__name__.strip('_')} {place[1]!r} (was {before})"
