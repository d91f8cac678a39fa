"""Which axis of an array is which: found by comparing its shape with the model's input."""

import numpy as np

from snnconv.choices import Layout
from snnconv.data.batch import Array, ImageShape
from snnconv.errors import DataError


def find_layout(shape: tuple[int, ...], input_shape: ImageShape, layout: Layout, what: str) -> Layout:
    """Say how an array of images is to be read.

    Parameters
    ----------
    shape : tuple of int
        The array's shape, images first.
    input_shape : tuple of int
        (C, H, W) of the model.
    layout : Layout
        What the user says; ``auto`` takes the one reading that fits.
    what : str
        The array, as messages name it.

    Returns
    -------
    Layout
        ``nhwc`` or ``nchw``. (N, H, W) is taken for ``nchw`` of one channel.

    Raises
    ------
    DataError
        If no reading fits, or both do.
    """
    channels, height, width = input_shape
    readings = {Layout.NHWC: (height, width, channels), Layout.NCHW: (channels, height, width)}
    allowed = readings if layout is Layout.AUTO else {layout: readings[layout]}
    if channels == 1 and shape[1:] == (height, width):
        return Layout.NCHW
    fitting = [reading for reading, expected in allowed.items() if shape[1:] == expected]
    if not fitting:
        expected = " or ".join(str(("N", *reading)).replace("'", "") for reading in allowed.values())
        hint = "images of the model's size" if layout is Layout.AUTO else "another --layout or other images"
        raise DataError(f"{what} has the shape {shape}, the model takes {expected}; give {hint}")
    # with one pixel of one channel both readings are the same
    if len(fitting) == 2 and channels > 1:
        raise DataError(f"{what} has the shape {shape}, which reads as nhwc and as nchw; give --layout nhwc or nchw")
    return fitting[0]


def to_nhwc(block: Array, layout: Layout) -> Array:
    """Bring images (n, H, W), (n, H, W, C) or (n, C, H, W) to (n, H, W, C), C-contiguous."""
    if block.ndim == 3:
        return block[..., np.newaxis]
    if layout is Layout.NCHW:
        return np.ascontiguousarray(block.transpose(0, 2, 3, 1))
    return block
