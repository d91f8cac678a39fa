"""Wirings about paths that meet: shortcuts, sums of spikes and of currents, joined and sliced spikes, pooling."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.runtime.wirings import Net, wiring

PER_PLACE = "not the same for all places"
SHARED = "which others read too"


@wiring(layers="n0 n1 n2")
def projection_shortcut(m: Net) -> SpikingNetwork:
    spikes = m.start(6, 7, 8)
    first = m.neurons("n1", m.conv("c1", spikes, 18, strides=(2, 2)))
    shortcut = m.conv("project", spikes, 18, (1, 1), strides=(2, 2), pads=(0, 0, 0, 0))
    return m.finish(m.neurons("n2", m.conv("c2", first, 18), shortcut))


@wiring()
def two_convolutions_of_one_source(m: Net) -> SpikingNetwork:
    spikes = m.start(18)
    return m.finish(m.neurons("n1", m.conv("c1", spikes, 7), m.conv("c2", spikes, 7, (5, 5), pads=(2, 2, 2, 2))))


@wiring(layers="n0 n1 n2")
def convolutions_of_sources_of_unequal_width(m: Net) -> SpikingNetwork:
    spikes = m.start(7)
    first = m.neurons("n1", m.conv("c1", spikes, 20))
    return m.finish(m.neurons("n2", m.conv("c2", spikes, 16), m.conv("c3", first, 16, (2, 3), pads=(1, 1, 0, 1))))


@wiring(layers="n0 n1 n2")
def groups_beside_one_group(m: Net) -> SpikingNetwork:
    spikes = m.start(33)
    first = m.neurons("n1", m.conv("c1", spikes, 33, groups=33))
    return m.finish(m.neurons("n2", m.conv("c2", first, 42, groups=3), m.conv("c3", spikes, 42, groups=1)))


@wiring(layers="n0 n1 n2")
def identity_shortcut(m: Net) -> SpikingNetwork:
    spikes = m.start(18)
    first = m.neurons("n1", m.conv("c1", spikes, 18))
    return m.finish(m.neurons("n2", m.conv("c2", first, 18), m.scale("s2", spikes)))


@wiring()
def scale_with_an_offset_alone(m: Net) -> SpikingNetwork:
    offset = m.rng.normal(0.2, 0.2, (18, 1, 1))
    return m.finish(m.neurons("n1", m.scale("s1", m.start(18), offset=offset)))


@wiring()
def two_scales_of_one_source(m: Net) -> SpikingNetwork:
    spikes = m.start(18, spike_value=m.rng.choice([2.0], ()))
    return m.finish(m.neurons("n1", m.scale("s1", spikes), m.scale("s2", spikes)))


@wiring(currents="logits c2", layers="n0 n1", numpy={"n2": PER_PLACE, "s2": PER_PLACE})
def identity_shortcut_per_element(m: Net) -> SpikingNetwork:
    spikes = m.start(18)
    first = m.neurons("n1", m.conv("c1", spikes, 18))
    return m.finish(m.neurons("n2", m.conv("c2", first, 18), m.scale("s2", spikes, places=True)))


def _option_a(before: int, after: int) -> None:
    """Name a wiring with a shortcut that puts 5 channels behind `before` silent ones, at every second place."""

    def build(m: Net) -> SpikingNetwork:
        spikes = m.start(5, 7, 6)
        cut = m.select("cut", spikes, steps=(1, 2, 2), pads=((before, after), (0, 0), (0, 0)))
        source = m.conv("c1", spikes, 5 + before + after, strides=(2, 2))
        return m.finish(m.neurons("n1", source, m.scale("s1", cut)))

    build.__name__ = f"option_a_shift_{before}"
    wiring(bits="cut")(build)


for _before, _after in ((8, 8), (3, 13), (13, 3), (16, 0), (31, 4)):
    _option_a(_before, _after)


@wiring(bits="cut")
def slice_from_odd_places(m: Net) -> SpikingNetwork:
    cut = m.select(
        "cut", m.start(40, 7, 8), starts=(5, 1, 2), stops=(38, 6, 8), steps=(1, 3, 2), pads=((3, 20), (2, 0), (0, 1))
    )
    return m.finish(m.neurons("n1", m.conv("c1", cut, 7)))


@wiring(bits="cut again")
def slice_of_a_slice(m: Net) -> SpikingNetwork:
    cut = m.select("cut", m.start(20), starts=(7, 0, 0), pads=((0, 9), (0, 0), (1, 0)))
    again = m.select("again", cut, starts=(2, 1, 0), stops=(19, 6, 6))
    return m.finish(m.neurons("n1", m.conv("c1", again, 18)))


@wiring(bits="cut", layers="n0 n1 n2")
def slice_of_features(m: Net) -> SpikingNetwork:
    first = m.neurons("n1", m.dense("d1", m.put(ir.Flatten, "flat", m.start(4)), 40))
    cut = m.select("cut", first, starts=(9,), stops=(29,), pads=((2, 0),))
    return m.finish(m.neurons("n2", m.dense("d2", cut, 18)))


@wiring(numpy={"cut": "every so many channels"})
def slice_of_every_second_channel(m: Net) -> SpikingNetwork:
    cut = m.select("cut", m.start(21), starts=(1, 0, 0), steps=(2, 1, 1), pads=((1, 4), (0, 0), (0, 0)))
    return m.finish(m.neurons("n1", m.conv("c1", cut, 7)))


@wiring(layers="n0 n1 n2")
def sum_of_spikes(m: Net) -> SpikingNetwork:
    """S2S: a convolution reads 0, 1 or 2."""
    spikes = m.start(18)
    first = m.neurons("n1", m.conv("c1", spikes, 18))
    sums = m.put(ir.Sum, "sums", spikes, first)
    return m.finish(m.neurons("n2", m.conv("c2", sums, 18), m.scale("s2", sums)))


@wiring(layers="n0 n1 n2")
def sum_of_sums_of_spikes(m: Net) -> SpikingNetwork:
    spikes = m.start(18)
    first = m.neurons("n1", m.conv("c1", spikes, 18))
    sums = m.put(ir.Sum, "sums", m.put(ir.Sum, "twice", spikes, spikes), first, spikes)
    return m.finish(m.neurons("n2", m.conv("c2", sums, 18)))


@wiring()
def convolution_with_two_edges_from_one_source(m: Net) -> SpikingNetwork:
    spikes = m.start(7)
    made = m.conv("c1", spikes, 18)
    m.edges.append(ir.Edge(source=spikes, target=made))
    return m.finish(m.neurons("n1", made))


@wiring(layers="n0 n1 n2")
def full_connection_from_a_sum_of_spikes(m: Net) -> SpikingNetwork:
    spikes = m.start(4)
    first = m.neurons("n1", m.conv("c1", spikes, 4))
    flat = m.put(ir.Flatten, "flat_sum", m.put(ir.Sum, "sums", spikes, first))
    return m.finish(m.neurons("n2", m.dense("d2", flat, 20)))


@wiring(numpy={"flat_sum": "Flatten", "sums": "Sum", "d2": "more than 31 bits", "n2": "more than 31 bits"})
def sum_of_spikes_into_sums_beyond_31_bits(m: Net) -> SpikingNetwork:
    """Weights behind a sum of spikes have 24 bits each, so that some hundreds of them can make more than 31."""
    spikes = m.start(60)
    first = m.neurons("n1", m.conv("c1", spikes, 60, (1, 1), pads=(0, 0, 0, 0)))
    flat = m.put(ir.Flatten, "flat_sum", m.put(ir.Sum, "sums", spikes, first))
    return m.finish(m.neurons("n2", m.dense("d2", flat, 20), threshold=np.asarray(10.0)))


@wiring(layers="n0 n1 n2")
def full_connection_from_flattened_spikes_of_two_shapes(m: Net) -> SpikingNetwork:
    spikes = m.start(3, 4, 5)
    flat = m.put(ir.Flatten, "flat_image", spikes)
    first = m.neurons("n1", m.dense("d1", flat, 60))
    return m.finish(m.neurons("n2", m.dense("d2", m.put(ir.Sum, "sums", flat, first), 20)))


@wiring(layers="n0", currents="c1 c2 logits", numpy={"sums": "Sum", "n1": SHARED, "n2": SHARED, "joined": "Concat"})
def sum_of_currents_that_two_layers_read(m: Net) -> SpikingNetwork:
    """V2V."""
    spikes = m.start(7)
    sums = m.put(ir.Sum, "sums", m.conv("c1", spikes, 18), m.conv("c2", spikes, 18))
    first, second = m.neurons("n1", sums), m.neurons("n2", sums, reset=ir.Reset.ZERO)
    return m.finish(m.put(ir.Concat, "joined", first, second, axis=0))


@wiring(layers="n0", currents="c1 logits", numpy={"n1": SHARED, "n2": SHARED, "joined": "Concat"})
def two_layers_that_read_one_convolution(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(), 18)
    first, second = m.neurons("n1", source), m.neurons("n2", source, reset=ir.Reset.ZERO)
    return m.finish(m.put(ir.Concat, "joined", first, second, axis=0))


@wiring()
def sum_of_currents(m: Net) -> SpikingNetwork:
    spikes = m.start(7)
    sums = m.put(ir.Sum, "sums", m.conv("c1", spikes, 18), m.conv("c2", spikes, 18, (1, 1), pads=(0, 0, 0, 0)))
    return m.finish(m.neurons("n1", sums))


@wiring(layers="n0", currents="c1 logits", numpy={"sums": "Sum", "n1": "sums is a Sum"})
def sum_of_a_constant_and_a_changing_current(m: Net) -> SpikingNetwork:
    sums = m.put(ir.Sum, "sums", m.conv("c1", m.start(7), 18), m.conv("c2", "image", 18))
    return m.finish(m.neurons("n1", sums))


@wiring(layers="n0", currents="c1 c3 logits", numpy={"n1": SHARED, "c2": "current of c1", "n2": "current of c1"})
def shortcut_on_membranes(m: Net) -> SpikingNetwork:
    """A convolution that reads a current multiplies real numbers, in NumPy."""
    current = m.conv("c1", m.start(7), 7)
    first = m.neurons("n1", current)
    return m.finish(m.neurons("n2", m.conv("c2", current, 7), m.conv("c3", first, 7)))


@wiring(layers="n0 n1 n2", numpy={"joined": "Concat"})
def joined_channels(m: Net) -> SpikingNetwork:
    spikes = m.start(7)
    joined = m.put(ir.Concat, "joined", spikes, m.neurons("n1", m.conv("c1", spikes, 14)), axis=0)
    return m.finish(m.neurons("n2", m.conv("c2", joined, 7)))


@wiring(layers="n0 n1 n2", numpy={"joined": "Concat"})
def joined_rows(m: Net) -> SpikingNetwork:
    spikes = m.start(18)
    joined = m.put(ir.Concat, "joined", spikes, m.neurons("n1", m.conv("c1", spikes, 18)), axis=1)
    return m.finish(m.neurons("n2", m.conv("c2", joined, 7)))


@wiring(currents="", bits="sums", numpy={"flat": "Flatten", "logits": "SumPool"})
def pooling_with_strides_and_pads(m: Net) -> SpikingNetwork:
    first = m.neurons("n1", m.conv("c1", m.start(7, 7, 8), 18))
    return m.finish(m.pool("sums", first, (3, 2), (2, 3), (1, 0, 2, 1)))


@wiring()
def pooling_of_all_places(m: Net) -> SpikingNetwork:
    first = m.neurons("n1", m.conv("c1", m.start(7, 5, 4), 18))
    return m.finish(m.pool("sums", first, (5, 4)))


@wiring(layers="n0 n1 n2")
def pooling_that_tiles_read_by_a_convolution(m: Net) -> SpikingNetwork:
    first = m.neurons("n1", m.conv("c1", m.start(7, 8, 12), 6))
    pooled = m.pool("sums", first, (2, 3), (2, 3))
    return m.finish(
        m.neurons("n2", m.conv("c2", pooled, 7, strides=(2, 1), pads=(1, 0, 1, 2)), threshold=np.asarray(4.0))
    )


@wiring(bits="halves")
def pooling_that_tiles_and_spikes_read_by_one_layer(m: Net) -> SpikingNetwork:
    """One convolution of a sum of pooled spikes and spikes, one of spikes alone, in groups."""
    spikes = m.start(6, 6, 6)
    halves = m.select("halves", spikes, steps=(1, 2, 2))
    sums = m.put(ir.Sum, "sums", m.pool("pooled", spikes, (2, 2), (2, 2)), halves)
    layer = m.neurons("n1", m.conv("c1", sums, 8, groups=2), m.conv("c2", halves, 8), threshold=np.asarray(3.0))
    return m.finish(layer)


@wiring()
def pooling_of_all_places_read_by_a_full_connection(m: Net) -> SpikingNetwork:
    pooled = m.pool("sums", m.start(3, 3, 2), (3, 2))
    layer = m.neurons("n1", m.dense("d1", m.put(ir.Flatten, "flat_sums", pooled), 7), threshold=np.asarray(2.0))
    return m.finish(layer)


@wiring(layers="n0", bits="sums cut", numpy={"c1": "SumPool", "n1": "SumPool"})
def pooling_of_a_slice_read_by_a_convolution(m: Net) -> SpikingNetwork:
    cut = m.select("cut", m.start(20), starts=(3, 0, 0), pads=((0, 0), (1, 1), (0, 0)))
    return m.finish(m.neurons("n1", m.conv("c1", m.pool("sums", cut, (2, 2)), 7)))


@wiring(currents="c2 logits s1", numpy={"n2": "cut_current", "cut_current": "current"})
def slice_of_a_current(m: Net) -> SpikingNetwork:
    """A Scale whose current somebody else reads comes as numbers."""
    spikes = m.start(18)
    first = m.neurons("n1", m.conv("c1", spikes, 13))
    cut = m.select("cut_current", m.scale("s1", spikes), starts=(5, 0, 0))
    return m.finish(m.neurons("n2", m.conv("c2", first, 13), cut))
