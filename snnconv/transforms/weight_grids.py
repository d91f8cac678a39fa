"""The grids on which parameters keep the precision of float32: q = 24 − ⌈log₂ max|w|⌉, per channel."""

from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.grid import FINEST, FLOAT32_BITS
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]


def grid_of(bound: Array, width: int = FLOAT32_BITS) -> Array:
    """Give width − ⌈log₂ bound⌉ for each channel, the finest grid where the bound is zero.

    Parameters
    ----------
    bound : ndarray (C,)
        Not negative.
    width : int
        Bits of a sum.

    Returns
    -------
    ndarray (C,) int64
    """
    bits = np.ceil(np.log2(np.where(bound > 0, bound, 1.0)))
    grid = np.where(bound > 0, width - bits, FINEST)
    return np.minimum(grid, FINEST).astype(np.int64)


def largest_parameter(network: SpikingNetwork, node: ir.Node) -> Array:
    """Give the largest parameter of a node for each channel, (C,)."""
    largest = np.zeros(node.shape[0])
    for field in node.PARAMETERS:
        tensor = getattr(node, field)
        if tensor is not None:
            value = np.abs(network.tensors[tensor].astype(np.float64))
            if field == "weight":  # (O, ...), not a broadcast form
                largest = np.maximum(largest, value.reshape(len(value), -1).max(axis=1))
            else:
                largest = np.maximum(largest, _channel_maximum(value, node))
    return largest


def _channel_maximum(value: Array, node: ir.Node) -> Array:
    """Give the largest of a parameter per channel, (C,), from its broadcast form."""
    rank = len(node.shape)
    full = value.reshape((1,) * (rank - value.ndim) + value.shape)
    largest: Array = np.broadcast_to(full.max(axis=tuple(range(1, rank))), (node.shape[0],))
    return largest
