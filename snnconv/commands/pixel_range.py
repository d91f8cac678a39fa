"""Whether the range of the calibration images fits what they are divided by, where nobody said by what."""

import logging

import numpy as np

from snnconv.calibration.calibration import Calibration

_log = logging.getLogger(__name__)

# images normalised in other ways stay below, pixels of 0 to 255 do not
_LARGEST_UNSCALED = 32.0
# of 255; even dark pictures have a brighter pixel
_DARKEST = 64


def warn_of_range(calibration: Calibration) -> None:
    """Say so where images were divided by the number for their type, and their range looks like that of another type.

    That is floats as large as pixels of 0 to 255, or whole numbers as small as 0 and 1.
    """
    recorded = calibration.preprocessing
    mean, std = recorded.mean, recorded.std
    if mean.size > len(mean) or std.size > len(std) or (mean > 1).any():
        return  # an image of its own is subtracted, or numbers of another range: the user knows
    # back from what the model takes to what was read
    ends = [
        (end * std.ravel() + mean.ravel()) * recorded.scale for end in (calibration.input_low, calibration.input_high)
    ]
    largest = float(np.abs(ends).max())
    if recorded.dtype == "float32" and largest > _LARGEST_UNSCALED:
        _log.warning(
            "the images reach %.4g and are not divided: if the model was trained on 0 to 1, give --scale 255", largest
        )
    if recorded.dtype == "uint8" and largest < _DARKEST:
        _log.warning(
            "no pixel is above %.0f, and all are divided by 255: if the model was trained on these as 0 to 1, give "
            "--scale %.0f",
            *(largest, max(largest, 1)),
        )
