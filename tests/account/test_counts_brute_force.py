"""Synaptic operations of random networks, against going through all synapses one by one, on every backend."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from snnconv.account.counts import nonzero_fan_out
from snnconv.account.weighted_nodes import connections
from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.supported import problems
from snnconv.runtime.watch import Watch
from tests.fuzz.backends import carries_whole_numbers
from tests.fuzz.random_wirings import RandomWiring
from tests.runtime.test_backends import BACKENDS

Array = np.ndarray[Any, Any]
STEPS = 9
LARGEST = 8_000
"""Synapses of a network, so that going through them in Python is fast."""


def drawn(seed: int) -> SpikingNetwork | None:
    """Draw a network; every third one reads Poisson spikes, where it can."""
    try:
        network = RandomWiring(np.random.default_rng([11, seed])).build()
    except NetworkError:
        return None
    spiking = replace(network, encoding=ir.Encoding.POISSON)
    network = spiking if seed % 3 == 0 and not problems(spiking) else network
    values = [network.tensor(neuron.spike_value, 1.0) for neuron in network.neurons]
    positive = all((value >= 0).all() for value in values)
    return network if positive and carries_whole_numbers(network) else None


def small(seed: int) -> SpikingNetwork:
    """Draw from this seed on until a network is small enough to be gone through in Python."""
    for number in itertools.count(seed):
        network = drawn(number)
        if network is not None and sum(connection.macs_padded for connection in connections(network)) < LARGEST:
            return network
    raise AssertionError


def synapses(network: SpikingNetwork, node: ir.Weighted) -> Iterator[tuple[tuple[int, ...], float]]:
    """Give every synapse of a node: the place of its input, channels first, and its weight."""
    shape = network.by_name[network.incoming[node.name][0].source].shape
    if isinstance(node, ir.Scale):
        gain = np.broadcast_to(network.tensors[node.gain], node.shape)
        for place in np.ndindex(node.shape):
            yield place, gain[place]
        return
    weight = network.tensors[node.weight]
    if isinstance(node, ir.Dense):
        for _, source in np.ndindex(weight.shape):
            yield (source,), weight[_, source]
        return
    outputs, inputs = node.shape[0] // node.groups, shape[0] // node.groups
    axes = range(len(shape) - 1)
    for window in np.ndindex(node.shape[1:]):
        for tap in np.ndindex(weight.shape[2:]):
            place = [window[a] * node.strides[a] + tap[a] * node.dilations[a] - node.pads[a] for a in axes]
            if not all(0 <= place[a] < shape[1 + a] for a in axes):
                continue
            for out in range(node.shape[0]):
                for channel in range(inputs):
                    yield (out // outputs * inputs + channel, *place), weight[(out, channel, *tap)]


def fan_outs(network: SpikingNetwork, node: ir.Weighted) -> tuple[Array, Array]:
    """Give the synapses at each input, and those of them whose weight is not 0, by going through all of them."""
    shape = network.by_name[network.incoming[node.name][0].source].shape
    every, not_zero = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for place, weight in synapses(network, node):
        every[place] += 1
        not_zero[place] += bool(weight)
    return every, not_zero


def brute_force(network: SpikingNetwork, images: Array, found: dict[str, Array]) -> Array:
    """Count (weighted nodes, T, N) from what the nodes gave at each step."""
    kinds = network.flows
    counts = np.zeros((len(network.weighted), STEPS, len(images)), dtype=np.int64)
    for row, node in enumerate(network.weighted):
        edges = network.incoming[node.name]
        if any(kinds[edge.source].kind is Kind.CURRENT for edge in edges):
            continue
        every, _ = fan_outs(network, node)
        for edge in edges:
            spikes = np.abs(found[edge.source])  # (T, N, C, H, W)
            counts[row] += (spikes * every).reshape(*spikes.shape[:2], -1).sum(axis=2).astype(np.int64)
    return counts


def values_of(network: SpikingNetwork, images: Array) -> dict[str, Array]:
    """Give what every node that changes gave at each step, (T, N, C, H, W)."""
    steps: dict[str, list[Array]] = {}
    names = frozenset(node.name for node in network.nodes if node is not network.readout)
    for chunk in NumpyBackend(len(images), 1).run(network, images, STEPS, watch=Watch(values=names)):
        for name in names:
            steps.setdefault(name, []).append(np.moveaxis(chunk.seen.value(name)[0], -1, 1).astype(np.float64))
    return {name: np.stack(values) for name, values in steps.items()}


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 2**20))
@example(0)
@example(3)
def test_synaptic_operations_are_counted_synapse_by_synapse(seed: int) -> None:
    network = small(seed)
    images = np.random.default_rng(seed).uniform(-1, 2, (2, *network.input.shape)).astype(np.float32)
    with threadpool_limits(1):
        expected = brute_force(network, images, values_of(network, images))
        for parameter in BACKENDS:
            backend = parameter.values[0]
            found = backend(None, None).simulate(network, images, STEPS)
            np.testing.assert_array_equal(found.synops, expected, err_msg=parameter.id)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 2**20))
def test_dense_counts_and_weights_of_zero_are_counted_synapse_by_synapse(seed: int) -> None:
    network = small(seed)
    rng = np.random.default_rng(seed)
    thinned = {
        name: value * (rng.random(value.shape) > 0.4) if name.endswith((".weight", ".gain")) else value
        for name, value in network.tensors.items()
    }
    network = replace(network, tensors=thinned)
    for node, connection in zip(network.weighted, connections(network), strict=True):
        every, not_zero = fan_outs(network, node)
        assert connection.macs == every.sum()
        np.testing.assert_array_equal(nonzero_fan_out(network, node), np.moveaxis(not_zero, 0, -1))
