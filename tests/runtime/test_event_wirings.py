"""Every wiring gives the same in the event-driven kernel as in NumPy, and runs where the plan is expected to put it."""

import functools
import importlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.isa import instruction_sets, is_built
from snnconv.runtime.program import Program
from snnconv.runtime.recording import Recording
from tests.runtime.wirings import WIRINGS, Wiring

if is_built():
    from snnconv.runtime.backends.event_backend import EventBackend

for _part in ("neurons", "synapses", "junctions", "pools"):
    importlib.import_module(f"tests.runtime.wirings_{_part}")

pytestmark = pytest.mark.skipif(not is_built(), reason="the kernel was not built: there was no C compiler")

ISAS = instruction_sets() if is_built() else []
# 130 steps cross the borders of all of them; 100 steps are more than the kernel works through at a time
RUNS = [(isa, chunk) for isa in ISAS for chunk in ((None, 5, 100) if isa == ISAS[0] else (100,))]
ALL = pytest.mark.parametrize("wiring", WIRINGS.values(), ids=WIRINGS.keys())


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Matrices are small here: threads of BLAS would only wait for each other."""
    with threadpool_limits(1):
        yield


@functools.cache
def network_of(wiring: Wiring) -> SpikingNetwork:
    return wiring.network()


def images_for(network: SpikingNetwork, count: int = 2) -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).uniform(-1, 2, (count, *network.input.shape)).astype(np.float32)


@functools.cache
def expected_of(wiring: Wiring) -> Recording:
    network = network_of(wiring)
    return NumpyBackend().simulate(network, images_for(network), wiring.steps)


def assert_same(found: Recording, expected: Recording, how: str) -> None:
    """Whole numbers, and currents on a grid: equality is exact, no tolerance."""
    for field in ("spikes", "synops", "scores", "ties"):
        here, there = getattr(found, field), getattr(expected, field)
        assert (here is None) == (there is None)
        np.testing.assert_array_equal(here, there, err_msg=f"{field} with {how}")


@ALL
def test_the_plan_puts_nodes_where_they_are_expected(wiring) -> None:
    plan = EventBackend().plan(network_of(wiring), 64)
    assert set(plan.layers) == wiring.layers
    assert set(plan.currents) == wiring.currents
    assert plan.bits == wiring.bits
    assert set(plan.reasons) == set(wiring.numpy)
    for name, reason in wiring.numpy.items():
        assert reason in plan.reasons[name]


@ALL
def test_every_layer_is_at_work(wiring) -> None:
    """Silent layers, or neurons that spike at every step, would compare nothing."""
    expected = expected_of(wiring)
    sizes = np.array([np.prod(neuron.shape) for neuron in network_of(wiring).neurons])
    rates = expected.spikes.mean(axis=(1, 2)) / sizes
    assert (rates > 0.02).all()
    assert (rates < 0.98).all()


@ALL
def test_equals_numpy_exactly(wiring) -> None:
    network = network_of(wiring)
    for isa, chunk in RUNS:
        found = EventBackend(None, chunk if wiring.exact else 16, isa).simulate(
            network, images_for(network), wiring.steps
        )
        assert_same(found, expected_of(wiring), f"{isa}, chunks of {chunk}")


def test_membranes_pass_31_bits() -> None:
    """The wirings named so do what their names say: a membrane in units of the grid leaves int32."""
    for name, wiring in WIRINGS.items():
        if not name.startswith("membranes_beyond_31_bits"):
            continue
        network = network_of(wiring)
        program = Program(network, 2, wiring.steps)
        program.load(images_for(network))
        program.advance(wiring.steps)
        membrane = np.abs(program.membrane("n1")).max(axis=(0, 1, 2))
        assert np.ldexp(membrane, network.tensors["c1.grid"]).max() > 2**31, name


def test_threads_share_a_backend() -> None:
    wiring = WIRINGS["identity_shortcut"]
    network = network_of(wiring)
    images = images_for(network, 12)
    expected = EventBackend(2).simulate(network, images, wiring.steps)
    backend = EventBackend(2)
    barrier = threading.Barrier(2)
    found: dict[int, Recording] = {}

    def work(index: int) -> None:
        # both make the plan and their programs at the same time, and then run in the kernel without the lock
        barrier.wait()
        found[index] = backend.simulate(network, images[6 * index : 6 * index + 6], wiring.steps)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, recording in found.items():
        own = slice(6 * index, 6 * index + 6)
        np.testing.assert_array_equal(recording.scores, expected.scores[:, own])
        np.testing.assert_array_equal(recording.spikes, expected.spikes[..., own])
        np.testing.assert_array_equal(recording.synops, expected.synops[..., own])
    assert len(found) == 2
