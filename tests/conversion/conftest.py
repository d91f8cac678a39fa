"""The sample model, calibrated once."""

from pathlib import Path

import pytest

from snnconv import passes
from snnconv.calibration.calibrate import calibrate
from snnconv.calibration.calibration import Calibration
from snnconv.data import make_preprocessing, open_images
from snnconv.graph.graph import Graph
from snnconv.graph.reader import read

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
