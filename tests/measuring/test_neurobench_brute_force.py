"""NeuroBench's synaptic operations of random networks, against going through all synapses, on every backend."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.neurobench import neurobench
from snnconv.measuring.spike_inputs import on_currents
from tests.account.test_counts_brute_force import STEPS, fan_outs, small, values_of
from tests.runtime.test_backends import BACKENDS

Array = np.ndarray[Any, Any]


def brute_force(network: SpikingNetwork, images: Array) -> tuple[float, float, float]:
    """Give MACs, ACs and dense operations per image: each node, image and step for itself."""
    values = values_of(network, images)
    macs = acs = dense = 0
    for node in network.weighted:
        if isinstance(node, ir.Scale) and node.name in on_currents(network):
            continue
        every, not_zero = fan_outs(network, node)
        dense += STEPS * len(images) * int(every.sum())
        read = sum(values[edge.source] for edge in network.incoming[node.name])
        for step in range(STEPS):
            for image in range(len(images)):
                x = read[step, image]
                made = int(not_zero[x != 0].sum())
                if np.isin(x, (-1, 0, 1)).all():
                    acs += made
                else:
                    macs += made
    return macs / len(images), acs / len(images), dense / len(images)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 2**20))
def test_operations_are_counted_synapse_by_synapse(seed: int) -> None:
    network = small(seed)
    rng = np.random.default_rng(seed)
    thinned = {
        name: value * (rng.random(value.shape) > 0.3) if name.endswith((".weight", ".gain")) else value
        for name, value in network.tensors.items()
    }
    network = replace(network, tensors=thinned)
    images = rng.uniform(-1, 2, (2, *network.input.shape)).astype(np.float32)
    with threadpool_limits(1):
        expected = brute_force(network, images)
        for parameter in BACKENDS:
            found = neurobench(network, images, STEPS, parameter.values[0](2, 4)).SynapticOperations
            assert (found.Effective_MACs, found.Effective_ACs, found.Dense) == expected, parameter.id
