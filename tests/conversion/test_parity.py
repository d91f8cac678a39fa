"""What a deviation is measured by, what is refused, and what its message advises."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.calibration.calibration import Calibration
from snnconv.choices import Granularity, Layout
from snnconv.conversion.convert import convert
from snnconv.conversion.options import ConversionOptions
from snnconv.errors import ParityError
from snnconv.graph.graph import Graph
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.parity import TOLERANCE, check_parity, deviations
from snnconv.runtime.backends.numpy_backend import NumpyBackend

Array = np.ndarray[Any, Any]
Builder = Any
Calibrated = Callable[[Path], tuple[Graph, Calibration]]

SAME: dict[str, Any] = {"pads": [1, 1, 1, 1]}
IMAGES = np.random.default_rng(1).normal(size=(6, 2, 8, 8)).astype(np.float32)
PLAIN = ConversionOptions(compensation="none")


def _branch(b: Builder, x: str, output: str, factor: float, form: str) -> str:
    """Add two convolutions whose result is `factor` times as large as usual."""
    y = b.relu(b.batchnorm(b.conv(x, f"{output}_conv1", (8, 8, 3, 3), **SAME), f"{output}_bn1", 8), f"{output}_relu")
    y = b.batchnorm(b.conv(y, f"{output}_conv2", (8, 8, 3, 3), **SAME), f"{output}_bn2", 8)
    if form == "gamma":  # a last BatchNorm that began at 0
        for part in ("gamma", "beta"):
            b.constants[f"{output}_bn2.{part}"] = factor * b.constants[f"{output}_bn2.{part}"]
        return str(y)
    one_each = (8, 1, 1) if form == "by channel" else ()
    return str(b.node("Mul", [y, b.constant(f"{output}_factor", np.full(one_each, factor))], f"{output}_scaled"))


def _residual(b: Builder, factor: float, form: str = "gamma", junction: bool = True) -> None:
    """Two residual blocks, the first branch sleeping; with a ReLU at the junctions, or a stream of currents."""
    x = b.relu(b.conv("input", "stem", (8, 2, 3, 3), **SAME), "stem_relu")
    for name, size in (("asleep", factor), ("awake", 1.0)):
        x = b.add(x, _branch(b, x, name, size, form), f"{name}_sum")
        x = b.relu(x, f"{name}_out") if junction else x
    b.classifier(x, 8)


def _made(b: Builder, folder: Path, calibrated: Calibrated) -> tuple[SpikingNetwork, Path, Graph]:
    path = b.save(folder / "model.onnx")
    graph, calibration = calibrated(path)
    return convert(graph, calibration, PLAIN), path, graph


@pytest.mark.parametrize("junction", [True, False], ids=["relu", "currents"])
@pytest.mark.parametrize("form", ["gamma", "factor", "by channel"])
@pytest.mark.parametrize("factor", [1e4, 1e-2, -1e-3, 1e-6, 0.0])
def test_a_branch_that_hardly_counts_is_measured_by_the_sum(
    factor, form, junction, new_model, tmp_path, calibrated_model
) -> None:
    b = new_model()
    _residual(b, factor, form, junction)
    network, path, _ = _made(b, tmp_path, calibrated_model)
    assert snnconv.check(path).convertible
    worst = max(deviations(network, path, [IMAGES]), key=lambda d: d.error)
    assert worst.error < TOLERANCE / 10, worst


def test_spikes_beside_currents_have_no_grid_where_relus_take_their_place(
    new_model, tmp_path, calibrated_model
) -> None:
    """By channel λ of the first ReLU is that of the second, so its spikes are multiplied with 1 and stay whole."""
    b = new_model()
    x = b.relu(b.conv("input", "stem", (8, 2, 3, 3), **SAME), "stem_relu")
    y = b.conv(x, "beside", (8, 8, 3, 3), **SAME)
    joined = b.node("Concat", [x, y, y], "joined", axis=1)
    b.classifier(b.relu(joined, "relu"), 24)
    path = b.save(tmp_path / "model.onnx")
    options = ConversionOptions(compensation="none", granularity=Granularity.CHANNEL)
    network = convert(*calibrated_model(path), options)
    worst = max(deviations(network, path, [IMAGES]), key=lambda d: d.error)
    assert worst.error < TOLERANCE / 10, worst


def test_the_branch_is_as_exact_as_the_sum_shows_it(new_model, tmp_path, calibrated_model) -> None:
    """Measured by itself, a branch of a millionth keeps a few of the bits that its sum has."""
    b = new_model()
    _residual(b, 1e-6)
    network, path, _ = _made(b, tmp_path, calibrated_model)
    found = {d.value: d.error for d in deviations(network, path, [IMAGES])}
    assert found["asleep_bn2"] < 1e-7
    assert found["asleep_sum"] < 1e-6


def _wrong(network: SpikingNetwork, name: str, factor: float) -> SpikingNetwork:
    """Multiply what a convolution gives."""
    node: Any = network.by_name[name]
    tensors = dict(network.tensors)
    for tensor in filter(None, (node.weight, node.bias)):
        tensors[tensor] = tensors[tensor] * np.float32(factor)
    return replace(network, tensors=tensors)


@pytest.mark.parametrize("junction", [True, False], ids=["relu", "currents"])
@pytest.mark.parametrize(("factor", "wrong"), [(1e-2, 2.0), (1e-3, 2.0), (1.0, 1.001)])
def test_a_wrong_scale_of_a_branch_that_keeps_every_decision_fails(
    factor, wrong, junction, new_model, tmp_path, calibrated_model
) -> None:
    b = new_model()
    _residual(b, factor, junction=junction)
    network, path, _ = _made(b, tmp_path, calibrated_model)
    with pytest.raises(ParityError, match=r"deviates from model\.onnx at asleep_bn2 \(node ASLEEP_CONV2\)"):
        check_parity(_wrong(network, "ASLEEP_CONV2", wrong), path, [IMAGES])
    before, after = (
        NumpyBackend().simulate(n, IMAGES, 40).scores.argmax(2)[-1]
        for n in (network, _wrong(network, "ASLEEP_CONV2", wrong))
    )
    assert (before == after).all()


def test_what_others_read_too_is_measured_by_itself(new_model, tmp_path, calibrated_model) -> None:
    """A small branch that a convolution reads as well: there it is all there is."""
    b = new_model()
    x = b.relu(b.conv("input", "stem", (8, 2, 3, 3), **SAME), "stem_relu")
    y = _branch(b, x, "small", 1e-2, "gamma")
    z = b.relu(b.batchnorm(b.conv(y, "large", (8, 8, 1, 1)), "large_bn", 8), "large_relu")
    b.constants["large.weight"] = 1e2 * b.constants["large.weight"]
    b.classifier(b.relu(b.node("Sum", [x, y, z], "sum"), "out"), 8)
    network, path, _ = _made(b, tmp_path, calibrated_model)
    assert max(d.error for d in deviations(network, path, [IMAGES])) < TOLERANCE / 10
    with pytest.raises(ParityError, match=r"at small_bn2 \(node SMALL_CONV2\)"):
        check_parity(_wrong(network, "SMALL_CONV2", 1.001), path, [IMAGES])


def test_a_sum_in_a_row_of_sums_counts_by_the_last(new_model, tmp_path, calibrated_model) -> None:
    """The sum of two small branches is small; it is added to a stream that is not."""
    b = new_model()
    x = b.relu(b.conv("input", "stem", (8, 2, 3, 3), **SAME), "stem_relu")
    both = b.add(_branch(b, x, "one", 1e-6, "gamma"), _branch(b, x, "other", 1e-6, "gamma"), "both")
    b.classifier(b.relu(b.add(x, both, "sum"), "out"), 8)
    network, path, _ = _made(b, tmp_path, calibrated_model)
    assert max(d.error for d in deviations(network, path, [IMAGES])) < TOLERANCE / 10


def _far_below(b: Builder) -> None:
    """Activations of which half are some 1e-6 and a few are thousands: --percentile 50 sees the small ones alone."""
    x = b.relu(b.conv("input", "stem", (8, 2, 3, 3), **SAME), "stem_relu")
    rare = b.constant("rare", np.full((8, 1, 1), -3.0))
    large = b.relu(b.node("Add", [x, rare], "shifted"), "peaks")
    small = b.node("Mul", [x, b.constant("tiny", 1e-6)], "small")
    tall = b.node("Mul", [large, b.constant("huge", 1e3)], "tall")
    y = b.relu(b.add(small, tall, "both"), "mixed")
    y = b.conv(y, "reads", (8, 8, 1, 1))
    b.constants["reads.weight"] = 1e-3 * b.constants["reads.weight"]
    b.classifier(b.relu(b.add(y, x, "sum"), "out"), 8)


def test_the_advice_on_scales_far_below_the_activations_helps(new_model, tmp_path) -> None:
    b = new_model()
    _far_below(b)
    path = b.save(tmp_path / "model.onnx")
    np.save(tmp_path / "x.npy", IMAGES)
    snnconv.calibrate(path, tmp_path / "x.npy", tmp_path / "x.calib", layout=Layout.NCHW)
    given = {"data": tmp_path / "x.npy", "samples": 6, "layout": Layout.NCHW}
    low = ConversionOptions(compensation="none", percentile=60)
    with pytest.raises(ParityError, match=r"times their layer's scale: raise --percentile$"):
        snnconv.convert(path, tmp_path / "x.calib", tmp_path / "n.snn", low, **given)
    high = ConversionOptions(compensation="none", percentile=100)
    snnconv.convert(path, tmp_path / "x.calib", tmp_path / "n.snn", high, **given)


def test_the_message_says_how_far_float32_moves_the_model(sample_model, sample_graph, sample_calibration) -> None:
    network = convert(sample_graph, sample_calibration, PLAIN)
    node = next(n for n in network.nodes if n.kind == "Dense")
    broken, images = _wrong(network, node.name, 1.01), np.zeros((1, 1, 8, 8), dtype=np.float32)
    with pytest.raises(ParityError, match=r"expected; float32's rounding alone moves this value by 2\.0e-06; report"):
        check_parity(broken, sample_model, [images + 0.5], noise=lambda value: 2e-6)
    with pytest.raises(ParityError, match=r"by 5\.0e-05; the model cannot be compared more closely .* --no-verify"):
        check_parity(broken, sample_model, [images + 0.5], noise=lambda value: 5e-5)
    with pytest.raises(ParityError, match=r"less than 1e-04 is expected; report this model$"):
        check_parity(broken, sample_model, [images + 0.5])
