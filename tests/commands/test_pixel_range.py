"""Calibration images of another range than what they are divided by: said, where nobody said by what."""

import logging

import numpy as np
import pytest

import snnconv
from snnconv.commands.calibrate import PreprocessingOptions

UNDIVIDED = "the images reach 255 and are not divided: if the model was trained on 0 to 1, give --scale 255"


def _dark(most: int) -> str:
    return (
        f"no pixel is above {most}, and all are divided by 255: if the model was trained on these as 0 to 1, give "
        f"--scale {max(most, 1)}"
    )


def _other_units(most: str, scale: str, divided: str) -> str:
    return (
        f"--mean and --std reach {most}, the images, divided by {scale}, only {divided}: give them in units of the "
        "divided images, or --scale 1 where all are of 0 to 255"
    )


@pytest.mark.parametrize(
    ("dtype", "most", "options", "said"),
    [
        (np.float32, 255, {}, [UNDIVIDED]),
        (np.float64, 255, {"mean": "0.5", "std": "0.25"}, [UNDIVIDED]),
        (np.float32, 255, {"scale": 255}, []),
        (np.float32, 255, {"scale": 1}, []),
        (np.float32, 255, {"mean": "104,117"}, []),
        (np.float32, 1, {}, []),
        (np.float32, 1, {"mean": "0.5", "std": "0.25"}, []),
        (np.float32, 30, {}, []),
        (np.uint8, 255, {}, []),
        (np.uint8, 255, {"mean": "0.5", "std": "0.25"}, []),
        (np.uint8, 64, {}, []),
        (np.uint8, 1, {}, [_dark(1)]),
        (np.uint8, 16, {"mean": "0.5", "std": "0.25"}, [_dark(16)]),
        (np.uint8, 16, {"scale": 16}, []),
        (np.uint8, 0, {}, [_dark(0)]),
        (np.uint8, 255, {"mean": "124,116", "std": "58"}, [_other_units("124", "255", "1")]),
        (np.uint8, 255, {"mean": "124,116", "std": "58", "scale": 255}, [_other_units("124", "255", "1")]),
        (np.uint8, 255, {"std": "58"}, [_other_units("58", "255", "1")]),
        (np.uint8, 255, {"mean": "124,116", "std": "58", "scale": 1}, []),
        (np.float32, 1, {"mean": "124"}, [_other_units("124", "1", "1")]),
        (np.float32, 255, {"mean": "124,116", "std": "58"}, []),
    ],
)
def test_the_range_of_the_images_is_looked_at(
    dtype, most, options, said, tiny_resnet, tiny_images, tmp_path, caplog
) -> None:
    unit = (tiny_images - tiny_images.min()) / np.ptp(tiny_images)
    np.save(tmp_path / "x.npy", (unit * most).astype(dtype))
    given = PreprocessingOptions(**options)
    with caplog.at_level(logging.WARNING):
        snnconv.calibrate(tiny_resnet, tmp_path / "x.npy", tmp_path / "x.calib", preprocessing=given)
    assert caplog.messages == said
