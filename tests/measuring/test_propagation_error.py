"""Propagation errors: by hand on four neurons, as an identity, and against plain sums on a residual network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.errors import DataError, ModelError, NetworkError, NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.activity import activity
from snnconv.measuring.propagation_error import Target, propagation_errors, reference_model, sources, targets
from snnconv.runtime.backends import BackendName, choose
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.spiking import NetworkMaker

Array = np.ndarray[Any, Any]


def chain(layers: list[dict[str, Any]], size: int = 4) -> SpikingNetwork:
    """Make layers of neurons, each reading what stands before it by the identity."""
    m = NetworkMaker()
    m.add(ir.Input, "image", (size, 1, 1), amplitude=2.0)
    source = m.add(ir.Flatten, "flat", (size,), "image")
    for i, fields in enumerate(layers, 1):
        dense = m.add(ir.Dense, f"dense{i}", (size,), source, weight=np.eye(size))
        source = m.add(ir.Neuron, f"n{i}", (size,), dense, **({"threshold": np.asarray(1.0)} | fields))
    m.add(ir.Readout, "readout", (size,), source, mode=ir.ReadoutMode.SPIKES)
    return m.network()


def target(activations: dict[str, Any], images: Any, decisions: Any = (0,)) -> Target:
    x = np.asarray(images, dtype=np.float32)
    values = {name: np.asarray(value, dtype=np.float32) for name, value in activations.items()}
    return Target(x.reshape(*x.shape, 1, 1), values, np.asarray(decisions))


def measure(network: SpikingNetwork, given: Any, steps: int) -> Any:
    return propagation_errors(network, given, steps, backend=NumpyBackend())


@pytest.mark.parametrize("scale", [np.asarray(2.0), np.full(4, 2.0)])
def test_four_neurons_by_hand(scale) -> None:
    """λ = 2, θ = 1, T = 4; a layer that stands for nothing lies between two that do.

    ::

        a      a/λ     V after each step                      N   r      E = clip(a/λ) − r   V(T)/(θT)
        0.75   0.375   0.375, 0.75, 1.125 → 0.125, 0.5        1   0.25   0.125               0.125
        2.5    1.25    1.25 → 0.25, → 0.5, → 0.75, 2 → 1      4   1      0                   0.25
        0.25   0.125   0.125, 0.25, 0.375, 0.5                0   0      0.125               0.125
        −1     −0.5    −0.5, −1, −1.5, −2                     0   0      0                   −0.5

    The layers behind pass each spike on within its step: the same N, and nothing is left on their membranes. A second
    image is black.
    """
    a = np.array([[0.75, 2.5, 0.25, -1.0], [0.0, 0.0, 0.0, 0.0]])
    stands = {"source_scale": scale}
    network = chain([{"source": "a", **stands}, {}, {"source": "b", **stands}])
    found = measure(network, [target({"a": a, "b": a}, a / 2, decisions=[1, 3])], 4)
    first, last = found.layers
    assert (first.depth, first.name, first.source, first.neurons) == (1, "n1", "a", 4)
    assert (last.depth, last.name, last.source) == (3, "n3", "b")
    assert found.left_out == ("n2",)
    assert (found.images, found.steps) == (2, 4)
    correlation = np.corrcoef([0.25, 1, 0, 0, 0, 0, 0, 0], [0.375, 1.25, 0.125, -0.5, 0, 0, 0, 0])[0, 1]
    for layer in (first, last):
        assert layer.mean_rate == 1.25 / 8
        assert layer.highest_rate == 1.0
        assert layer.mean_highest_rate == 0.5
        assert layer.error == 0.25 / 8
        assert layer.absolute_error == 0.25 / 8
        assert layer.most_active_error == 0.0
        assert layer.saturated == 1 / 8
        assert layer.silent == 1 / 8
        assert layer.correlation == pytest.approx(correlation, rel=1e-12)
    assert first.local_error == (0.125 + 0.25 + 0.125 - 0.5) / 8
    assert first.absolute_local_error == (0.125 + 0.25 + 0.125 + 0.5) / 8
    assert (last.local_error, last.absolute_local_error) == (0.0, 0.0)
    assert (found.error, found.absolute_error) == (0.25 / 8, 0.25 / 8)
    # the highest rates of the last layer are 1 and 0
    assert found.tau_max == 2.0
    # the network decides for 1, and for 0 where nothing fired
    assert found.agreement == 0.5


def test_the_most_active_neuron_is_the_first_of_equals() -> None:
    """Both fire once in two steps: rates 0.5 and 0.5, errors 0.125 and 0.25, the lower one is silent."""
    network = chain([{"source": "a"}])
    found = measure(network, [target({"a": [[0.25, 0.625, 0.75, 0.0]]}, [[0.25, 0.625, 0.75, 0.0]])], 2)
    assert found.layers[0].most_active_error == 0.125


def test_errors_may_cancel_but_their_magnitudes_do_not() -> None:
    """A membrane that begins at 0.75 fires too early: 0.25 · 2 + 0.75 = 1.25 gives a rate of 0.5."""
    network = chain([{"source": "a", "initial_potential": np.array([0.75, 0.0, 0.0, 0.0])}])
    x = [[0.25, 0.25, 0.0, 0.0]]
    layer = measure(network, [target({"a": x}, x)], 2).layers[0]
    assert (layer.error, layer.absolute_error) == (0.0, 0.5 / 4)


@pytest.mark.parametrize("steps", [1, 7, 64])
def test_one_layer_loses_what_is_left_on_its_membranes(steps) -> None:
    """clip(a/λ, 0, 1) − r = V(T)/(θT) − V(0)/(θT) for 0 ≤ a ≤ λ: Eq. 9 and 11 for a layer that a current drives."""
    rng = np.random.default_rng(0)
    threshold, start = 2.0, 0.5
    drive = rng.integers(0, 257, (5, 4)) / 256  # of θ
    network = chain([{"source": "a", "threshold": np.asarray(threshold), "initial_potential": np.asarray(start)}])
    layer = measure(network, [target({"a": drive}, threshold * drive, [0] * 5)], steps).layers[0]
    assert layer.error == pytest.approx(layer.local_error - start / (threshold * steps), abs=1e-14)
    assert layer.absolute_error > 0
    assert layer.saturated == 0


def test_what_does_not_vary_has_no_correlation() -> None:
    black = [target({"a": np.zeros((2, 4))}, np.zeros((2, 4)), [0, 0])]
    found = measure(chain([{"source": "a"}]), black, 3)
    assert found.layers[0].correlation is None
    assert found.tau_max is None


def test_what_cannot_be_measured() -> None:
    given = [target({"a": np.zeros((1, 4))}, np.zeros((1, 4)))]
    with pytest.raises(NotRunnableError, match="node n1: spikes carry something else than 1"):
        measure(chain([{"source": "a", "spike_value": np.asarray(0.5)}]), given, 2)
    with pytest.raises(NetworkError, match="no layer of neurons stands for a value"):
        measure(chain([{}]), given, 2)
    with pytest.raises(NetworkError, match="b, which neurons stand for, is not among the model's values"):
        measure(chain([{"source": "b"}]), given, 2)
    with pytest.raises(DataError, match="no images were given"):
        measure(chain([{"source": "a"}]), [], 2)
    with pytest.raises(ModelError, match="the ONNX model's value a is not finite"):
        measure(chain([{"source": "a"}]), [target({"a": np.full((1, 4), np.nan)}, np.zeros((1, 4)))], 2)


@pytest.fixture(scope="module")
def converted(tiny_resnet: Path, tiny_images: Array, tmp_path_factory: pytest.TempPathFactory) -> SpikingNetwork:
    """Give the paper's network of the tiny model: its classifier is a layer of neurons."""
    folder = tmp_path_factory.mktemp("converted")
    np.save(folder / "x.npy", tiny_images)
    snnconv.calibrate(tiny_resnet, folder / "x.npy", folder / "x.calib")
    options = snnconv.ConversionOptions.model_validate({"compensation": "none"})
    return snnconv.convert(tiny_resnet, folder / "x.calib", folder / "n.snn", options, verify=False)[0]


