"""Scales in the weights or in the thresholds: the same network, written in two ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv import passes
from snnconv.calibration.calibrate import calibrate
from snnconv.calibration.calibration import Calibration
from snnconv.choices import Encoding, Form, Granularity, MaxPooling, ReadoutMode, Reset, Shortcut
from snnconv.conversion.convert import convert
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.propagate import propagate
from snnconv.conversion.scales import Scales
from snnconv.data import make_preprocessing, open_images
from snnconv.graph import graph as ann
from snnconv.graph.reading.reader import read
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.activity import activity
from snnconv.measuring.parity import TOLERANCE, deviations
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.conversion.models import MODELS, SHAPE
from tests.measuring.test_activity import joined
from tests.runtime.test_backends import BACKENDS

Array = np.ndarray[Any, Any]
STEPS = 30


class Rounded:
    """λ of the calibration, each brought to a power of two."""

    def __init__(self, scales: Scales) -> None:
        self._scales = scales

    def of(self, value: str, *, shared: bool = False) -> Array:
        return 2.0 ** np.round(np.log2(self._scales.of(value, shared=shared)))


class Same:
    """One λ for all."""

    def __init__(self, scales: Scales) -> None:
        self._scales = scales

    def of(self, value: str, *, shared: bool = False) -> Array:
        return np.full_like(self._scales.of(value, shared=shared), 1.7)


@pytest.fixture
def tiny(tiny_resnet, calibrated_model) -> tuple[ann.Graph, Calibration]:
    return calibrated_model(tiny_resnet)


def options_of(**given: Any) -> ConversionOptions:
    return ConversionOptions(**({"compensation": "none", "steps": STEPS} | given))


def both(tiny: Any, scaling: Callable[[Scales], Any], **given: Any) -> tuple[SpikingNetwork, SpikingNetwork]:
    graph, calibration = tiny
    options = options_of(**given)
    scales = scaling(Scales(calibration, options))
    weights, thresholds = (
        convert(graph, calibration, options.model_copy(update={"form": form}), scales=scales) for form in Form
    )
    return weights, thresholds


POWERS: list[dict[str, Any]] = [
    {},
    {"reset": Reset.ZERO, "initial_potential": 0.5},
    {"readout": ReadoutMode.CURRENT, "encoding": Encoding.POISSON},
    {"compensation": 1.25, "compensate_biases": True},
    {"shortcut": Shortcut.EQUAL},
    {"shortcut": Shortcut.UNNORMALISED, "granularity": Granularity.CHANNEL},
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("given", POWERS, ids=lambda given: "-".join(str(v) for v in given.values()) or "plain")
def test_with_powers_of_two_the_spikes_are_the_same_to_the_bit(given, backend, tiny, tiny_images) -> None:
    """A power of two moves the grid with the weights, so nothing is rounded otherwise."""
    weights, thresholds = both(tiny, Rounded, **given)
    images = tiny_images[:5]
    expected = joined(activity(weights, images, STEPS, backend=NumpyBackend(5)))
    found = joined(activity(thresholds, images, STEPS, backend=backend(3, 8)))
    other = 0
    for before, after in zip(weights.neurons, thresholds.neurons, strict=True):
        assert before.name == after.name
        np.testing.assert_array_equal(found.counts[after.name], expected.counts[before.name])
        threshold = thresholds.tensors[after.threshold]
        assert threshold.shape == ()
        np.testing.assert_array_equal(found.membranes[after.name], threshold * expected.membranes[before.name])
        assert weights.tensors[before.threshold] == 1.0
        other += threshold != 1.0
    np.testing.assert_array_equal(found.predictions, expected.predictions)
    assert other or given.get("granularity") is Granularity.CHANNEL
    assert sum(int(counts.sum()) for counts in found.counts.values()) > 0


def test_weights_are_the_models_own_and_thresholds_ratios_of_scales(tiny) -> None:
    """v_th = λ_out/λ_in (Sengupta et al., section 5); the bias is b/λ_in, and an identity shortcut weighs 1."""
    graph, calibration = tiny
    _, network = both(tiny, Same)
    by_name = {node.name: node for node in graph.nodes}
    layers = propagate(graph, Same(Scales(calibration, options_of())), options_of(), 1.0).layers
    checked = set()
    for neuron in network.neurons:
        layer = layers[neuron.name]
        assert layer.spike is not None
        assert network.tensors[neuron.threshold] == pytest.approx(layer.scale[0] / layer.spike, rel=1e-6)
        for node in (network.by_name[edge.source] for edge in network.incoming[neuron.name]):
            if isinstance(node, ir.Scale) and node.name.endswith("/shortcut"):
                assert network.tensors[node.gain] == 1.0
            elif isinstance(node, ir.Conv | ir.Dense):
                own = by_name[node.name]
                assert isinstance(own, ann.Conv | ann.Dense)
                # to half a step of the grid
                step = 2.0 ** -(network.tensors[node.grid].min() + 1.0)
                # the classifier reads neurons behind the mean, of the same λ; layers behind a pooling too
                np.testing.assert_allclose(network.tensors[node.weight], own.weight, rtol=0, atol=step)
                if node.bias is not None:
                    bias = network.tensors[node.bias].reshape(-1)
                    np.testing.assert_allclose(bias, own.bias / layer.spike, rtol=0, atol=step)
            checked.add(node.kind)
    assert checked == {"Conv", "Dense", "Scale"}
    assert network.tensors[network.neurons[0].threshold] == pytest.approx(1.7)
    assert {float(network.tensors[node.threshold]) for node in network.neurons[1:]} == {1.0}


def test_a_junction_of_different_scales_keeps_its_weights(tiny) -> None:
    weights, thresholds = both(tiny, lambda scales: scales)
    graph, calibration = tiny
    layers = propagate(graph, Scales(calibration, options_of()), options_of(), 1.0).layers
    mixed = [name for name, layer in layers.items() if layer.spike is None]
    # two junctions of spikes of two layers; the projection reads the layer that its path began with
    assert [thresholds.by_name[name].source for name in mixed] == ["relu3", "relu5", "relu7"]
    for name in mixed:
        neuron = thresholds.by_name[name]
        assert thresholds.tensors[neuron.threshold] == 1.0
        for edge in thresholds.incoming[name]:
            node = thresholds.by_name[edge.source]
            field = node.factor
            np.testing.assert_array_equal(thresholds.tensors[field], weights.tensors[field])
    changed = [n.name for n in thresholds.neurons if thresholds.tensors[n.threshold] != 1.0]
    assert set(changed) | set(mixed) == {node.name for node in thresholds.neurons}


def test_a_scale_per_channel_stays_in_the_weights(tiny) -> None:
    _, network = both(tiny, lambda scales: scales, granularity=Granularity.CHANNEL)
    inner = [node for node in network.neurons if network.tensors[node.source_scale].shape]
    assert len(inner) > 5
    assert all(network.tensors[node.threshold] == 1.0 for node in inner)


@pytest.mark.parametrize("readout", ReadoutMode)
@pytest.mark.parametrize("granularity", Granularity)
def test_with_relus_for_neurons_it_computes_the_model(readout, granularity, tiny, tiny_resnet, tiny_images) -> None:
    for network in both(tiny, lambda scales: scales, readout=readout, granularity=granularity):
        found = deviations(network, tiny_resnet, [tiny_images[:6]])
        assert {"add1", "add2", "add3", "relu7", "logits"} <= {d.value for d in found}
        assert max(d.error for d in found) < TOLERANCE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("pooling", MaxPooling)
@pytest.mark.parametrize("name", [name for name in MODELS if name != "softmax"])
def test_every_kind_of_layer_computes_the_model(name, pooling, folder, model_builder) -> None:
    """Sums of currents that several read, pools with borders, slices, concatenations, capped ReLUs."""
    images = np.random.default_rng(0).normal(size=(8, *SHAPE)).astype(np.float32)
    np.save(folder / "x.npy", images)
    builder = model_builder(SHAPE)
    MODELS[name](builder)
    path = builder.save(folder / f"{name}.onnx")
    data = open_images(folder / "x.npy", input_shape=SHAPE)
    calibration = calibrate(read(path), path, data, make_preprocessing("float32", SHAPE), threads=1)
    graph = passes.run(read(path), passes.pipeline(pooling))
    network = convert(graph, calibration, options_of(form=Form.THRESHOLDS, max_pooling=pooling))
    worst = max(deviations(network, path, [images[:3]], graph.caps), key=lambda d: d.error)
    assert worst.error < TOLERANCE, worst


def test_with_any_scales_only_ties_differ(tiny, tiny_images) -> None:
    """Weights are rounded to other grids, by 2^-25 of a layer's largest sum: membranes differ in the 6th digit.

    Only one that comes so near to its threshold fires a step earlier or later, and what reads it may follow. So counts
    differ by a few spikes in a few neurons of a thousand, and not in one direction.
    """
    weights, thresholds = both(tiny, lambda scales: scales)
    found, expected = (joined(activity(n, tiny_images, STEPS, backend=NumpyBackend(40))) for n in (thresholds, weights))
    for node in weights.neurons:
        difference = found.counts[node.name] - expected.counts[node.name]
        assert np.abs(difference).max() <= 1
        assert np.count_nonzero(difference) <= 0.005 * difference.size
    first = weights.neurons[0].name
    close = np.abs(
        found.membranes[first] / thresholds.tensors[thresholds.neurons[0].threshold] - expected.membranes[first]
    )
    assert np.quantile(close, 0.99) < 1e-4


@pytest.mark.parametrize("shortcut", [Shortcut.EQUAL, Shortcut.UNNORMALISED])
@pytest.mark.parametrize("readout", ReadoutMode)
def test_with_one_scale_for_all_every_shortcut_is_normalised(
    shortcut, readout, new_model, tmp_path, calibrated_model
) -> None:
    """Also one through a mean of pixels: its sum of k² spikes weighs 1/k²."""
    b = new_model()
    x = b.relu(b.conv("input", "conv1", (4, 2, 3, 3), pads=[1, 1, 1, 1]), "relu1")
    y = b.conv(x, "conv2", (4, 4, 3, 3), pads=[1, 1, 1, 1], strides=[2, 2])
    mean = b.node("AveragePool", [x], "mean", kernel_shape=[2, 2], strides=[2, 2])
    x = b.relu(b.add(y, mean, "add"), "relu2")
    y = b.conv(x, "conv3", (4, 4, 1, 1))
    b.classifier(b.relu(b.add(y, x, "add2"), "relu3"), 4)
    model = calibrated_model(b.save(tmp_path / "mean.onnx"))
    given = {"readout": readout}
    expected, found = (both(model, Same, shortcut=each, **given)[0] for each in (Shortcut.NORMALISED, shortcut))
    assert [node.name for node in found.nodes] == [node.name for node in expected.nodes]
    for name, tensor in expected.tensors.items():
        np.testing.assert_allclose(found.tensors[name], tensor, rtol=1e-6, atol=0)
