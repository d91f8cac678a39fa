"""How many weights that are not 0 read each position of a node's input: the fan-out that NeuroBench counts."""

from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.shapes import windows

Array = np.ndarray[Any, Any]


def nonzero_fan_out(network: SpikingNetwork, node: ir.Conv | ir.Dense | ir.Scale) -> Array:
    """Give, for each position of a node's input, the synapses whose weight is not 0.

    Unlike `fan_out` it differs from channel to channel. Taps on padding are left out, as there.

    Returns
    -------
    ndarray int64
        Of the input's shape, channels last.
    """
    shape = network.by_name[network.incoming[node.name][0].source].shape
    if isinstance(node, ir.Scale):
        gain = np.broadcast_to(np.asarray(network.tensors[node.gain]), shape)
        return np.asarray(np.moveaxis(gain, 0, -1) != 0, dtype=np.int64)
    weight = network.tensors[node.weight]
    if isinstance(node, ir.Dense):
        return np.asarray(np.count_nonzero(weight, axis=0), dtype=np.int64)
    # (groups, O / groups, I / groups, *kernel): the weights of an input channel are those of its group
    grouped = weight.reshape(node.groups, -1, *weight.shape[1:])
    per_tap = np.count_nonzero(grouped, axis=1).reshape(-1, *weight.shape[2:]).astype(np.int64)  # (I, *kernel)
    spatial = len(shape) - 1
    reads = [
        _reads(
            shape[1 + axis],
            weight.shape[2 + axis],
            node.strides[axis],
            node.pads[axis],
            node.pads[axis + spatial],
            node.dilations[axis],
        )
        for axis in range(spatial)
    ]
    if spatial == 1:
        return np.asarray(np.einsum("ck,kx->xc", per_tap, reads[0]))
    return np.asarray(np.einsum("cjk,jy,kx->yxc", per_tap, *reads))


def _reads(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> Array:
    """Say which tap of some window reads which position along an axis, (kernel, size) of 0 and 1."""
    count = windows(size, kernel, stride, before, after, dilation)
    result = np.zeros((kernel, size), dtype=np.int64)
    for tap in range(kernel):
        positions = np.arange(count) * stride + tap * dilation - before
        result[tap, positions[(positions >= 0) & (positions < size)]] = 1
    return result