def test_plain_sums_over_everything_agree(converted, tiny_resnet, tiny_images, run_values) -> None:
    steps, images = 40, tiny_images[:10]
    reference = reference_model(converted, tiny_resnet, threads=1)
    found = measure(converted, targets(reference, [images[:4], images[4:]]), steps)
    (neurons,) = activity(converted, images, steps, backend=NumpyBackend(batch=10))
    values = run_values(tiny_resnet, sources(converted), images)
    assert [layer.depth for layer in found.layers] == list(range(1, len(converted.neurons) + 1))
    everything = []
    for node, layer in zip(converted.neurons, found.layers, strict=True):
        rates = neurons.counts[node.name] / steps
        scale = converted.tensor(node.source_scale, 1.0)
        wanted = values[node.source].astype(np.float64) / scale.reshape(-1, *(1,) * (len(node.shape) - 1))
        errors = np.clip(wanted, 0, 1) - rates
        everything.append(errors.ravel())
        left = neurons.membranes[node.name] / steps
        flat = rates.reshape(10, -1)
        busiest = errors.reshape(10, -1)[np.arange(10), flat.argmax(axis=1)]
        # onnxruntime is run unoptimised here, so activations differ in float32
        near = {"rel": 1e-5, "abs": 1e-6}
        assert layer.mean_rate == pytest.approx(rates.mean(), rel=1e-12)
        assert layer.highest_rate == rates.max()
        assert layer.mean_highest_rate == pytest.approx(flat.max(axis=1).mean(), rel=1e-12)
        assert layer.local_error == pytest.approx(left.mean(), rel=1e-12, abs=1e-15)
        assert layer.absolute_local_error == pytest.approx(np.abs(left).mean(), rel=1e-12)
        assert layer.error == pytest.approx(errors.mean(), **near)
        assert layer.absolute_error == pytest.approx(np.abs(errors).mean(), **near)
        assert layer.most_active_error == pytest.approx(busiest.mean(), **near)
        assert layer.correlation == pytest.approx(np.corrcoef(rates.ravel(), wanted.ravel())[0, 1], **near)
        assert 0 < layer.mean_rate < 1
    assert found.error == pytest.approx(np.concatenate(everything).mean(), **near)
    assert found.absolute_error == pytest.approx(np.abs(np.concatenate(everything)).mean(), **near)
    last = neurons.counts[converted.neurons[-1].name].max(axis=1) / steps
    assert found.tau_max == pytest.approx(1 / last.mean(), rel=1e-12)
    decisions = run_values(tiny_resnet, ["logits"], images)["logits"].argmax(axis=1)
    assert found.agreement == (neurons.predictions == decisions).mean()


