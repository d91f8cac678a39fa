"""``--mean`` and ``--std``: numbers on the command line, or an array in a file."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from snnconv.data.array_sources import NpyFile, read_all
from snnconv.data.batch import ImageShape
from snnconv.errors import DataError

Statistic = npt.NDArray[np.float64]


def read_statistic(text: str, option: str, input_shape: ImageShape) -> Statistic:
    """Read a mean or a standard deviation, in units of the scaled data.

    Parameters
    ----------
    text : str
        Numbers with commas between them, one or one per channel of the model's input; or the path of an
        ``.npy`` of shape (C,), (C, 1, 1), (C, H, W) or (H, W, C).
    option : str
        ``--mean`` or ``--std``, for messages.
    input_shape : tuple of int
        (C, H, W) of the model.

    Returns
    -------
    ndarray
        (C, 1, 1) float64 per channel, or (C, H, W) float64 per pixel.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If the text is not understood, or the shape does not fit the model.
    """
    if text.lower().endswith(".npy"):
        return _from_file(Path(text), option, input_shape)
    channels = input_shape[0]
    try:
        numbers = np.array([float(number) for number in text.split(",")], dtype=np.float64)
    except ValueError as error:
        raise DataError(
            f"{option} is {text!r}, expected numbers with commas between them or the path of an .npy file"
        ) from error
    if len(numbers) not in (1, channels):
        expected = "1" if channels == 1 else f"1 or {channels}, one per channel"
        raise DataError(f"{option} has {len(numbers)} numbers, expected {expected}")
    # (1,) or (C,) -> (C, 1, 1)
    return np.broadcast_to(numbers, (channels,)).reshape(channels, 1, 1).copy()


def _from_file(path: Path, option: str, input_shape: ImageShape) -> Statistic:
    source = NpyFile(path)
    shape, dtype = source.header.shape, source.header.dtype
    channels, height, width = input_shape
    if dtype.kind not in "iuf":
        raise DataError(f"{option} {path} has the type {dtype}, expected numbers; save an array of float64")
    if shape in ((channels,), (channels, 1, 1)):
        return read_all(source).astype(np.float64).reshape(channels, 1, 1)
    if channels == height == width and shape == input_shape:
        raise DataError(f"{option} {path} has the shape {shape}, which reads in two ways; give one number per channel")
    if shape == input_shape:
        return read_all(source).astype(np.float64)
    if shape == (height, width, channels):
        return np.ascontiguousarray(read_all(source).astype(np.float64).transpose(2, 0, 1))
    raise DataError(
        f"{option} {path} has the shape {shape}, "
        f"expected ({channels},), ({channels}, 1, 1), {input_shape} or ({height}, {width}, {channels})"
    )
