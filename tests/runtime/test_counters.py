"""Spikes and synaptic operations of a chunk of numbers, whatever spikes carry and however many are added up."""

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.runtime.counters import SpikeCounter, SynOpCounter

STEPS, IMAGES = 3, 2


def fired(*shape: int) -> np.ndarray:
    """Spikes of 0 and 1, (K, N, ...), another count in every step and image."""
    return (np.random.default_rng(0).uniform(size=(STEPS, IMAGES, *shape)) < 0.4).astype(np.float32)


@pytest.mark.parametrize(
    "value", [None, 1.0, 2.0, 3.0, [1.0, 2.0], [1.0, 3.0, 0.5, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 4.0]]
)
def test_a_spike_counts_once_whatever_it_carries(value, maker) -> None:
    values = None if value is None else np.asarray(value)
    size = 5 if values is None or values.ndim == 0 else len(values)
    maker.add(ir.Input, "image", (size,), amplitude=1.0)
    carried = {} if values is None else {"spike_value": values}
    maker.add(ir.Neuron, "n1", (size,), "image", threshold=np.asarray(1.0), **carried)
    maker.add(ir.Readout, "readout", (size,), "n1", mode=ir.ReadoutMode.SPIKES)
    network = maker.network()
    spikes = fired(size)
    found = SpikeCounter(network, network.neurons[0]).count(spikes * (1 if values is None else np.float32(values)))
    expected = [[int(image.sum()) for image in step] for step in spikes]
    assert found.dtype == np.int64
    assert found.tolist() == expected
    assert len(np.unique(found)) > 1


@pytest.mark.parametrize("inputs", [1, 7, 2**16, 2**18 + 1])
def test_operations_of_any_number_of_inputs_are_spikes_by_value_times_outputs(inputs, maker) -> None:
    """Spikes of up to 255: of 2^16 the sum is a float32, of 2^18 it is not."""
    maker.add(ir.Input, "image", (inputs,), amplitude=1.0)
    maker.add(ir.Neuron, "n1", (inputs,), "image", threshold=np.asarray(1.0))
    maker.add(ir.Dense, "logits", (3,), "n1", weight=np.zeros((3, inputs)))
    maker.add(ir.Readout, "readout", (3,), "logits", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    spikes = np.random.default_rng(inputs).integers(200, 256, (STEPS, IMAGES, inputs)).astype(np.float32)
    found = SynOpCounter(network, network.by_name["logits"]).count(spikes)
    expected = 3 * spikes.astype(np.int64).sum(axis=2)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)
