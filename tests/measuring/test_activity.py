"""What each neuron did: counts and membranes, for both backends."""

import importlib
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.measuring.activity import Activity, activity
from snnconv.product import product
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.bit_counts import bit_counts
from snnconv.runtime.event.isa import is_built
from tests.runtime.test_backends import BACKENDS, images_for
from tests.runtime.wirings import WIRINGS

for _part in ("junctions", "neurons", "pools", "synapses"):
    importlib.import_module(f"tests.runtime.wirings_{_part}")

Array = np.ndarray[Any, Any]

STEPS = 12


def joined(found: Any) -> Activity:
    """Join batches; they must come in order and without gaps."""
    batches = list(found)
    for before, after in pairwise(batches):
        assert after.first == before.first + len(before.predictions)
    return Activity(
        batches[0].first,
        {name: np.concatenate([b.counts[name] for b in batches]) for name in batches[0].counts},
        {name: np.concatenate([b.sums[name] for b in batches]) for name in batches[0].sums},
        batches[0].spans,
        {name: np.concatenate([b.membranes[name] for b in batches]) for name in batches[0].membranes},
        np.concatenate([b.scores for b in batches]),
        np.concatenate([b.predictions for b in batches]),
    )


def assert_same(found: Activity, expected: Activity) -> None:
    """Compare to the bit."""
    assert found.first == expected.first
    assert found.counts.keys() == expected.counts.keys() == found.membranes.keys()
    for name in expected.counts:
        assert found.counts[name].dtype == np.int32
        assert found.membranes[name].dtype == np.float64
        np.testing.assert_array_equal(found.counts[name], expected.counts[name])
        np.testing.assert_array_equal(found.membranes[name], expected.membranes[name])
    np.testing.assert_array_equal(found.scores, expected.scores)
    np.testing.assert_array_equal(found.predictions, expected.predictions)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("readout", list(ir.ReadoutMode))
def test_counts_are_the_spikes_of_the_slow_simulator(backend, readout, random_network, slow_simulate) -> None:
    network = random_network(0, readout)
    images = images_for(network, 3, 0)
    expected = slow_simulate(network, images, STEPS)
    made = backend(2, 5)
    found = joined(activity(network, images, STEPS, backend=made))
    assert list(found.counts) == [node.name for node in network.neurons]
    for node in network.neurons:
        assert found.counts[node.name].shape == found.membranes[node.name].shape == (3, *node.shape)
        np.testing.assert_array_equal(found.counts[node.name], expected.spikes[node.name].sum(axis=0))
    recording = made.simulate(network, images, STEPS)
    np.testing.assert_array_equal(found.scores, recording.scores[-1])
    np.testing.assert_array_equal(found.predictions, recording.ranking()[-1, :, 0])
    assert sum(counts.sum() for counts in found.counts.values()) > 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_batch_chunk_and_threads_change_nothing(backend, random_network) -> None:
    network = random_network(1)
    images = images_for(network, 7, 1)
    expected = joined(activity(network, images, STEPS, backend=NumpyBackend(1, 1), first=40))
    for batch, chunk, threads in ((7, 12, 1), (3, 5, 1), (2, 1, 3), (3, 7, 2), (64, 64, 2)):
        found = joined(activity(network, images, STEPS, backend=backend(batch, chunk), threads=threads, first=40))
        assert_same(found, expected)


def test_it_comes_batch_by_batch(random_network) -> None:
    network = random_network(2)
    for threads in (1, 2):
        found = activity(network, images_for(network, 5, 2), 3, backend=NumpyBackend(2, 3), threads=threads, first=10)
        assert [(each.first, len(each.predictions)) for each in found] == [(10, 2), (12, 2), (14, 1)]


def test_a_consumer_may_keep_what_it_got(random_network) -> None:
    """Later batches write to other arrays."""
    network = random_network(3)
    images = images_for(network, 4, 3)
    kept = list(activity(network, images, STEPS, backend=NumpyBackend(1, 4)))
    alone = next(activity(network, images[:1], STEPS, backend=NumpyBackend(1, 4)))
    assert_same(kept[0], alone)
    assert any((kept[0].membranes[name] != kept[1].membranes[name]).any() for name in alone.membranes)


