"""Factors layer by layer: the layer simulated alone gives the errors of the network built with its factor."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from snnconv.choices import Encoding, Form, MaxPooling, ReadoutMode, Reset
from snnconv.conversion.compensation import layerwise as module
from snnconv.conversion.compensation.layerwise import layerwise
from snnconv.conversion.compensation.search import trial_of
from snnconv.conversion.convert import convert
from snnconv.conversion.methods import hu
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.records import LayerwiseRecord
from snnconv.conversion.samples import Samples
from snnconv.graph.reading.reader import opened
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.propagation_error import propagation_errors
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.transforms.factors import Factors

STEPS = 12
IMAGES = 5


@dataclass(frozen=True)
class Setting:
    graph: Any
    calibration: Any
    given: Samples

    def built(self, options: ConversionOptions, factors: Factors) -> SpikingNetwork:
        return convert(self.graph, self.calibration, options, factors=factors)

    def errors(self, options: ConversionOptions, factors: Factors) -> dict[str, float]:
        """Give the error of every layer of the network with these factors, simulated as a whole."""
        network = self.built(options, factors)
        targets = self.given.targets(network)
        found = propagation_errors(network, targets, STEPS, backend=NumpyBackend())
        return {layer.name: layer.absolute_error for layer in found.layers}


@pytest.fixture
def tiny(tiny_resnet, tiny_images, calibrated_model) -> Setting:
    graph, calibration = calibrated_model(tiny_resnet)
    return Setting(graph, calibration, Samples(tiny_images[:IMAGES], opened(tiny_resnet, "logits")[0], NumpyBackend(3)))


def options_of(**given: Any) -> ConversionOptions:
    return ConversionOptions(**({"compensation": "layerwise", "steps": STEPS} | given))


SETTINGS: list[dict[str, Any]] = [
    {},
    {"compensate_biases": True},
    {"reset": Reset.ZERO},
    {"form": Form.THRESHOLDS, "initial_potential": 0.5},
    {"encoding": Encoding.POISSON, "granularity": "channel"},
    {"readout": ReadoutMode.CURRENT, "compensate_biases": True, "reset": Reset.ZERO},
]


@pytest.mark.parametrize(
    "given", SETTINGS, ids=lambda given: "-".join(str(value) for value in given.values()) or "plain"
)
def test_a_layer_alone_has_the_error_that_it_has_in_the_network(given, tiny) -> None:
    """With other factors before it. First layer, junctions with all three shortcuts, pooling and classifier are there.

    Candidates run in float32 and their weights are not rounded to grids: a membrane within that of its threshold may
    fire a step earlier or later. One such spike is 1/(T · neurons · images) of the mean.
    """
    options = options_of(**given)
    names = [node.name for node in tiny.built(options, Factors()).neurons]
    before: dict[str, float] = {}
    moved = 0
    for index, name in enumerate(names):
        network = tiny.built(options, Factors(layers=before))
        layer = module._Layer(network, name, tiny.given.targets(network), tiny.given, options)
        factors = [1.0, 1.08] if index % 2 else [1.0, 1.3]
        found, highest = layer._errors(factors)
        assert list(found) == factors
        assert 0 <= highest <= 1
        spike = 1 / (STEPS * np.prod(network.by_name[name].shape) * IMAGES)
        for factor in factors:
            expected = tiny.errors(options, Factors(layers={**before, name: factor}))[name]
            assert found[factor] == pytest.approx(expected, abs=2.5 * spike + 1e-6), (name, factor)
        moved += found[1.0] != found[factors[1]]
        before[name] = factors[1]
    # few neurons may give the same counts with any factor
    assert moved >= len(names) - 2


@pytest.mark.parametrize("pooling", MaxPooling)
def test_behind_max_pooling_and_a_mean_without_its_axes(
    pooling, new_model, tmp_path, tiny_images, calibrated_model
) -> None:
    """Values of the ONNX model may have fewer axes than the layer."""
    b = new_model()
    x = b.relu(b.conv("input", "conv1", (4, 2, 3, 3), bias=True, pads=[1, 1, 1, 1]), "relu1")
    x = b.node("MaxPool", [x], "pool", kernel_shape=[2, 2], strides=[2, 2])
    x = b.relu(b.conv(x, "conv2", (4, 4, 3, 3), bias=True, pads=[1, 1, 1, 1]), "relu2")
    b.gemm(b.node("ReduceMean", [x], "features", axes=[2, 3], keepdims=0), "logits", 4, 5)
    path = b.save(tmp_path / "pools.onnx")
    graph, calibration = calibrated_model(path)
    setting = Setting(graph, calibration, Samples(tiny_images[:IMAGES], opened(path, "logits")[0], NumpyBackend(3)))
    options = options_of(max_pooling=pooling)
    network = setting.built(options, Factors())
    for node in network.neurons:
        if node.source is None:
            continue
        layer = module._Layer(network, node.name, setting.given.targets(network), setting.given, options)
        found, _ = layer._errors([1.0, 1.25])
        spike = 1 / (STEPS * np.prod(node.shape) * IMAGES)
        for factor, error in found.items():
            expected = setting.errors(options, Factors(layers={node.name: factor}))[node.name]
            assert error == pytest.approx(expected, abs=2.5 * spike + 1e-6), (node.name, factor)


def test_it_is_greedy_from_the_input_on(tiny, monkeypatch) -> None:
    """Each layer is searched in the network with the factors of all layers before it, and of none behind."""
    options = options_of()
    given: list[dict[str, float]] = []

    def built(factors: Factors) -> SpikingNetwork:
        given.append(dict(factors.layers))
        return tiny.built(options, factors)

    found, record = layerwise(built, tiny.given, options)
    names = [node.name for node in tiny.built(options, Factors()).neurons]
    assert [layer.layer for layer in record.layers] == names
    chosen = {layer.layer: layer.factor for layer in record.layers}
    assert found == Factors(layers={name: factor for name, factor in chosen.items() if factor != 1.0})
    assert found.layers
    expected = [{n: chosen[n] for n in names[:i] if chosen[n] != 1.0} for i in range(len(names))]
    assert given == [{}, *expected, dict(found.layers)]


def test_the_record_is_complete(tiny) -> None:
    options = options_of()
    converted = hu.convert(tiny.graph, tiny.calibration, tiny.given, options)
    record = converted.record
    assert isinstance(record, LayerwiseRecord)
    assert (record.images, record.steps) == (IMAGES, STEPS)
    assert record.note is None
    assert record.tau_max is not None
    for layer in record.layers:
        tried = {float(text): error for text, error in layer.tried.items()}
        # every step from 1 on, below τ_max of the last layer, until the error grows
        assert list(tried) == pytest.approx([1 + 0.005 * k for k in range(len(tried))])
        assert max(tried) < record.tau_max
        assert 0 <= layer.highest_rate <= 1
        assert layer.factor == min(tried, key=lambda factor: (tried[factor], factor))
        assert layer.factor < max(tried) or max(tried) + 0.005 >= record.tau_max
    factors = {layer.layer: layer.factor for layer in record.layers if layer.factor != 1.0}
    assert converted.network.provenance.options == options.model_dump(mode="json") | {"factors": factors}
    assert (record.before.factor, record.after.factor) == (1.0, pytest.approx(np.prod(list(factors.values()))))
    for trial, layers in ((record.before, {}), (record.after, factors)):
        network = tiny.built(options, Factors(layers=layers))
        errors = propagation_errors(network, tiny.given.targets(network), STEPS, backend=NumpyBackend())
        assert trial == trial_of(trial.factor, errors)
    best = tiny.built(options, Factors(layers=factors))
    for name, tensor in best.tensors.items():
        np.testing.assert_array_equal(converted.network.tensors[name], tensor)


def test_threads_and_batches_change_nothing(tiny) -> None:
    options = options_of()
    expected = hu.convert(tiny.graph, tiny.calibration, tiny.given, options).record
    other = Samples(tiny.given.images, tiny.given.model, NumpyBackend(1, 5), threads=2)
    assert hu.convert(tiny.graph, tiny.calibration, other, options).record == expected


@pytest.mark.parametrize(("tau_max", "says"), [(1.0, "fires at every step"), (None, "never fires")])
def test_without_room_to_search_all_factors_stay_1(tau_max, says, tiny, monkeypatch) -> None:
    options = options_of()
    measured = module.measured
    monkeypatch.setattr(module, "measured", lambda *given: replace(measured(*given), tau_max=tau_max))
    found, record = layerwise(lambda factors: tiny.built(options, factors), tiny.given, options)
    assert (found, record.layers, record.tau_max) == (Factors(), (), tau_max)
    assert record.before == record.after
    assert record.note is not None
    assert says in record.note


def test_no_factor_reaches_tau_max_of_the_last_layer(tiny, monkeypatch) -> None:
    options = options_of()
    measured = module.measured
    monkeypatch.setattr(module, "measured", lambda *given: replace(measured(*given), tau_max=1.012))
    _, record = layerwise(lambda factors: tiny.built(options, factors), tiny.given, options)
    assert {tuple(layer.tried) for layer in record.layers} <= {("1", "1.005", "1.01")}
