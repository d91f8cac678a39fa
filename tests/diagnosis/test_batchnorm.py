"""What a BatchNorm says of its input."""

import numpy as np
import pytest

from snnconv.diagnosis.batchnorm import normalised
from snnconv.graph.reading.reader import opened


@pytest.fixture
def survey(model_builder, tmp_path):
    """Give a model whose BatchNorm reads the image: means 0 and 3, standard deviations 1 and 2."""
    b = model_builder()
    statistics = {"gamma": [1, 1], "beta": [0, 0], "mean": [0, 3], "var": [1, 4]}
    names = [b.constant(f"bn.{name}", value) for name, value in statistics.items()]
    x = b.relu(b.node("BatchNormalization", ["input", *names], "bn", epsilon=0.0), "relu")
    b.classifier(x, 2)
    return opened(b.save(tmp_path / "bn.onnx"))[0]


@pytest.fixture
def images():
    """Give images as in training, (64, 2, 8, 8)."""
    drawn = np.random.default_rng(0).normal(size=(64, 2, 8, 8))
    return (drawn * [[[1.0]], [[2.0]]] + [[[0.0]], [[3.0]]]).astype(np.float32)


def test_images_as_in_training(survey, images) -> None:
    (found,) = normalised(survey, [images[:40], images[40:]], 1)
    assert found.name == "BN"
    assert found.shift < 0.02
    assert found.spread == pytest.approx(1.0, abs=0.02)


def test_by_hand(survey) -> None:
    """Constant images of 2 and 3: two deviations away in the first channel, and no spread."""
    x = np.ones((4, 2, 8, 8), dtype=np.float32) * np.array([2.0, 3.0], dtype=np.float32)[:, None, None]
    x[:, :, ::2] += 0.5
    x[:, :, 1::2] -= 0.5
    (found,) = normalised(survey, [x], 1)
    assert found.shift == pytest.approx((2 / 1 + 0 / 2) / 2)
    assert found.spread == pytest.approx(np.sqrt(0.5 / 1 * 0.5 / 2))


@pytest.mark.parametrize(
    ("change", "shift", "spread"),
    [(lambda x: x[:, ::-1], 2.25, 1.0), (lambda x: x / 4, 0.56, 0.25), (lambda x: x + 5, 3.75, 1.0)],
    ids=["channels", "scale", "mean"],
)
def test_images_brought_in_otherwise(change, shift, spread, survey, images) -> None:
    (found,) = normalised(survey, [np.ascontiguousarray(change(images))], 1)
    assert found.shift == pytest.approx(shift, abs=0.1)
    assert found.spread == pytest.approx(spread, rel=0.02)


def test_few_images_say_little(survey, images) -> None:
    """Bright and dark images of one kind: their mean is as far off as chance takes it."""
    brightness = np.random.default_rng(1).normal(size=(64, 1, 1, 1)).astype(np.float32)
    (one,) = normalised(survey, [images[:1] + 5], 1)
    assert one.shift == 0.0
    (few,) = normalised(survey, [(images + 2 * brightness)[:6]], 1)
    assert few.shift < 0.2


def test_a_model_without_one(model_builder, images, tmp_path) -> None:
    b = model_builder()
    b.classifier(b.relu(b.conv("input", "conv", (2, 2, 3, 3), pads=[1, 1, 1, 1]), "relu"), 2)
    assert normalised(opened(b.save(tmp_path / "plain.onnx"))[0], [images], 1) == ()
