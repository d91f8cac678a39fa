"""Whether the range of the calibration images fits what is done to them."""

import logging

import numpy as np

from snnconv.calibration.calibration import Calibration
from snnconv.data import DataType

_log = logging.getLogger(__name__)

# images normalised in other ways stay below, pixels of 0 to 255 do not
_LARGEST_UNSCALED = 32.0
# of 255; even dark pictures have a brighter pixel
_DARKEST = 64


def warn_of_range(calibration: Calibration, scale_given: bool) -> None:
    """Say so where the range of the images contradicts what is done to them.

    That is a mean or a standard deviation far beyond the divided images. And where nobody said what they are divided
    by: floats as large as pixels of 0 to 255, or whole numbers as small as 0 and 1.
    """
    recorded = calibration.preprocessing
    mean, std = recorded.mean, recorded.std
    if mean.size > len(mean) or std.size > len(std):
        return  # an image is subtracted: what was read cannot be told from what the model takes
    ends = [end * std.ravel() + mean.ravel() for end in (calibration.input_low, calibration.input_high)]
    divided = float(np.abs(ends).max())
    if max(float(np.abs(mean).max()), float(std.min())) > 2 * max(divided, 1):
        _log.warning(
            "--mean and --std reach %.4g, the images, divided by %.4g, only %.4g: give them in units of the divided "
            "images, or --scale 1 where all are of 0 to 255",
            *(max(np.abs(mean).max(), std.max()), recorded.scale, divided),
        )
    elif not scale_given and (mean <= 1).all():  # who gives a larger mean knows the range
        _warn_of_scale(recorded.dtype, divided * recorded.scale)


def _warn_of_scale(dtype: DataType, largest: float) -> None:
    if dtype == "float32" and largest > _LARGEST_UNSCALED:
        _log.warning(
            "the images reach %.4g and are not divided: if the model was trained on 0 to 1, give --scale 255", largest
        )
    if dtype == "uint8" and largest < _DARKEST:
        _log.warning(
            "no pixel is above %.0f, and all are divided by 255: if the model was trained on these as 0 to 1, give "
            "--scale %.0f",
            *(largest, max(largest, 1)),
        )
