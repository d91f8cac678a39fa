"""Models that end in an unusual way, names that are too long, and very long chains."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.choices import ReadoutMode
from snnconv.errors import ModelError

IMAGES = np.random.default_rng(0).uniform(0, 1, (6, 2, 8, 8)).astype(np.float32)
OPTIONS = [snnconv.ConversionOptions(readout=readout, compensation="none") for readout in ReadoutMode]


def converted(b: Any, folder: Path, options: snnconv.ConversionOptions, output: str = "logits", **saved: Any) -> Any:
    path = b.save(folder / "m.onnx", output, **saved)
    np.save(folder / "x.npy", IMAGES)
    assert snnconv.check(path, options).convertible
    snnconv.calibrate(path, folder / "x.npy", folder / "m.calib")
    return snnconv.convert(path, folder / "m.calib", folder / "m.snn", options)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: options.readout)
@pytest.mark.parametrize("end", ["map", "softmax"])
def test_an_output_of_one_pixel_is_flattened(tmp_path: Path, new_model, end: str, options: Any) -> None:
    """A classifier of 1×1 convolutions, with nothing behind it or a Softmax and then a Flatten."""
    b = new_model()
    x = b.conv(b.relu(b.conv("input", "conv1", (4, 2, 3, 3)), "relu1"), "conv2", (5, 4, 1, 1))
    x = b.node("GlobalAveragePool", [x], "logits")
    if end == "softmax":
        b.node("Flatten", [b.node("Softmax", [x], "soft", axis=1)], "flat")
    network, summary = converted(
        b, tmp_path, options, "logits" if end == "map" else "flat", rank=4 if end == "map" else 2
    )
    assert network.readout.shape == (5,)
    assert summary.parity.largest_error < 1e-5


def test_an_output_that_is_a_relu_gets_no_second_layer_of_neurons(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.relu(
        b.gemm(b.node("Flatten", [b.relu(b.conv("input", "conv", (3, 2, 8, 8)), "relu1")], "flat"), "last", 3, 5),
        "logits",
    )
    network, _ = converted(b, tmp_path, OPTIONS[list(ReadoutMode).index(ReadoutMode.SPIKES)])
    assert [neuron.source for neuron in network.neurons] == ["relu1", "logits"]


def test_a_chain_of_very_many_sums_is_followed(tmp_path: Path, new_model) -> None:
    """Deeper than Python's stack."""
    b = new_model()
    x = b.conv("input", "conv", (3, 2, 8, 8))
    for index in range(1100):
        x = b.node("MaxPool", [x], f"pool{index}", kernel_shape=[1, 1])
    b.gemm(b.node("Flatten", [b.relu(x, "relu")], "flat"), "logits", 3, 5)
    path = b.save(tmp_path / "m.onnx")
    assert snnconv.check(path, OPTIONS[0]).convertible


def test_a_name_that_does_not_fit_is_refused_by_check_too(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.gemm(b.node("Flatten", [b.relu("input", "x" * 500)], "flat"), "logits", 128, 5)
    with pytest.raises(ModelError, match="at most 448 are read"):
        snnconv.check(b.save(tmp_path / "m.onnx"))


def test_a_model_without_weights_and_relus_is_refused(tmp_path: Path, new_model) -> None:
    b = new_model()
    b.node("Flatten", [b.node("MaxPool", ["input"], "pool", kernel_shape=[8, 8])], "logits")
    options = snnconv.ConversionOptions(readout=ReadoutMode.CURRENT, compensation="none")
    with pytest.raises(ModelError, match="nothing to convert"):
        snnconv.check(b.save(tmp_path / "m.onnx"), options)
