"""Canonical JSON: one text for one value, so that equal files have equal bytes."""

import json
import math
from collections import Counter
from typing import Any

from snnconv.errors import InputError
from snnconv.files.names import plain

MAX_DEPTH = 64
"""Values in values, at most: our formats need ten, and what nests without end ends a reader by its stack."""

_TOO_DEEP = f"JSON nested more than {MAX_DEPTH} deep"
_INTEGER_DIGITS = 20
# of what a message says
_NAMED, _SHOWN = 3, 40


def dumps(value: Any) -> str:
    """Give `value` as JSON with sorted keys, no spaces, ASCII only.

    Raises
    ------
    ValueError
        If a float is NaN or infinite: JSON has no word for them.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def loads(text: str | bytes) -> Any:
    """Read JSON that can be written again and computed with.

    Refused are duplicate keys, NaN and infinities, integers of more than 64 bits, values nested more than `MAX_DEPTH`
    deep, and texts that are no Unicode (a lone surrogate).

    Raises
    ------
    InputError
        If `text` is not such JSON.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode(json.detect_encoding(text))
        value = json.loads(
            decoded, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded
        )
    except InputError:
        raise
    except RecursionError as error:
        raise InputError(_TOO_DEEP) from error
    # bad syntax, bytes that are no text
    except ValueError as error:
        raise InputError(f"not valid JSON: {error}") from error
    _check(value)
    return value


def _check(value: Any) -> None:
    """Go through all values, level by level: what recurses later must not be the first to find out."""
    level, depth = [value], 0
    while level:
        if depth == MAX_DEPTH and any(isinstance(one, list | dict) for one in level):
            raise InputError(_TOO_DEEP)
        inner: list[Any] = []
        for one in level:
            if isinstance(one, str):
                _check_text(one)
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, dict):
                inner += one
                inner += one.values()
        level, depth = inner, depth + 1


def _check_text(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"JSON with a text that is no Unicode: {_short(text)}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        twice = sorted(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        more = f" and {len(twice) - _NAMED} more" if len(twice) > _NAMED else ""
        raise InputError(f"JSON with duplicate keys: {', '.join(map(_short, twice[:_NAMED]))}{more}")
    return result


def _short(text: str) -> str:
    shown = plain(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _no_constant(_short(text))
    return number


def _bounded(text: str) -> int:
    # the longest is -2^63; what is longer need not be read
    number = int(text) if len(text) <= _INTEGER_DIGITS else None
    if number is None or not -(1 << 63) <= number < 1 << 64:
        raise InputError(f"JSON with an integer of more than 64 bits: {_short(text)}")
    return number


def _no_constant(name: str) -> None:
    raise InputError(f"JSON with {name}, which is not a number that a file may hold")
