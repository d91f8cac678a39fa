"""Wirings about the maximum of windows: of spikes, graded spikes and currents, and what reads it."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.runtime.wirings import Net, wiring

GATE, CURRENT = ir.MaxPoolGate, ir.MaxPoolCurrent
TILES = {"kernel": (2, 2), "strides": (2, 2)}
OVERLAPS = {"kernel": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)}
UNEVEN = {"kernel": (2, 3), "strides": (1, 2), "pads": (0, 2, 1, 1)}

POOL = {"pool": "compares running sums"}
DIFFERENT = np.arange(1.0, 6.0).reshape(5, 1, 1)
PER_PLACE = np.where(np.arange(5 * 6 * 5) % 2, 1.0, 2.0).reshape(5, 6, 5)


def _of_spikes(name: str, kind: type, windows: dict) -> None:
    """Name a wiring whose second layer reads the largest of some windows of spikes."""

    def build(m: Net) -> SpikingNetwork:
        pool = m.pool("pool", m.start(18, 7, 8), kind=kind, **windows)
        return m.finish(m.neurons("n1", m.conv("c1", pool, 7)))

    build.__name__ = name
    wiring(numpy=POOL)(build)


_of_spikes("gate_of_windows_that_tile", GATE, TILES)
_of_spikes("gate_of_windows_that_overlap", GATE, OVERLAPS)
_of_spikes("gate_of_uneven_windows", GATE, UNEVEN)
_of_spikes("gate_of_single_places", GATE, {"kernel": (1, 1), "strides": (2, 3)})
_of_spikes("largest_sum_of_spikes", CURRENT, OVERLAPS)


@wiring()
def largest_of_a_constant_current(m: Net) -> SpikingNetwork:
    """A stem: what is constant in time is computed once."""
    m.add(ir.Input, "image", (2, 7, 8), amplitude=2.0)
    pool = m.pool("pool", m.conv("c0", "image", 7), kind=CURRENT, **OVERLAPS)
    return m.finish(m.neurons("n1", m.conv("c1", m.neurons("n0", pool), 18)))


@wiring()
def largest_of_the_image_beside_spikes(m: Net) -> SpikingNetwork:
    """A constant current on the grid of the image, of a layer that spikes drive too."""
    spikes = m.start(2, 7, 8)
    pool = m.pool("pool", "image", kind=CURRENT, **OVERLAPS)
    return m.finish(m.neurons("n1", m.conv("c1", spikes, 2, strides=(2, 2)), pool, threshold=np.asarray(3.0)))


@wiring(layers="n0", currents="c1 logits", numpy=POOL | {"n1": "pool is a MaxPoolCurrent"})
def largest_of_a_changing_current(m: Net) -> SpikingNetwork:
    pool = m.pool("pool", m.conv("c1", m.start(7, 7, 8), 18), kind=CURRENT, **OVERLAPS)
    return m.finish(m.neurons("n1", pool))


@wiring(
    layers="n0",
    currents="c1 c3 logits",
    numpy=POOL | {"sums": "Sum", "s2": "current of pool", "n1": "s2 reads the current of pool"},
)
def largest_of_a_sum_of_currents_that_is_scaled(m: Net) -> SpikingNetwork:
    """Membrane shortcuts: the sum of a constant and a changing current, pooled, then weighed."""
    sums = m.put(ir.Sum, "sums", m.conv("c1", m.start(7), 18), m.conv("c2", "image", 18))
    scaled = m.scale("s2", m.pool("pool", sums, kind=CURRENT, **TILES))
    return m.finish(m.neurons("n1", scaled, m.conv("c3", "n0", 18, (1, 2), strides=(2, 2), pads=(0, 0, 0, 0))))


@wiring(layers="n0 n1", numpy=POOL | {"sums": "Sum", "c2": "graded spikes of pool", "n2": "graded spikes of pool"})
def largest_sum_of_graded_spikes(m: Net) -> SpikingNetwork:
    spikes = m.start(18)
    sums = m.put(ir.Sum, "sums", spikes, m.neurons("n1", m.conv("c1", spikes, 18)))
    return m.finish(m.neurons("n2", m.conv("c2", m.pool("pool", sums, kind=CURRENT, **TILES), 7)))


def _of_spike_values(name: str, kind: type, value: np.ndarray, reason: str | None) -> None:
    """Name a wiring that pools spikes which carry these numbers, and why its reader runs in NumPy."""

    def build(m: Net) -> SpikingNetwork:
        pool = m.pool("pool", m.start(5, spike_value=value), kind=kind, **OVERLAPS)
        return m.finish(m.neurons("n1", m.conv("c1", pool, 7)))

    build.__name__ = name
    numpy = POOL if reason is None else POOL | {"c1": reason, "n1": reason}
    wiring(layers="n0 n1" if reason is None else "n0", numpy=numpy)(build)


NOT_WHOLE = "do not all carry one whole number"
_of_spike_values("gate_of_spikes_that_carry_2", GATE, np.asarray(2.0), None)
_of_spike_values("gate_of_spikes_that_carry_minus_1", GATE, np.asarray(-1.0), None)
_of_spike_values("gate_of_spikes_that_carry_a_fraction", GATE, np.asarray(0.75), NOT_WHOLE)
_of_spike_values("gate_of_spikes_that_differ_by_channel", GATE, DIFFERENT, NOT_WHOLE)
_of_spike_values("gate_of_spikes_that_differ_by_place", GATE, PER_PLACE, NOT_WHOLE)
_of_spike_values("largest_sum_of_spikes_that_differ_by_place", CURRENT, PER_PLACE, "graded spikes of pool")


@wiring(bits="cut", numpy=POOL | {"joined": "Concat"})
def slice_of_a_gate_joined_with_spikes(m: Net) -> SpikingNetwork:
    spikes = m.start(18)
    pool = m.pool("pool", spikes, (3, 3), pads=(1, 1, 1, 1), kind=GATE)
    cut = m.select("cut", pool, starts=(7, 0, 0), pads=((3, 0), (0, 0), (0, 0)))
    return m.finish(m.neurons("n1", m.conv("c1", m.put(ir.Concat, "joined", cut, spikes, axis=0), 7)))


@wiring(currents="", bits="sums", numpy=POOL | {"flat": "Flatten", "logits": "SumPool"})
def sums_over_windows_of_a_gate(m: Net) -> SpikingNetwork:
    pool = m.pool("pool", m.neurons("n1", m.conv("c1", m.start(7, 7, 8), 18)), kind=GATE, **OVERLAPS)
    return m.finish(m.pool("sums", pool, (2, 2), pads=(1, 0, 0, 1)))


@wiring(numpy=POOL)
def sums_over_all_places_of_a_gate(m: Net) -> SpikingNetwork:
    """The mean behind the last pooling is taken apart."""
    pool = m.pool("pool", m.neurons("n1", m.conv("c1", m.start(7, 7, 8), 18)), kind=GATE, **OVERLAPS)
    return m.finish(m.pool("sums", pool, (4, 4)))


@wiring(layers="n0 n1 n2", numpy=POOL | {"again": "compares running sums"})
def gate_of_a_gate_with_a_shortcut(m: Net) -> SpikingNetwork:
    spikes = m.start(18, 8, 8)
    pool = m.pool("pool", spikes, kind=GATE, **OVERLAPS)
    again = m.pool("again", pool, (2, 2), pads=(0, 0, 1, 1), kind=CURRENT)
    first = m.neurons("n1", m.conv("c1", again, 18))
    return m.finish(m.neurons("n2", m.conv("c2", first, 18), m.scale("s2", again)))
