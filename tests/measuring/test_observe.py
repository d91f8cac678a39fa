"""Observing: by hand on four neurons, and as laws on a residual network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.errors import DataError, ModelError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.activity import activity
from snnconv.measuring.neurobench import neurobench
from snnconv.measuring.observe import Observed, observe
from snnconv.measuring.propagation_error import growth, propagation_errors, reference_model, targets
from snnconv.runs.observation import DENSITY_BINS, MAP_LAYERS, RASTER_STEPS
from snnconv.runtime.backends import BackendName, choose
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.measuring.test_activity import joined
from tests.measuring.test_propagation_error import chain, target
from tests.spiking import NetworkMaker


def look(network: SpikingNetwork, given: Any, steps: int, with_model: bool = True, **options: Any) -> Observed:
    backend = options.pop("backend", NumpyBackend(seed=3))
    single = choose(BackendName(backend.name), network, 1, 1, 3)
    return observe(network, given, steps, backend=backend, single=single, with_model=with_model, **options)


def filled(counts: tuple[int, ...]) -> dict[int, int]:
    return {i: n for i, n in enumerate(counts) if n}


def test_four_neurons_by_hand() -> None:
    """λ = 2, θ = 1, T = 4, as in the test of the propagation errors; the second image is black.

    Rates 0.25, 1, 0, 0 lie in bins 10, 39 and 0 of 40; the layer between stands for nothing.
    """
    a = np.array([[0.75, 2.5, 0.25, -1.0], [0.0, 0.0, 0.0, 0.0]])
    scaled = {"source": "a", "source_scale": np.asarray(2.0)}
    network = chain([scaled, {}, scaled])
    told: list[int] = []
    found = look(network, [target({"a": a}, a / 2, [1, 1])], 4, progress=told.append)
    first, between, last = found.layers
    assert found.decisions.tolist() == [1, 0]
    for layer in (first, between, last):
        assert filled(layer.rates) == {0: 6, 10: 1, 39: 1}
        assert (layer.mean_rate, layer.highest_rate, layer.never_fired) == (1.25 / 8, 1.0, 6)
        assert (layer.silent_neurons, layer.shape) == (0.5, (4,))
    assert [layer.depth for layer in found.layers] == [1, 2, 3]
    # a/λ of 0.375, 1.25, 0.125 and −0.5 in bins of 0.04; rates in bins of 1/30
    assert first.density == last.density == ((0, 0, 5), (3, 0, 1), (9, 7, 1), (29, 29, 1))
    assert (between.density, between.errors) == (None, None)
    # all membranes change at every step, or stay at 0 after the first
    assert [layer.membrane_updates for layer in found.layers] == [16, 4, 4]
    rows = [(row.layer, row.neuron, row.steps) for row in found.raster.rows]
    assert rows == [row for name in ("n1", "n2", "n3") for row in ((name, (1,), (1, 2, 3, 4)), (name, (0,), (3,)))]
    assert found.maps == ()
    assert told == [2, 3]
    plain = look(network, [target({}, a / 2, [1, 1])], 4, with_model=False)
    assert [(layer.errors, layer.density) for layer in plain.layers] == [(None, None)] * 3
    assert (plain.growth, plain.raster) == (None, found.raster)


def maps_network() -> SpikingNetwork:
    """Two channels of 1 × 2, λ of 1 and 4, each neuron driven by its own number."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (2, 1, 2), amplitude=2.0)
    weight = np.eye(2)[:, :, None, None]
    m.add(ir.Conv, "conv", (2, 1, 2), "image", weight=weight, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1))
    scale = np.array([1.0, 4.0])
    m.add(ir.Neuron, "n1", (2, 1, 2), "conv", threshold=np.asarray(1.0), source="a", source_scale=scale)
    m.add(ir.Flatten, "flat", (4,), "n1")
    m.add(ir.Readout, "readout", (4,), "flat", mode=ir.ReadoutMode.CURRENT)
    return m.network()


def test_maps_by_hand() -> None:
    """The channel with the larger mean of a; without a model, of the rate. Of the first two images."""
    a = np.array([[[[0.5, 1.5]], [[1.0, 2.0]]]] * 3)
    entered = a / np.array([1.0, 4.0])[:, None, None]
    given = target({"a": a}, a, [0] * 3)
    given = replace(given, images=entered.astype(np.float32))
    found = look(maps_network(), [given], 4)
    shown = [(each.image, each.layer, each.channel, each.rate, each.activation) for each in found.maps]
    # 0.25 fires once in 4 steps, 0.5 twice; a/λ is 0.25 and 0.5
    assert shown == [(image, "n1", 1, ((0.25, 0.5),), ((0.25, 0.5),)) for image in (0, 1)]
    plain = look(maps_network(), [replace(given, activations={})], 4, with_model=False)
    assert [(each.channel, each.rate, each.activation) for each in plain.maps] == [(0, ((0.5, 1.0),), None)] * 2


def test_spikes_that_carry_something_else_are_not_compared() -> None:
    network = chain([{"source": "a"}, {"source": "a", "spike_value": np.asarray(0.5)}])
    found = look(network, [target({"a": np.ones((1, 4))}, np.ones((1, 4)))], 2)
    assert found.layers[0].errors is not None
    assert found.layers[0].errors.error == 0
    assert (found.layers[1].errors, found.layers[1].density, found.growth) == (None, None, None)
    assert found.layers[1].mean_rate == 1.0


