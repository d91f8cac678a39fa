"""One image step by step, for every backend."""

from typing import Any

import numpy as np
import pytest

from snnconv.measuring.activity import activity
from snnconv.measuring.observing.step_by_step import step_by_step
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.measuring.test_activity import joined
from tests.measuring.test_propagation_error import chain
from tests.runtime.test_backends import BACKENDS, images_for

STEPS = 12


def all_places(network: Any) -> dict[str, tuple[tuple[int, ...], ...]]:
    return {node.name: tuple(np.ndindex(*node.shape)) for node in network.neurons}


@pytest.mark.parametrize("backend", BACKENDS)
def test_four_neurons_by_hand(backend) -> None:
    """θ = 1, T = 4: the second layer passes each spike on within its step.

    ::

        I       V after each step                      fires in      V of the second layer
        0.375   0.375, 0.75, 1.125 → 0.125, 0.5        3             0 throughout
        1       1 → 0 throughout                       1, 2, 3, 4    0 throughout
        0       0                                      –             0
        −0.5    −0.5, −1, −1.5, −2                     –             0

    The first step counts as a change for all; then 3 changes of the first neuron and of the last one.
    """
    network = chain([{}, {}])
    image = np.array([0.375, 1.0, 0.0, -0.5], dtype=np.float32).reshape(1, 4, 1, 1)
    told: list[int] = []
    fired, counted = step_by_step(
        network, image, 4, all_places(network), backend=backend(1, 1), shown=9, progress=told.append
    )
    for name in ("n1", "n2"):
        assert [fired[name, (i,)] for i in range(4)] == [[3], [1, 2, 3, 4], [], []]
    assert counted.updates == {"n1": 4 + 3 + 3, "n2": 4}
    assert told == [1, 2, 3, 4]


@pytest.mark.parametrize("backend", BACKENDS)
def test_spikes_and_changes_are_those_of_the_slow_way(backend, random_network, slow_simulate) -> None:
    """Every neuron of a network with spatial maps; the membranes after T steps are those of a run over T steps."""
    network = random_network(1)
    images = images_for(network, 2, 1)
    expected = slow_simulate(network, images, STEPS)
    fired, counted = step_by_step(
        network, images[:1], STEPS, all_places(network), backend=backend(1, 1), shown=STEPS, first=0
    )
    for node in network.neurons:
        trains = np.zeros((STEPS, *node.shape), dtype=int)
        for place in np.ndindex(*node.shape):
            for step in fired[node.name, place]:
                trains[(step - 1, *place)] += 1
        np.testing.assert_array_equal(trains, expected.spikes[node.name][:, 0] != 0)
        after = [
            joined(activity(network, images[:1], steps, backend=NumpyBackend(1, 5))).membranes[node.name]
            for steps in range(1, STEPS + 1)
        ]
        changes = sum(int((a != b).sum()) for a, b in zip(after[1:], after, strict=False))
        assert counted.updates is not None
        assert counted.updates[node.name] == after[0].size + changes
        assert after[0].size < counted.updates[node.name] <= STEPS * after[0].size


def test_spikes_are_kept_up_to_a_step() -> None:
    network = chain([{}])
    image = np.ones((1, 4, 1, 1), dtype=np.float32)
    fired, counted = step_by_step(network, image, 9, {"n1": ((2,),)}, backend=NumpyBackend(1, 1), shown=5)
    assert fired == {("n1", (2,)): [1, 2, 3, 4, 5]}
    assert counted.updates == {"n1": 4}
