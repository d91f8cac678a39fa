"""Canonical JSON: one text for one value, so that equal files have equal bytes."""

import json
import math
from typing import Any

from snnconv.errors import InputError


def dumps(value: Any) -> str:
    """Give `value` as JSON with sorted keys, no spaces, ASCII only.

    Raises
    ------
    ValueError
        If a float is NaN or infinite: JSON has no word for them.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def loads(text: str | bytes) -> Any:
    """Read JSON and refuse duplicate keys, NaN and infinities.

    Raises
    ------
    InputError
        If `text` is not such JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except InputError:
        raise
    # bad syntax, bytes that are no text, integers of thousands of digits
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON: {error}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise InputError(f"JSON with duplicate keys: {', '.join(twice)}")
    return result


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _no_constant(text)
    return number


def _no_constant(name: str) -> None:
    raise InputError(f"JSON with {name}, which is not a number that a file may hold")
