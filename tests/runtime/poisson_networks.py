"""Small networks whose first layers read the image in every way that runs with Poisson input."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.runtime.wirings import Net

NETWORKS: dict[str, tuple[Callable[[Net], SpikingNetwork], bool]] = {}
"""Builders, and whether the kernel takes the first layer."""

AMPLITUDE = 1.7


def poisson(in_kernel: bool = True) -> Callable[[Callable[[Net], SpikingNetwork]], Callable[[Net], SpikingNetwork]]:
    """Name a network after the function that builds it; ``n0`` are its first neurons."""

    def keep(build: Callable[[Net], SpikingNetwork]) -> Callable[[Net], SpikingNetwork]:
        NETWORKS[build.__name__] = build, in_kernel
        return build

    return keep


def made(name: str) -> SpikingNetwork:
    """Build a network with Poisson input; always the same."""
    return replace(NETWORKS[name][0](Net()), encoding=ir.Encoding.POISSON)


def image(m: Net, *shape: int) -> str:
    return m.add(ir.Input, "image", shape, amplitude=AMPLITUDE)


@poisson()
def a_convolution(m: Net) -> SpikingNetwork:
    spikes = m.neurons("n0", m.conv("c0", image(m, 3, 6, 5), 7))
    return m.finish(m.neurons("n1", m.conv("c1", spikes, 4)))


@poisson()
def one_weight_for_each_output(m: Net) -> SpikingNetwork:
    """So few inputs that sums of ordinary spikes would be made in float32."""
    return m.finish(m.neurons("n0", m.conv("c0", image(m, 1, 5, 6), 5, (1, 1), pads=(0, 0, 0, 0))))


@poisson()
def strides_dilations_and_groups(m: Net) -> SpikingNetwork:
    first = m.conv("c0", image(m, 4, 9, 8), 6, (3, 2), strides=(2, 1), dilations=(1, 2), pads=(2, 0, 1, 1), groups=2)
    return m.finish(m.neurons("n0", first))


@poisson()
def many_channels(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n0", m.conv("c0", image(m, 21, 4, 3), 5)))


@poisson()
def a_full_connection_first(m: Net) -> SpikingNetwork:
    flat = m.put(ir.Flatten, "pixels", image(m, 2, 4, 3))
    return m.finish(m.neurons("n0", m.dense("d0", flat, 9)))


@poisson()
def an_image_of_one_axis(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n0", m.dense("d0", image(m, 30), 9)))


@poisson()
def one_synapse_for_each_pixel(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n0", m.scale("s0", image(m, 3, 4, 5), offset=m.rng.uniform(-0.1, 0.2, (3, 1, 1)))))


@poisson()
def one_gain_for_all_pixels(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n0", m.put(ir.Scale, "s0", image(m, 3, 4, 5), gain=np.asarray(0.4))))


@poisson()
def reset_to_zero(m: Net) -> SpikingNetwork:
    spikes = m.neurons("n0", m.conv("c0", image(m, 2, 6, 5), 5), reset=ir.Reset.ZERO)
    return m.finish(m.neurons("n1", m.conv("c1", spikes, 4), reset=ir.Reset.ZERO))


@poisson()
def several_readers(m: Net) -> SpikingNetwork:
    """The image goes into the first layer twice, and past it into the second."""
    source = image(m, 2, 6, 5)
    spikes = m.neurons("n0", m.conv("c0", source, 5), m.conv("c0b", source, 5, (1, 1), pads=(0, 0, 0, 0)))
    return m.finish(m.neurons("n1", m.conv("c1", spikes, 4), m.conv("past", source, 4)))


@poisson()
def a_current_with_two_readers(m: Net) -> SpikingNetwork:
    """What weights make of the image is read as numbers."""
    first = m.conv("c0", image(m, 2, 6, 5), 5)
    m.neurons("left", first)
    m.neurons("n0", first)
    return m.finish(m.neurons("n1", m.conv("c1", m.put(ir.Concat, "both", "left", "n0", axis=0), 4)))


@poisson()
def a_maximum_of_what_weights_make_of_it(m: Net) -> SpikingNetwork:
    first = m.conv("c0", image(m, 2, 6, 6), 5)
    return m.finish(m.neurons("n0", m.pool("largest", first, (2, 2), (2, 2), kind=ir.MaxPoolCurrent)))


@poisson()
def a_slice_of_it(m: Net) -> SpikingNetwork:
    cut = m.select("cut", image(m, 4, 6, 6), starts=(1, 0, 0), steps=(1, 2, 1), pads=((0, 1), (1, 0), (0, 2)))
    return m.finish(m.neurons("n0", m.conv("c0", cut, 5)))


@poisson()
def joined_with_itself(m: Net) -> SpikingNetwork:
    source = image(m, 2, 5, 4)
    both = m.put(ir.Concat, "both", source, m.select("cut", source, pads=((1, 0), (0, 0), (0, 0))), axis=0)
    return m.finish(m.neurons("n0", m.conv("c0", both, 5)))


@poisson(in_kernel=False)
def pooled(m: Net) -> SpikingNetwork:
    """Spikes of both signs cancel each other in a window."""
    return m.finish(m.neurons("n0", m.conv("c0", m.pool("sums", image(m, 2, 6, 6), (2, 2), (2, 2)), 5)))


@poisson(in_kernel=False)
def added_to_a_part_of_itself(m: Net) -> SpikingNetwork:
    source = image(m, 2, 5, 4)
    cut = m.select("cut", source, starts=(1, 0, 0), pads=((0, 1), (0, 0), (0, 0)))
    return m.finish(m.neurons("n0", m.conv("c0", m.put(ir.Sum, "sum", source, cut), 5)))


@poisson(in_kernel=False)
def a_node_with_the_name_of_its_bits(m: Net) -> SpikingNetwork:
    spikes = m.neurons("image+", m.conv("c0", image(m, 2, 5, 4), 5))
    return m.finish(m.neurons("n0", m.conv("c1", spikes, 4), m.conv("past", "image", 4)))
