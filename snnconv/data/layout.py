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
        raise DataError(
            f"{what} has the shape {shape}, the model takes {expected}; {_hint(shape, input_shape, layout)}"
        )
    # with one pixel of one channel both readings are the same
    if len(fitting) == 2 and channels > 1:
        raise DataError(f"{what} has the shape {shape}, which reads as nhwc and as nchw; give --layout nhwc or nchw")
    return fitting[0]


def _hint(shape: tuple[int, ...], input_shape: ImageShape, layout: Layout) -> str:
    """Say how an array of this shape becomes one that is read."""
    channels, height, width = input_shape
    image, size = shape[1:], (height, width)
    if layout is not Layout.AUTO and sorted(image) == sorted(input_shape):
        return "give another --layout, or none"
    if shape in ((height, width, channels), input_shape, size):
        return "save x[np.newaxis], an array of one image"
    if len(shape) == 4 and shape[:3] in ((height, width, channels), input_shape):
        return "save np.moveaxis(x, -1, 0), images first"
    if channels == 3 and image in (size, (*size, 1)):
        return f"for grey images save np.repeat(x.reshape(-1, {height}, {width}, 1), 3, axis=3)"
    if channels == 3 and image == (1, *size):
        return "for grey images save np.repeat(x, 3, axis=1)"
    if channels == 3 and image == (*size, 4):
        return "save x[..., :3], without the transparency"
    if channels == 3 and image == (4, *size):
        return "save x[:, :3], without the transparency"
    if channels == 1 and image in ((*size, 3), (3, *size)):
        return f"save grey images, made as the training made them, of the shape ('N', {height}, {width})".replace(
            "'", ""
        )
    if len(image) == 1 and image[0] == channels * height * width:
        order = f"-1, {height}, {width}" if channels == 1 else f"-1, {channels}, {height}, {width}"
        last = "" if channels == 1 else f", or of (-1, {height}, {width}, {channels}) where channels are last"
        return f"save x.reshape({order}){last}"
    return "save images of the model's size, or give image files and --resize at calibration"


def to_nhwc(block: Array, layout: Layout) -> Array:
    """Bring images (n, H, W), (n, H, W, C) or (n, C, H, W) to (n, H, W, C), C-contiguous."""
    if block.ndim == 3:
        return block[..., np.newaxis]
    if layout is Layout.NCHW:
        return np.ascontiguousarray(block.transpose(0, 2, 3, 1))
    return block