def test_what_cannot_be_observed() -> None:
    network = chain([{"source": "a"}])
    with pytest.raises(DataError, match="no images were given to observe"):
        look(network, [], 2)
    with pytest.raises(ModelError, match=r"the ONNX model's value a is not finite, .*, or simulate with --observe 0"):
        look(network, [target({"a": np.full((1, 4), np.inf)}, np.ones((1, 4)))], 2)


def test_a_raster_ends_before_it_grows_with_time() -> None:
    found = look(chain([{}]), [target({}, np.ones((1, 4)))], RASTER_STEPS + 9, with_model=False)
    assert found.raster.rows[0].steps == tuple(range(1, RASTER_STEPS + 1))


@pytest.fixture(scope="module")
def converted(tiny_resnet, tiny_images, tmp_path_factory) -> SpikingNetwork:
    folder: Path = tmp_path_factory.mktemp("observed")
    np.save(folder / "x.npy", tiny_images)
    snnconv.calibrate(tiny_resnet, folder / "x.npy", folder / "x.calib")
    options = snnconv.ConversionOptions.model_validate({"compensation": "none"})
    snnconv.convert(tiny_resnet, folder / "x.calib", folder / "n.snn", options, verify=False)
    return snnconv.ir.file.load(folder / "n.snn")


@pytest.mark.parametrize("encoding", [ir.Encoding.CONSTANT, ir.Encoding.POISSON])
def test_laws(encoding, converted, tiny_resnet, tiny_images) -> None:
    steps, images = 30, tiny_images[:7]
    network = replace(converted, encoding=encoding)
    held = list(targets(reference_model(network, tiny_resnet, threads=1), [images]))
    found = look(network, held, steps)
    neurons = joined(activity(network, images, steps, backend=NumpyBackend(seed=3)))
    errors = propagation_errors(network, held, steps, backend=NumpyBackend(seed=3))
    np.testing.assert_array_equal(found.decisions, neurons.predictions)
    # the errors are those of a diagnosis of the same images, to the bit
    assert tuple(layer.errors for layer in found.layers) == errors.layers
    fitted = growth(errors)
    assert fitted is not None
    assert found.growth is not None
    assert (found.growth.p, found.growth.q) == (fitted.p, fitted.q)
    for layer in found.layers:
        counts = neurons.counts[layer.name]
        assert sum(layer.rates) == counts.size
        assert layer.density is not None
        assert sum(n for _, _, n in layer.density) == counts.size
        assert layer.never_fired == (counts == 0).sum() <= layer.rates[0]
        assert layer.mean_rate == pytest.approx(counts.mean() / steps, rel=1e-12)
        assert layer.silent_neurons == (~counts.any(axis=0)).mean()
        assert layer.errors is not None
        assert layer.mean_rate == pytest.approx(layer.errors.mean_rate, rel=1e-12)
        assert layer.highest_rate == layer.errors.highest_rate
        assert layer.membrane_updates is not None
        assert counts[0].size <= layer.membrane_updates <= counts[0].size * steps
        # rates and activations go together
        assert max(rate for _, rate, _ in layer.density) > DENSITY_BINS // 3
    # the first image alone, one step at a time
    assert found.neurobench == neurobench(network, images[:1], steps, NumpyBackend(1, 1, seed=3))
    for row in found.raster.rows:
        assert len(row.steps) == neurons.counts[row.layer][(0, *row.neuron)]
        assert list(row.steps) == sorted(set(row.steps))
    assert {row.layer for row in found.raster.rows} == {node.name for node in network.neurons}
    spatial = [node for node in network.neurons if len(node.shape) == 3 and node.shape[1:] != (1, 1)]
    assert 2 < len(spatial) <= MAP_LAYERS < len(network.neurons)
    shown = [(image, node.name) for image in (0, 1) for node in spatial]
    assert [(each.image, each.layer) for each in found.maps] == shown
    for each in found.maps:
        rate = neurons.counts[each.layer][each.image, each.channel] / steps
        np.testing.assert_array_equal(np.array(each.rate), rate.round(4))
        node = next(node for node in spatial if node.name == each.layer)
        values = held[0].activations[node.source or ""][each.image].astype(np.float64)
        assert values.mean(axis=(1, 2)).argmax() == each.channel
        wanted = values[each.channel] / network.tensor(node.source_scale, 1.0).ravel()[0]
        np.testing.assert_array_equal(np.array(each.activation), wanted.round(4))


def test_how_the_work_is_cut_changes_nothing(converted, tiny_resnet, tiny_images) -> None:
    held = list(targets(reference_model(converted, tiny_resnet, threads=1), [tiny_images[:4], tiny_images[4:9]]))
    expected = look(converted, held, 20, backend=NumpyBackend(1, 3))
    for name, batch, threads, together in (
        (BackendName.NUMPY, 5, 1, None),
        (BackendName.AUTO, 4, 2, 2),
        (BackendName.AUTO, 16, 3, None),
    ):
        found = look(converted, held, 20, backend=choose(name, converted, batch), threads=threads, together=together)
        np.testing.assert_array_equal(found.decisions, expected.decisions)
        assert replace(found, decisions=expected.decisions) == expected
