"""Padded copies of what a node reads: how large one is, and how many images have one at a time."""

from collections.abc import Sequence

from snnconv.ir import nodes as ir

_BYTES = 32 << 20
"""Of all padded copies of a node, where one takes less: so they grow neither with the batch nor with the steps."""


def padded_shape(node: ir.Conv | ir.Pool, shape: Sequence[int]) -> list[int]:
    """Give the shape of a padded image, (C, H, W) or (C, L), as Python's integers: its product may be any number.

    Parameters
    ----------
    node : Node
        With pads, begins and then ends.
    shape : sequence of int
        Of what it reads, channels first.
    """
    spatial = len(shape) - 1
    sizes = [size + node.pads[axis] + node.pads[axis + spatial] for axis, size in enumerate(shape[1:])]
    return [shape[0], *sizes]


def held(images: int, image_bytes: int) -> int:
    """Give how many of so many images have their padded copies at a time, at least 1.

    Parameters
    ----------
    images : int
    image_bytes : int
        Of the padded copy of one.
    """
    return max(1, min(images, _BYTES // image_bytes))
