"""Damages to the tensors of a container: ``.calib`` and ``.snn``."""

from typing import Any

import numpy as np

from snnconv.files.container import Tensors
from tests.fuzz.damages_json import Rng, pick

_TYPES = (np.float64, np.float32, np.float16, np.int64, np.int16, np.uint8, np.uint64, np.bool_, np.complex64)
_NUMBERS = (0, -1, 1, 2, 1e-300, 1e300, -1e300, 3e38, 127, 65535, 2**31, 2**53, 2**62)


def damage(rng: Rng, tensors: Tensors) -> str:
    """Change one tensor, with values that a file may hold; say how."""
    name = pick(rng, sorted(tensors))
    array: Any = tensors[name]
    how = pick(rng, (_type, _shape, _cut, _longer, _number, _number, _number, _factor, _none, _order))
    with np.errstate(all="ignore"):
        changed = how(rng, array)
    if changed is None:
        del tensors[name]
    else:
        finite = np.nan_to_num(changed, posinf=0, neginf=0) if changed.dtype.kind in "fc" else changed
        tensors[name] = np.ascontiguousarray(finite).reshape(finite.shape)
    return f"{how.__name__.strip('_')} of {name}"


def _type(rng: Rng, array: Any) -> Any:
    return array.astype(pick(rng, _TYPES))


def _shape(rng: Rng, array: Any) -> Any:
    return pick(rng, (array[None], array.reshape(-1), array.T, array[..., None]))


def _cut(rng: Rng, array: Any) -> Any:
    return array[: int(rng.integers(len(array)))] if array.ndim else array


def _longer(rng: Rng, array: Any) -> Any:
    del rng
    return np.concatenate([array, array]) if array.ndim else array[None].repeat(3)


def _number(rng: Rng, array: Any) -> Any:
    changed = array.copy()
    if changed.size:
        number = np.asarray(pick(rng, _NUMBERS)).astype(array.dtype)
        changed.reshape(-1)[int(rng.integers(changed.size))] = number
    return changed


def _factor(rng: Rng, array: Any) -> Any:
    return (array * np.asarray(pick(rng, (0, -1, 2, 0.3))).astype(array.dtype)).astype(array.dtype)


def _none(rng: Rng, array: Any) -> Any:
    del rng, array


def _order(rng: Rng, array: Any) -> Any:
    return rng.permutation(array.reshape(-1)).reshape(array.shape)
