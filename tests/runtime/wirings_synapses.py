"""Wirings about weights: channels, kernels, strides, groups, tables and lists of rows, full connections."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.runtime.wirings import Net, wiring

PER_PLACE = "not the same for all places"


def _channels(count: int) -> None:
    """Name a wiring with so many channels in and out."""

    def build(m: Net) -> SpikingNetwork:
        return m.finish(m.neurons("n1", m.conv("c1", m.start(count, 4, 3), count)))

    build.__name__ = f"{count}_channels"
    wiring()(build)


for _count in (1, 15, 16, 17, 33, 130):
    _channels(_count)


def _kernel(kernel: tuple[int, int]) -> None:
    """Name a wiring with a kernel, and the pads that keep its size, asymmetric where the kernel is even."""

    def build(m: Net) -> SpikingNetwork:
        pads = tuple((size - 1) // 2 for size in kernel) + tuple(size // 2 for size in kernel)
        return m.finish(m.neurons("n1", m.conv("c1", m.start(3, 7, 8), 5, kernel, pads=pads)))

    build.__name__ = f"kernel_{kernel[0]}x{kernel[1]}"
    wiring()(build)


for _size in ((1, 1), (1, 3), (2, 2), (2, 3), (4, 1), (5, 3), (5, 5), (6, 7), (7, 7)):
    _kernel(_size)


def _rows(width: int, before: int, after: int, channels: int = 5) -> None:
    """Name a wiring whose kernel is 3 wide: rows of so many pixels, with so many empty ones around them."""

    def build(m: Net) -> SpikingNetwork:
        return m.finish(m.neurons("n1", m.conv("c1", m.start(channels, 4, width), 16, pads=(1, before, 1, after))))

    build.__name__ = f"rows_of_{width}_with_pads_{before}_and_{after}_and_{channels}_channels"
    wiring()(build)


for _row in ((1, 1, 1), (3, 1, 1), (4, 1, 1), (6, 0, 0), (7, 1, 0), (9, 0, 1), (10, 1, 1), (5, 0, 2), (5, 2, 0)):
    _rows(*_row)
for _wide in ((9, 1, 1, 30), (6, 1, 1, 40), (9, 1, 1, 64), (5, 0, 1, 64), (4, 1, 1, 80)):
    _rows(*_wide)


@wiring()
def strides_and_dilations_along_rows_only(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(20, 9, 6), 7, (2, 3), strides=(2, 1), dilations=(3, 1), pads=(2, 1, 1, 1))
    return m.finish(m.neurons("n1", source))


def _groups(groups: int, inputs: int, outputs: int) -> None:
    """Name a wiring with so many channels in and out of each group."""

    def build(m: Net) -> SpikingNetwork:
        spikes = m.start(groups * inputs, 4, 3)
        return m.finish(m.neurons("n1", m.conv("c1", spikes, groups * outputs, groups=groups)))

    build.__name__ = f"{groups}_groups_of_{inputs}_to_{outputs}"
    wiring()(build)


for _numbers in ((3, 7, 7), (21, 1, 1), (33, 1, 2), (2, 17, 5), (5, 3, 20), (2, 32, 32)):
    _groups(*_numbers)


@wiring()
def stride_3_and_asymmetric_pads(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(17, 9, 8), 7, (3, 2), strides=(3, 3), pads=(0, 2, 3, 1))
    return m.finish(m.neurons("n1", source))


@wiring()
def unequal_strides(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(3, 9, 8), 7, (1, 2), strides=(2, 3), pads=(0, 0, 0, 0))
    return m.finish(m.neurons("n1", source))


@wiring()
def dilation_2(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(17, 7, 7), 7, (3, 2), dilations=(2, 2), pads=(2, 1, 2, 1))
    return m.finish(m.neurons("n1", source))


@wiring()
def dilation_along_rows_only(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(40, 7, 4), 7, (3, 3), dilations=(3, 1), pads=(3, 1, 3, 1))
    return m.finish(m.neurons("n1", source))


@wiring()
def pads_wider_than_the_kernel(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n1", m.conv("c1", m.start(3, 3, 3), 5, (2, 2), pads=(3, 0, 2, 4))))


def _lists(name: str, outputs: int, kernel: tuple[int, int]) -> None:
    """Name a wiring with more rows than a table is made for."""

    def build(m: Net) -> SpikingNetwork:
        pads = ((kernel[0] - 1) // 2, (kernel[1] - 1) // 2) * 2
        return m.finish(m.neurons("n1", m.conv("c1", m.start(64, 5, 5), outputs, kernel, pads=pads)))

    build.__name__ = name
    wiring()(build)


_lists("lists_of_1_block", 16, (5, 5))
_lists("lists_of_2_blocks", 32, (3, 3))
_lists("lists_of_3_blocks", 40, (3, 3))
_lists("lists_of_4_blocks", 64, (3, 3))
_lists("lists_of_twice_4_blocks", 120, (3, 3))


@wiring()
def lists_of_pixels_in_a_row_apart(m: Net) -> SpikingNetwork:
    source = m.conv("c1", m.start(64, 5, 6), 33, (3, 3), dilations=(1, 2), strides=(1, 2), pads=(1, 2, 0, 1))
    return m.finish(m.neurons("n1", source))


@wiring(layers="n0", numpy={"n1": PER_PLACE, "c1": PER_PLACE})
def bias_per_place(m: Net) -> SpikingNetwork:
    bias = m.rng.normal(0.2, 0.2, (7, 6, 5))
    return m.finish(m.neurons("n1", m.conv("c1", m.start(), 7, bias=bias)))


@wiring()
def one_bias(m: Net) -> SpikingNetwork:
    return m.finish(m.neurons("n1", m.conv("c1", m.start(), 18, bias=np.asarray(0.3))))


@wiring(bits="never")
def bias_of_no_spikes(m: Net) -> SpikingNetwork:
    """Neurons that the bias alone drives: they read channels whose threshold is never reached."""
    few = m.start(20, threshold=np.where(np.arange(20) < 16, 0.5, 1e6).reshape(20, 1, 1))
    never = m.select("never", few, starts=(16, 0, 0))
    return m.finish(m.neurons("n1", m.conv("c1", never, 7, bias=np.linspace(0.1, 3, 7).reshape(7, 1, 1))))


@wiring(layers="n0 n1 n2")
def full_connections(m: Net) -> SpikingNetwork:
    flat = m.put(ir.Flatten, "flat", m.start(17))
    first = m.neurons("n1", m.dense("d1", flat, 33))
    return m.finish(m.neurons("n2", m.dense("d2", first, 70)))


@wiring()
def full_connection_with_many_inputs(m: Net) -> SpikingNetwork:
    """One pixel's rows are a list; its inputs are rows, columns and channels of an image."""
    flat = m.put(ir.Flatten, "flat", m.start(50))
    return m.finish(m.neurons("n1", m.dense("d1", flat, 65)))


@wiring(currents="d1 logits", numpy={"s1": "current", "n1": "current of d1"}, layers="n0")
def scale_of_a_current(m: Net) -> SpikingNetwork:
    flat = m.put(ir.Flatten, "flat", m.start(7))
    return m.finish(m.neurons("n1", m.scale("s1", m.dense("d1", flat, 20))))


@wiring(layers="n0 n1 n2")
def full_connection_beside_a_scale(m: Net) -> SpikingNetwork:
    first = m.neurons("n1", m.dense("d1", m.put(ir.Flatten, "flat", m.start(7)), 20))
    return m.finish(m.neurons("n2", m.dense("d2", first, 20), m.scale("s2", first)))


@wiring(layers="n0", steps=20)
def full_connection_with_more_than_65536_inputs(m: Net) -> SpikingNetwork:
    """Places of inputs have more than 16 bits."""
    m.add(ir.Input, "image", (65600,), amplitude=2.0)
    return m.finish(m.neurons("n0", "image"))
