"""Conversion as a function: the parity check in batches, and names that do not fit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.choices import MaxPooling
from snnconv.commands import verify as module
from snnconv.errors import DataError, ModelError
from snnconv.measuring.parity import Deviation, check_parity

PLAIN = snnconv.ConversionOptions(compensation="none")


@pytest.fixture
def calibrated(tmp_path: Path) -> Callable[[Path, np.ndarray], tuple[Path, Path]]:
    """Give a function that calibrates a model over images (N, C, H, W) and gives the data and the calibration."""

    def run(model: Path, images: np.ndarray) -> tuple[Path, Path]:
        np.save(tmp_path / "x.npy", images)
        snnconv.calibrate(model, tmp_path / "x.npy", tmp_path / "x.calib")
        return tmp_path / "x.npy", tmp_path / "x.calib"

    return run


def named(model: Any, relu: str) -> Any:
    """Build a model whose one ReLU, value and node, has a given name."""
    x = model.relu(model.conv("input", "c", (4, 2, 3, 3), kernel_shape=[3, 3]), relu)
    model.classifier(x, 4)
    return model


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Give a list that takes the batches of every parity check."""
    seen: list[np.ndarray] = []

    def spy(network: Any, model: Any, given: Any, *more: Any) -> Deviation:
        seen.extend(given)
        return check_parity(network, model, iter(seen), *more)

    monkeypatch.setattr(module, "check_parity", spy)
    return seen


@pytest.mark.parametrize(("samples", "sizes"), [(None, [8]), (3, [3]), (20, [8, 8, 4])])
def test_the_images_are_checked_a_few_at_a_time(
    samples: int | None, sizes: list[int], tiny_resnet, tiny_images, calibrated, batches, tmp_path
) -> None:
    data, calibration = calibrated(tiny_resnet, tiny_images)
    _, summary = snnconv.convert(tiny_resnet, calibration, tmp_path / "n.snn", PLAIN, data=data, samples=samples)
    assert [batch.shape for batch in batches] == [(size, 2, 8, 8) for size in sizes]
    assert {batch.dtype.name for batch in batches} == {"float32"}
    np.testing.assert_array_equal(np.concatenate(batches), tiny_images[: sum(sizes)])
    assert summary.parity is not None
    assert (summary.parity.images, summary.parity.drawn) == (sum(sizes), False)


def test_without_data_inputs_are_drawn_within_the_range(
    tiny_resnet, tiny_images, calibrated, batches, tmp_path
) -> None:
    _, calibration = calibrated(tiny_resnet, tiny_images)
    _, summary = snnconv.convert(tiny_resnet, calibration, tmp_path / "n.snn", PLAIN)
    (batch,) = batches
    assert batch.shape == (8, 2, 8, 8)
    assert (batch >= tiny_images.min(axis=(0, 2, 3))[:, None, None]).all()
    assert (batch <= tiny_images.max(axis=(0, 2, 3))[:, None, None]).all()
    assert summary.parity is not None
    assert (summary.parity.images, summary.parity.drawn) == (8, True)


@pytest.mark.parametrize(
    ("samples", "message"), [(41, "has 40 images, 41 were asked for"), (0, "0 samples were asked for; ask for at")]
)
def test_numbers_of_samples_that_are_refused(
    samples: int, message: str, tiny_resnet, tiny_images, calibrated, tmp_path
) -> None:
    data, calibration = calibrated(tiny_resnet, tiny_images)
    with pytest.raises(DataError, match=message):
        snnconv.convert(tiny_resnet, calibration, tmp_path / "n.snn", PLAIN, data=data, samples=samples)
    assert not (tmp_path / "n.snn").exists()


@pytest.mark.parametrize("samples", [0, -1])
@pytest.mark.parametrize("verify", [True, False])
def test_no_samples_are_refused_without_data_too(samples: int, verify: bool, tmp_path) -> None:
    # before any file is looked for
    with pytest.raises(DataError, match=f"^{samples} samples were asked for; ask for at least 1$"):
        snnconv.convert("no.onnx", "no.calib", tmp_path / "n.snn", samples=samples, verify=verify)


@pytest.mark.parametrize("length", [4, 448])
def test_names_that_fit_are_converted(length: int, new_model, tiny_images, calibrated, tmp_path) -> None:
    path = named(new_model(), "r" * length).save(tmp_path / "long.onnx")
    _, calibration = calibrated(path, tiny_images)
    # the longest name of a tensor is that of the initial potential
    options = snnconv.ConversionOptions(initial_potential=0.5, compensation="none")
    network, _ = snnconv.convert(path, calibration, tmp_path / "n.snn", options)
    assert "R" * length in network.by_name


@pytest.mark.parametrize("length", [449, 600])
def test_names_that_are_too_long_are_refused(length: int, new_model, tiny_images, calibrated, tmp_path) -> None:
    path = named(new_model(), "r" * length).save(tmp_path / "long.onnx")
    _, calibration = calibrated(path, tiny_images)
    with pytest.raises(ModelError) as caught:
        snnconv.convert(path, calibration, tmp_path / "n.snn", PLAIN)
    # of node and value, both so long, the node is named
    assert str(caught.value) == (
        f"long.onnx: a node has a name of {length} characters ({'R' * 40}…), at most 448 are read; "
        "rename it in the ONNX file"
    )


@pytest.fixture
def two_heads(new_model, tmp_path: Path) -> Path:
    """Give a model with a classifier in the middle, of three classes, and one at the end, of five."""
    b = new_model()
    x = b.node("MaxPool", [b.relu(b.conv("input", "conv", (4, 2, 3, 3)), "relu")], "pool", kernel_shape=[2, 2])
    b.gemm(b.node("ReduceMean", [x], "features", axes=[2, 3], keepdims=0), "early", 4, 3)
    b.gemm("features", "late", 4, 5)
    b.node("Softmax", ["late"], "probabilities")
    return b.save(tmp_path / "heads.onnx", ["probabilities", "early"])


@pytest.mark.parametrize(
    ("output", "found", "classes"), [(None, "late", 5), ("late", "late", 5), ("early", "early", 3)]
)
@pytest.mark.parametrize("pooling", MaxPooling)
def test_the_output_that_was_calibrated_is_the_networks(
    two_heads: Path, tiny_images, tmp_path, output: str | None, found: str, classes: int, pooling: MaxPooling
) -> None:
    np.save(tmp_path / "x.npy", tiny_images)
    calibration = snnconv.calibrate(two_heads, tmp_path / "x.npy", tmp_path / "x.calib", output=output)
    assert (calibration.output, calibration.values[-1].channels) == (found, classes)
    options = snnconv.ConversionOptions(max_pooling=pooling, compensation="none")
    network, summary = snnconv.convert(two_heads, tmp_path / "x.calib", tmp_path / "n.snn", options)
    assert (network.readout.source, network.readout.shape) == (found, (classes,))
    kinds = {node.kind for node in network.nodes}
    assert kinds & {"MaxPoolGate", "MaxPoolCurrent"} == {f"MaxPool{pooling.value.capitalize()}"}
    assert summary.parity is not None
