"""One suite for every backend: the spikes, sums and counts of a slow simulator, whatever the batch and the chunk."""

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from snnconv.errors import DataError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.isa import instruction_sets, is_built


def _backends() -> list[Any]:
    """NumPy, and the event-driven kernel with every instruction set that this machine has."""
    made: list[Any] = [pytest.param(NumpyBackend, id="numpy")]
    if is_built():
        from snnconv.runtime.backends.event_backend import EventBackend

        made += [
            pytest.param(functools.partial(EventBackend, isa=name), id=f"event-{name}") for name in instruction_sets()
        ]
    return made


BACKENDS = _backends()
STEPS = 12


def images_for(network: SpikingNetwork, count: int, seed: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 2, (count, *network.input.shape)).astype(np.float32)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("readout", list(ir.ReadoutMode))
@pytest.mark.parametrize("seed", range(6))
def test_equals_the_slow_simulator_exactly(backend, readout, seed, random_network, slow_simulate) -> None:
    network = random_network(seed, readout)
    images = images_for(network, 2, seed)
    expected = slow_simulate(network, images, STEPS)
    found = backend(None, None).simulate(network, images, STEPS)
    # counts are whole numbers and currents lie on a grid: equality is exact, no tolerance
    for row, neuron in enumerate(network.neurons):
        counts = expected.spikes[neuron.name].reshape(STEPS, 2, -1).sum(axis=2)
        np.testing.assert_array_equal(found.spikes[row], counts)
    for row, node in enumerate(network.weighted):
        np.testing.assert_array_equal(found.synops[row], expected.synops[node.name])
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert found.spikes.sum() > 0
    assert found.synops.sum() > 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("seed", [3, 4])
def test_batch_and_chunk_change_nothing(backend, seed, random_network) -> None:
    network = random_network(seed)
    images = images_for(network, 7, seed)
    expected = backend(1, 1).simulate(network, images, STEPS)
    for batch, chunk in ((7, 1), (3, 5), (2, 12), (64, 7)):
        found = backend(batch, chunk).simulate(network, images, STEPS)
        np.testing.assert_array_equal(found.spikes, expected.spikes)
        np.testing.assert_array_equal(found.synops, expected.synops)
        np.testing.assert_array_equal(found.scores, expected.scores)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_image_does_not_depend_on_its_neighbours(backend, random_network) -> None:
    network = random_network(1)
    images = images_for(network, 5, 1)
    together = backend(5, 4).simulate(network, images, STEPS)
    alone = backend(1, 4).simulate(network, images[3:4], STEPS)
    np.testing.assert_array_equal(together.scores[:, 3], alone.scores[:, 0])
    np.testing.assert_array_equal(together.spikes[..., 3], alone.spikes[..., 0])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("encoding", [ir.Encoding.CONSTANT, ir.Encoding.POISSON])
@pytest.mark.parametrize("backend", BACKENDS)
def test_images_that_are_not_finite_are_refused(backend, encoding, value, random_network) -> None:
    network = replace(random_network(1), encoding=encoding)
    images = images_for(network, 4, 1)
    images[2].flat[-1] = value
    with pytest.raises(DataError, match="1 of 4 images hold NaN or infinity; mend them"):
        backend(4, 4).simulate(network, images, STEPS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_forgets_the_images_before(backend, random_network) -> None:
    network = random_network(2)
    images = images_for(network, 4, 2)
    worker = backend(2, 5)
    first = worker.simulate(network, images[:2], STEPS)
    worker.simulate(network, images[2:], STEPS)
    again = worker.simulate(network, images[:2], STEPS)
    np.testing.assert_array_equal(first.scores, again.scores)
