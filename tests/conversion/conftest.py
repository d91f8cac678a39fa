"""The sample model, calibrated once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnconv import passes
from snnconv.calibration.calibrate import calibrate
from snnconv.calibration.calibration import Calibration
from snnconv.data import make_preprocessing, open_images
from snnconv.graph.graph import Graph
from snnconv.graph.reading.reader import read

SAMPLES = Path(__file__).parents[2] / "sample_models"


@pytest.fixture(scope="session")
def sample_model() -> Path:
    return SAMPLES / "digits_resnet.onnx"


@pytest.fixture(scope="session")
def sample_graph(sample_model) -> Graph:
    return passes.run(read(sample_model))


@pytest.fixture(scope="session")
def sample_calibration(sample_model) -> Calibration:
    graph = read(sample_model)
    images = open_images(SAMPLES / "digits_calibration.npz", input_shape=(1, 8, 8))
    preprocessing = make_preprocessing(images.dtype, (1, 8, 8), scale=16, mean="0.5", std="0.5")
    return calibrate(graph, sample_model, images, preprocessing, samples=300)


@pytest.fixture(scope="session")
def sample_images(sample_calibration):
    """Test images, preprocessed: (32, 1, 8, 8) float32."""
    images = open_images(SAMPLES / "digits_test.npz", input_shape=(1, 8, 8))
    return sample_calibration.preprocessing.apply(next(images.batches(32)).images)


@pytest.fixture
def calibrated_model(tmp_path) -> Callable[[Path], tuple[Graph, Calibration]]:
    """Give the function that reads a model of (2, 8, 8) images and calibrates it on 24 normally distributed ones."""

    def run(path: Path) -> tuple[Graph, Calibration]:
        np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(24, 2, 8, 8)).astype(np.float32))
        images = open_images(tmp_path / "x.npy", input_shape=(2, 8, 8))
        calibration = calibrate(read(path), path, images, make_preprocessing("float32", (2, 8, 8)), threads=1)
        return passes.run(read(path)), calibration

    return run
