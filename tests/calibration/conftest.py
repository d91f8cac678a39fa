"""Calibrations of the small residual network over drawn images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.calibration.calibrate import calibrate
from snnconv.calibration.calibration import Calibration
from snnconv.data import ImageSet, make_preprocessing, open_images
from snnconv.graph.reading.reader import read

Array = np.ndarray[Any, Any]
SHAPE = (2, 8, 8)


@pytest.fixture
def open_array(tmp_path: Path) -> Callable[..., ImageSet]:
    """Give a function that writes images (N, C, H, W) float32 to a file and opens it."""

    def make(images: Array, name: str = "images") -> ImageSet:
        path = tmp_path / f"{name}.npy"
        np.save(path, images)
        return open_images(path, input_shape=SHAPE)

    return make


@pytest.fixture
def measure(tiny_resnet: Path, open_array: Callable[..., ImageSet]) -> Callable[..., Calibration]:
    """Give a function that calibrates the residual network over images (N, C, H, W) float32."""

    def make(images: Array, *, model: Path = tiny_resnet, std: str = "1", **options: Any) -> Calibration:
        preprocessing = make_preprocessing("float32", SHAPE, std=std)
        options = {"threads": 1} | options
        return calibrate(read(model), model, open_array(images), preprocessing, **options)

    return make
