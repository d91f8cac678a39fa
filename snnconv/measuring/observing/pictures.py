"""What of a layer is shown: which neurons, which layers, which channel, and how large."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir

Array = np.ndarray[Any, Any]

_DECIMALS = 4


def raster_neurons(counts: Array) -> tuple[tuple[int, ...], ...]:
    """Choose up to 3 neurons of those that fired, by their place in the order of activity.

    The most active one, the one that 90 % are not more active than, and the median. Neurons that fired equally often
    are taken in the order of their places.

    Parameters
    ----------
    counts : ndarray (C, H, W) of whole numbers
        Spikes of each neuron in one image; as many axes as the layer has.

    Returns
    -------
    tuple of tuple of int
        Their places.
    """
    flat = counts.ravel()
    order = np.argsort(-flat.astype(np.int64), kind="stable")[: np.count_nonzero(flat)]
    last = len(order) - 1
    chosen = dict.fromkeys(int(order[at]) for at in (0, last // 10, (last + 1) // 2)) if len(order) else {}
    return tuple(tuple(int(i) for i in np.unravel_index(index, counts.shape)) for index in chosen)


def map_layers(neurons: Sequence[ir.Neuron], most: int) -> tuple[str, ...]:
    """Choose up to `most` layers that have maps, evenly over depth, the first and the last among them."""
    names = [node.name for node in neurons if len(node.shape) == 3 and node.shape[1] * node.shape[2] > 1]
    if len(names) <= most:
        return tuple(names)
    return tuple(names[round(at)] for at in np.linspace(0, len(names) - 1, most).tolist())


def most_active(values: Array) -> int:
    """Give the channel of (C, H, W) with the largest mean, the first among equals."""
    return int(values.mean(axis=(1, 2), dtype=np.float64).argmax())


def shrunk(plane: Array, side: int) -> Array:
    """Average the smallest square windows that leave at most `side` rows and columns.

    Windows at the end may be cut off: they average what there is.

    Parameters
    ----------
    plane : ndarray (H, W)
    side : int

    Returns
    -------
    ndarray (≤ side, ≤ side) float64
    """
    factor = -(-max(plane.shape) // side)
    values = plane.astype(np.float64)
    for axis in (0, 1):
        starts = np.arange(0, plane.shape[axis], factor)
        sizes = np.diff([*starts, plane.shape[axis]])
        values = np.add.reduceat(values, starts, axis=axis) / (sizes[:, None] if axis == 0 else sizes)
    return values


def rows(plane: Array) -> tuple[tuple[float, ...], ...]:
    """Give (H, W) as rows of numbers with 4 decimals."""
    # + 0.0: no -0.0
    return tuple(tuple(row) for row in (plane.round(_DECIMALS) + 0.0).tolist())


def picture(image: Array, side: int) -> tuple[tuple[tuple[int, ...], ...], ...] | None:
    """Give an image as (H, W, C) numbers of 0 … 255, its least and largest number at the ends.

    Parameters
    ----------
    image : ndarray (C, H, W) float32
        As it enters the network. One of other than 1 or 3 channels gives None.
    side : int
        Larger images are averaged down to at most this.
    """
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        return None
    small = np.stack([shrunk(channel, side) for channel in image], axis=-1)
    least, spread = small.min(), small.max() - small.min()
    stretched = (small - least) * (255 / spread) if spread > 0 else np.zeros_like(small)
    return tuple(tuple(tuple(pixel) for pixel in row) for row in np.rint(stretched).astype(np.int64).tolist())
