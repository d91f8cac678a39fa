"""What nodes without weights and without state make of maps of numbers, channels first: for counting, not for running.

The runtime has its own operations for them, channels last, in chunks and with state (``runtime/nodes/``).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir

Array = np.ndarray[Any, Any]
Pool = ir.SumPool | ir.MaxPoolGate | ir.MaxPoolCurrent


def moved(node: ir.Node, inputs: Sequence[Array]) -> Array:
    """Give what a node that only moves, joins or adds makes of its inputs.

    Parameters
    ----------
    node : Concat, Flatten, Select or Sum
        Any other node is taken for a sum of its inputs.
    inputs : sequence of ndarray (C, H, W)
    """
    match node:
        case ir.Concat():
            return np.concatenate(inputs, axis=node.axis)
        case ir.Flatten():
            return inputs[0].reshape(-1)
        case ir.Select():
            slices = tuple(slice(*bounds) for bounds in zip(node.starts, node.stops, node.steps, strict=True))
            return np.pad(inputs[0][slices], tuple(zip(node.pads_before, node.pads_after, strict=True)))
        case _:
            return summed(inputs)


def summed(inputs: Sequence[Array]) -> Array:
    """Add maps of one shape."""
    total: Array = np.sum(inputs, axis=0)
    return total


def over_windows(node: Pool, value: Array, take: Callable[..., Any], padding: float = 0) -> Array:
    """Give one number for each window of a pool.

    Parameters
    ----------
    node : SumPool, MaxPoolGate or MaxPoolCurrent
    value : ndarray (C, H, W) or (C, L)
    take : callable
        ``np.max`` or ``np.sum``: it is taken along one axis of a window after the other.
    padding : float
        What stands around the map.

    Returns
    -------
    ndarray of the node's shape
    """
    spatial = len(node.kernel)
    pads = [(0, 0), *zip(node.pads[:spatial], node.pads[spatial:], strict=True)]
    value = np.pad(value, pads, constant_values=padding)
    for axis, (kernel, stride) in enumerate(zip(node.kernel, node.strides, strict=True), start=1):
        windows = np.lib.stride_tricks.sliding_window_view(value, kernel, axis=axis)
        value = take(windows, axis=-1)[(slice(None),) * axis + (slice(None, None, stride),)]
    return value
