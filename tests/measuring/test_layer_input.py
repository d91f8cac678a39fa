"""What a layer adds up in each step: it explains its membranes exactly, and does not depend on how the work is cut."""

import importlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.activity import activity
from snnconv.measuring.layer_input import largest_input, layer_input, without_spikes
from snnconv.runtime.backends import BackendName, choose
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.runtime.test_backends import BACKENDS, images_for
from tests.runtime.wirings import WIRINGS

for _part in ("junctions", "neurons", "pools", "synapses"):
    importlib.import_module(f"tests.runtime.wirings_{_part}")

Array = np.ndarray[Any, Any]

STEPS = 23
FIRST = 5


def inputs(network: SpikingNetwork, layer: str, images: Array, backend: Any, first: int = 0) -> Array:
    """Join the chunks to (T, N, ...) float64; they must come image by image, step by step, without gaps."""
    batches: dict[int, list[Array]] = {}
    for image, step, current in layer_input(network, layer, images, STEPS, backend=backend, first=first):
        done = batches.setdefault(image, [])
        assert step == sum(len(chunk) for chunk in done)
        assert image == list(batches)[-1]
        done.append(current.astype(np.float64))
    return np.concatenate([np.concatenate(chunks) for chunks in batches.values()], axis=1)


def channels_last(value: Array, node: ir.Node) -> Array:
    return np.moveaxis(np.broadcast_to(np.asarray(value, np.float64), node.shape), 0, -1)


def assert_explains_membranes(network: SpikingNetwork, backend: Any, exact: bool = True) -> None:
    """Compare Σ_t I(t) with V(T) − V(0) + θ N(T) for each layer that subtracts its threshold and does not leak."""
    images = images_for(network, 3, 2)
    (found,) = activity(network, images, STEPS, backend=NumpyBackend(3, 7), first=FIRST)
    checked = 0
    for node in network.neurons:
        if node.rule.reset is not ir.Reset.SUBTRACT or node.rule.LEAKY:
            continue
        summed = inputs(network, node.name, images, backend, FIRST).sum(axis=0)
        threshold = channels_last(network.tensor(node.threshold, 1.0), node)
        start = channels_last(network.tensor(node.initial_potential, 0.0), node)
        counts, left = (np.moveaxis(each[node.name], 1, -1) for each in (found.counts, found.membranes))
        if exact:
            np.testing.assert_array_equal(summed, left - start + threshold * counts)
        else:
            np.testing.assert_allclose(summed, left - start + threshold * counts, rtol=0, atol=1e-12)
        checked += 1
    assert checked


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("encoding", [ir.Encoding.CONSTANT, ir.Encoding.POISSON])
@pytest.mark.parametrize("seed", range(3))
def test_the_input_explains_the_membranes_exactly(backend, encoding, seed, random_network) -> None:
    """V(T) = V(0) + Σ I(t) − θ N(T): currents lie on a grid, so there is no tolerance."""
    network = replace(random_network(seed, ir.ReadoutMode.SPIKES), encoding=encoding)
    assert_explains_membranes(network, backend(2, 5))


OFF_THE_GRID = ("threshold_off_the_grid", "start_off_the_grid")
SILENT = "spikes_that_carry_nothing_in_some_channels"  # activity counts what a neuron gives, not how often it fired


@pytest.mark.parametrize("name", [name for name, wiring in WIRINGS.items() if wiring.exact and name != SILENT])
def test_over_every_wiring(name) -> None:
    """Layers behind pools, slices, sums of spikes, several currents, on the fastest backend that is there."""
    network = WIRINGS[name].network()
    if not any(node.rule.reset is ir.Reset.SUBTRACT and not node.rule.LEAKY for node in network.neurons):
        pytest.skip("no layer of this kind")
    # a threshold or start off the grid leaves float64's rounding on the membrane, of 2^-52 a step
    assert_explains_membranes(network, choose(BackendName.AUTO, network, 2, 16), exact=name not in OFF_THE_GRID)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("encoding", [ir.Encoding.CONSTANT, ir.Encoding.POISSON])
def test_batch_chunk_and_backend_change_nothing(backend, encoding, random_network) -> None:
    network = replace(random_network(1), encoding=encoding)
    images = images_for(network, 7, 1)
    for node in network.neurons:
        expected = inputs(network, node.name, images, NumpyBackend(1, 1), FIRST)
        assert expected.shape == (STEPS, 7, *np.roll(node.shape, -1))
        assert (expected[0] != expected[-1]).any() or node is network.neurons[0]
        for batch, chunk in ((7, STEPS), (3, 5), (2, 64)):
            np.testing.assert_array_equal(inputs(network, node.name, images, backend(batch, chunk), FIRST), expected)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("encoding", [ir.Encoding.CONSTANT, ir.Encoding.POISSON])
def test_the_largest_is_the_maximum_of_all(backend, encoding, random_network) -> None:
    """Over 37 images, which is more than a piece of work: the position of each counts for its Poisson train."""
    network = replace(random_network(2), encoding=encoding)
    images = images_for(network, 37, 3)
    for node in network.neurons:
        expected = inputs(network, node.name, images, NumpyBackend(37, STEPS)).max()
        told: list[int] = []
        for threads in (1, 3):
            found = largest_input(
                network, node.name, images, STEPS, backend=backend(5, 4), threads=threads, progress=told.append
            )
            assert found == expected
        assert told == [16, 32, 37] * 2


def test_a_layer_that_is_only_inhibited_has_a_negative_largest_input(maker) -> None:
    maker.add(ir.Input, "image", (2, 1, 1), amplitude=1.0)
    maker.add(ir.Flatten, "flat", (2,), "image")
    maker.add(ir.Dense, "dense", (2,), "flat", weight=np.diag([-1.0, -0.25]))
    maker.add(ir.Neuron, "n", (2,), "dense", threshold=np.asarray(1.0))
    maker.add(ir.Readout, "readout", (2,), "n", mode=ir.ReadoutMode.SPIKES)
    images = np.ones((1, 2, 1, 1), dtype=np.float32)
    assert largest_input(maker.network(), "n", images, 3, backend=NumpyBackend()) == -0.25


def test_without_spikes_the_biases_stay(random_network) -> None:
    network = random_network(0)
    images = images_for(network, 2, 0)
    for node in network.neurons:
        sources = [network.by_name[edge.source] for edge in network.incoming[node.name]]
        silent = without_spikes(network, {source.name for source in sources})
        found = inputs(silent, node.name, images, NumpyBackend(2, 4))
        biases = [network.tensor(getattr(s, "bias", None) or getattr(s, "offset", None), 0.0) for s in sources]
        expected = sum(channels_last(bias, node) for bias in biases)
        np.testing.assert_array_equal(found, np.broadcast_to(expected, found.shape))
        assert (inputs(network, node.name, images, NumpyBackend(2, 4)) != found).any()