@pytest.mark.skipif(not is_built(), reason="the kernel was not built")
@pytest.mark.parametrize("name", [name for name, wiring in WIRINGS.items() if wiring.exact])
def test_the_kernel_gives_the_counts_and_membranes_of_numpy(name) -> None:
    """Over every wiring: spikes that carry other values, one axis, leaks, poolings, layers left to NumPy."""
    from snnconv.runtime.backends.event_backend import EventBackend

    network = WIRINGS[name].network()
    images = images_for(network, 3, 5)
    expected = joined(activity(network, images, 20, backend=NumpyBackend(2, 7)))
    assert_same(joined(activity(network, images, 20, backend=EventBackend(2, 16))), expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_membrane_holds_what_was_not_fired(backend, maker) -> None:
    """V(T) = V(0) + Σ input − θ N(T), exactly: all numbers are multiples of powers of two."""
    rng = np.random.default_rng(0)
    weights = [rng.integers(-8, 12, shape) / 8 for shape in ((5, 3), (4, 5))]
    biases = [rng.integers(-4, 8, size) / 16 for size in (5, 4)]
    thresholds = [np.array([0.5, 1.0, 2.0, 1.0, 0.5]), np.asarray(1.0)]
    starts = [np.asarray(0.25), np.array([0.0, 0.5, 0.75, 0.25])]
    maker.add(ir.Input, "image", (3, 1, 1), amplitude=2.0)
    source = maker.add(ir.Flatten, "flat", (3,), "image")
    for i in range(2):
        size = (len(biases[i]),)
        dense = maker.add(ir.Dense, f"dense{i}", size, source, weight=weights[i], bias=biases[i])
        neuron = {"threshold": thresholds[i], "initial_potential": starts[i]}
        source = maker.add(ir.Neuron, f"n{i}", size, dense, **neuron)
    maker.add(ir.Readout, "readout", (4,), source, mode=ir.ReadoutMode.SPIKES)
    network = maker.network()
    images = (rng.integers(-4, 8, (6, 3, 1, 1)) / 4).astype(np.float32)
    steps = 37
    found = joined(activity(network, images, steps, backend=backend(4, 10)))
    summed = [steps * (product(images.reshape(6, 3).astype(np.float64), weights[0].T) + biases[0])]
    summed.append(product(found.counts["n0"], weights[1].T) + steps * biases[1])
    for i in range(2):
        expected = starts[i] + summed[i] - thresholds[i] * found.counts[f"n{i}"]
        np.testing.assert_array_equal(found.membranes[f"n{i}"], expected)
        assert found.counts[f"n{i}"].any()
        assert found.membranes[f"n{i}"].any()


@pytest.mark.parametrize("planes", [1, 2, 3, 4, 63, 64, 255, 256, 300])
def test_bits_are_counted_one_by_one(planes) -> None:
    rng = np.random.default_rng(planes)
    words = rng.integers(0, 1 << 16, (planes, 3, 2, 2), dtype=np.uint16)
    words[:, 0, 0] = 0xFFFF  # the largest count too
    bits = (words[..., None] >> np.arange(16)) & 1
    found = bit_counts(words, 21)
    np.testing.assert_array_equal(found, bits.sum(axis=0).reshape(3, 2, 32)[..., :21])
    assert found.max() == planes


@pytest.mark.parametrize("backend", BACKENDS)
def test_spikes_of_a_poisson_input_belong_to_the_position_of_their_image(backend, random_network) -> None:
    network = replace(random_network(4), encoding=ir.Encoding.POISSON)
    images = images_for(network, 5, 4)
    expected = joined(activity(network, images, STEPS, backend=NumpyBackend(5, 12), first=7))
    assert_same(joined(activity(network, images, STEPS, backend=backend(2, 5), threads=2, first=7)), expected)
    behind = joined(activity(network, images[2:], STEPS, backend=backend(3, 4), first=9))
    moved = joined(activity(network, images[2:], STEPS, backend=backend(3, 4)))
    for name, counts in expected.counts.items():
        np.testing.assert_array_equal(behind.counts[name], counts[2:])
    assert any((moved.counts[name] != behind.counts[name]).any() for name in moved.counts)
