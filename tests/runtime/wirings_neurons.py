"""Wirings about what neurons do: leak, reset, thresholds, what a spike carries, size of membranes, readouts."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.runtime.wirings import Net, wiring, with_tensors

NOT_WHOLE = "do not all carry one whole number"


@wiring()
def lif_leak_per_channel(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(17), 18)
    return m.finish(m.neurons("n1", source, leak=m.rng.uniform(0.3, 1.0, (18, 1, 1))))


@wiring()
def lif_one_leak(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n1", m.conv("c1", m.start(), 7), leak=np.asarray(0.9)))


@wiring()
def lif_leak_per_place_with_constant_currents(m: Net) -> SpikingNetwork:
    spikes = m.start(4)
    image = m.conv("c_image", "image", 7)
    leak = m.rng.uniform(0.3, 1.0, (7, 6, 5))
    return m.finish(m.neurons("n1", m.conv("c1", spikes, 7), image, leak=leak))


@wiring()
def lif_reset_to_zero(m: Net) -> SpikingNetwork:
    spikes = m.start(4, leak=np.asarray(0.7), reset=ir.Reset.ZERO)
    return m.finish(m.neurons("n1", m.conv("c1", spikes, 7), leak=np.asarray(0.8), reset=ir.Reset.ZERO))


@wiring()
def reset_to_zero(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n1", m.conv("c1", m.start(), 20), reset=ir.Reset.ZERO))


@wiring()
def threshold_and_start_per_element(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(), 18)
    threshold, start = m.rng.uniform(0.2, 1.5, (18, 6, 5)), m.rng.uniform(-2, 2, (18, 6, 5))
    return m.finish(m.neurons("n1", source, threshold=threshold, initial_potential=start))


@wiring()
def threshold_per_row_and_start_for_all(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(), 7)
    threshold = m.rng.uniform(0.2, 1.5, (1, 6, 1))
    return m.finish(m.neurons("n1", source, threshold=threshold, initial_potential=np.asarray(0.5)))


@wiring()
def threshold_off_the_grid(m: Net) -> SpikingNetwork:
    network = m.finish(m.neurons("n1", m.conv("c1", m.start(), 18), threshold=np.ones((18, 1, 1))))
    return with_tensors(network, n1_threshold=m.rng.uniform(0.2, 1.0, (18, 1, 1)) / 3)


@wiring()
def threshold_off_the_grid_and_reset_to_zero(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(), 7)
    network = m.finish(m.neurons("n1", source, threshold=np.asarray(1.0), reset=ir.Reset.ZERO))
    return with_tensors(network, n1_threshold=np.asarray(1 / 3))


@wiring()
def start_off_the_grid(m: Net) -> SpikingNetwork:
    network = m.finish(m.neurons("n1", m.conv("c1", m.start(), 7)))
    return with_tensors(network, n1_initial_potential=m.rng.uniform(-1, 1, (7, 1, 1)) / 3)


@wiring()
def spikes_that_carry_2(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n1", m.conv("c1", m.start(spike_value=np.asarray(2.0)), 7)))


@wiring()
def spikes_that_carry_minus_1(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n1", m.conv("c1", m.start(spike_value=np.asarray(-1.0)), 20)))


@wiring(layers="n0", currents="", numpy={"n1": NOT_WHOLE, "c1": NOT_WHOLE, "logits": NOT_WHOLE, "flat": "Flatten"})
def spikes_that_carry_different_numbers(m: Net) -> SpikingNetwork:
    spikes = m.start(5, spike_value=np.arange(1.0, 6.0).reshape(5, 1, 1))
    value = np.where(np.arange(7 * 6 * 5) % 2, 1.0, 2.0).reshape(7, 6, 5)
    return m.finish(m.neurons("n1", m.conv("c1", spikes, 7), spike_value=value))


@wiring(layers="n0", numpy={"n1": NOT_WHOLE, "c1": NOT_WHOLE})
def spikes_that_carry_a_fraction(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n1", m.conv("c1", m.start(spike_value=np.asarray(0.75)), 7)))


@wiring(layers="n0", numpy={"n1": NOT_WHOLE, "c1": NOT_WHOLE})
def spikes_that_carry_nothing_in_some_channels(m: Net) -> SpikingNetwork:
    """A spike that carries 0 is no spike for the counters."""
    value = np.asarray([1.0, 0.0, 2.0, 0.0, 1.0]).reshape(5, 1, 1)
    return m.finish(m.neurons("n1", m.conv("c1", m.start(spike_value=value), 7)))


@wiring(
    bits="cut", currents="logits", numpy={"sums": "carry something else", "c1": "SumPool", "n1": "SumPool"}, layers="n0"
)
def slice_of_spikes_that_carry_2_read_by_numpy(m: Net) -> SpikingNetwork:
    cut = m.select("cut", m.start(spike_value=np.asarray(2.0)), starts=(1, 0, 1))
    return m.finish(m.neurons("n1", m.conv("c1", m.pool("sums", cut, (2, 2)), 7)))


@wiring(bits="cut", numpy={"joined": "Concat"})
def slice_of_spikes_that_carry_2_joined_with_spikes(m: Net) -> SpikingNetwork:
    spikes = m.start(spike_value=np.asarray(2.0))
    cut = m.select("cut", spikes, starts=(2, 0, 0))
    joined = m.put(ir.Concat, "joined", cut, spikes, axis=0)
    return m.finish(m.neurons("n1", m.conv("c1", joined, 7)))


def _driven(m: Net, current: float, threshold: float) -> str:
    """Add neurons with a bias near the bound of their sums, up and down: some 2^23 units of the grid a step."""
    bias = np.where(np.arange(18) % 3 == 0, -current, current).reshape(18, 1, 1)
    return m.neurons("n1", m.conv("c1", m.start(), 18, bias=bias), threshold=np.full((18, 1, 1), threshold))


@wiring(steps=400)
def membranes_beyond_31_bits(m: Net) -> SpikingNetwork:
    return m.finish(_driven(m, 8.0, 0.25))


@wiring(steps=400)
def membranes_beyond_31_bits_reset_to_zero(m: Net) -> SpikingNetwork:
    bias = np.full((18, 1, 1), -8.0)
    bias[::2] = 0.3
    return m.finish(m.neurons("n1", m.conv("c1", m.start(), 18, bias=bias), reset=ir.Reset.ZERO))


@wiring(layers="n0 n1 n2", steps=200)
def membranes_beyond_31_bits_after_a_few_steps(m: Net) -> SpikingNetwork:
    """Sums of graded spikes have finer grids: 2^28 units in a step."""
    spikes = m.start(10)
    sums = m.put(ir.Sum, "sums", spikes, m.neurons("n2", m.conv("c2", "image", 10)))
    threshold = np.where(np.arange(18) % 2, 0.01, 3.0).reshape(18, 1, 1)
    return m.finish(m.neurons("n1", m.conv("c1", sums, 18), threshold=threshold))


@wiring(currents="")
def current_of_spikes_themselves(m: Net) -> SpikingNetwork:
    """A readout that adds up spikes, not their count."""
    flat = m.put(ir.Flatten, "flat", m.start())
    logits = m.neurons("n1", m.dense("d1", flat, 4), spike_value=np.asarray(3.0))
    m.put(ir.Readout, "readout", logits, mode=ir.ReadoutMode.CURRENT, ties=ir.Ties.INDEX)
    return m.network()


@wiring(layers="n0", currents="d1", numpy={"n1": "the readout asks for its membrane"})
def count_of_spikes_with_the_membrane(m: Net) -> SpikingNetwork:
    flat = m.put(ir.Flatten, "flat", m.start())
    m.put(ir.Readout, "readout", m.neurons("n1", m.dense("d1", flat, 4)), mode=ir.ReadoutMode.SPIKES)
    return m.network()


@wiring(currents="")
def count_of_spikes_without_the_membrane(m: Net) -> SpikingNetwork:
    flat = m.put(ir.Flatten, "flat", m.start())
    m.put(
        ir.Readout,
        "readout",
        m.neurons("n1", m.dense("d1", flat, 4)),
        mode=ir.ReadoutMode.SPIKES,
        ties=ir.Ties.INDEX,
    )
    return m.network()


@wiring()
def readout_from_a_later_step(m: Net) -> SpikingNetwork:
    source = m.put(ir.Flatten, "flat", m.neurons("n1", m.conv("c1", m.start(), 7)))
    m.put(ir.Readout, "readout", m.dense("logits", source, 3), mode=ir.ReadoutMode.CURRENT, start=67)
    return m.network()


@wiring()
def two_constant_currents(m: Net) -> SpikingNetwork:
    m.start(4)
    once, twice = m.conv("c_once", "image", 7), m.conv("c_twice", "image", 7, (1, 1), pads=(0, 0, 0, 0))
    return m.finish(m.neurons("n1", m.conv("c1", "n0", 7), once, twice))


@wiring()
def weak_constant_current_beside_strong_spikes(m: Net) -> SpikingNetwork:
    """The grid of what is constant is much finer; it is no reason to leave the kernel."""
    m.start(4)
    weight = m.rng.normal(0.0, 2.0**-12, (7, 2, 1, 1))
    fields = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
    weak = m.put(ir.Conv, "c_weak", "image", weight=weight, **fields)
    return m.finish(m.neurons("n1", m.conv("c1", "n0", 7), weak))


@wiring()
def neurons_that_read_the_image(m: Net) -> SpikingNetwork:
    m.start(2)
    return m.finish(m.neurons("n1", m.conv("c1", "n0", 2), "image"))


# sums that are not exact depend on the chunk in NumPy too
@wiring(
    layers="n0",
    currents="",
    numpy={"n1": "no grid", "c1": "no grid", "logits": "no grid", "flat": "Flatten"},
    exact=False,
)
def no_grid(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n1", m.conv("c1", m.start(), 7)), exact=False)