def test_how_the_work_is_cut_changes_nothing(converted, tiny_resnet, tiny_images) -> None:
    """To the bit: sums are made image by image. Activations are made once and held."""
    held = list(targets(reference_model(converted, tiny_resnet, threads=1), [tiny_images[:9], tiny_images[9:13]]))
    assert [(len(each.images), each.first) for each in held] == [(9, 0), (4, 9)]
    told: list[int] = []
    expected = propagation_errors(converted, held, 20, backend=NumpyBackend(batch=1), threads=1, progress=told.append)
    assert told == list(range(1, 14))
    for name, batch, threads in ((BackendName.NUMPY, 5, 1), (BackendName.AUTO, 4, 2), (BackendName.AUTO, 16, 3)):
        backend = choose(name, converted, batch)
        assert propagation_errors(converted, held, 20, backend=backend, threads=threads) == expected


def test_errors_fall_with_time(converted, tiny_resnet, tiny_images) -> None:
    """Rates tend to clip(a/λ, 0, 1) but for what the clip of the layers before takes away."""
    held = list(targets(reference_model(converted, tiny_resnet), [tiny_images[:8]]))
    errors = [measure(converted, held, steps).absolute_error for steps in (16, 64, 256)]
    assert errors[1] < errors[0] / 2
    assert errors[2] < errors[1] / 2


def test_a_wrong_scale_shows(converted, tiny_resnet, tiny_images) -> None:
    held = list(targets(reference_model(converted, tiny_resnet), [tiny_images[:8]]))
    node = converted.neurons[2]
    wrong = {**converted.tensors, node.source_scale: 1.2 * converted.tensors[node.source_scale]}
    right, other = (
        measure(network, held, 200).layers[2].model_dump() for network in (converted, replace(converted, tensors=wrong))
    )
    assert other["mean_rate"] == right["mean_rate"]
    assert other["absolute_error"] > 2 * right["absolute_error"]
