"""Counts spikes per neuron without unpacking every step: full adders on words of bits."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def bit_counts(planes: Array, channels: int) -> Array:
    """Count, for each bit, in how many planes it is set.

    Three planes of one weight become one of that weight and one of twice the weight:

        a + b + c = (a ⊕ b ⊕ c) + 2 · (a ∧ b ∨ (a ⊕ b) ∧ c)

    until there is one plane of each weight, and only these are unpacked: 7 instead of 64.

    Parameters
    ----------
    planes : ndarray (K, ..., B) uint16
        16 channels to a block, the lowest bit first.
    channels : int
        C, at most 16 · B.

    Returns
    -------
    ndarray (..., C)
        Of the smallest unsigned type that holds K.
    """
    total = np.zeros((*planes.shape[1:-1], channels), dtype=np.min_scalar_type(len(planes)))
    weight, waiting = 0, list(np.ascontiguousarray(planes))
    while waiting:
        one, carries = _added(waiting)
        flat = np.unpackbits(one.view(np.uint8), axis=-1, count=channels, bitorder="little")
        total += flat.astype(total.dtype, copy=False) << total.dtype.type(weight)
        weight, waiting = weight + 1, carries
    return total


def _added(planes: list[Array]) -> tuple[Array, list[Array]]:
    """Add planes of one weight to one plane of that weight, and carries of twice the weight."""
    total, carries = planes[0], []
    rest = iter(planes[1:])
    for a in rest:
        both = total ^ a
        b = next(rest, None)
        if b is None:
            carries.append(total & a)
            return both, carries
        carries.append((total & a) | (both & b))
        total = both ^ b
    return total, carries
