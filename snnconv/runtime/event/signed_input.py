"""Poisson spikes of the image as bits: those of each sign apart, for the kernel knows spikes of 1 alone."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.runtime.event.spikes import BLOCK, Spikes, blocks_of, plane, words
from snnconv.runtime.layout import channels_last
from snnconv.runtime.nodes.operation import Site
from snnconv.runtime.poisson import Trains

Array = np.ndarray[Any, Any]


class SignedSpikes:
    """A chunk of spikes of both signs.

    Parameters
    ----------
    node : Node
        What gives them.
    batch, chunk : int
        N images, room for K steps.

    Attributes
    ----------
    by_sign : dict of int to Spikes
        Those of 1 and of −1, each as spikes of 1.
    """

    def __init__(self, node: ir.Node, batch: int, chunk: int) -> None:
        shape = channels_last(node.shape)
        self.by_sign = {sign: Spikes(shape, batch, chunk) for sign in (1, -1)}

    def dense(self) -> Array:
        """Give the spikes as numbers, (K, N, H, W, C) float32."""
        return self.by_sign[1].dense() - self.by_sign[-1].dense()


class SignedInput:
    """``Input`` as Poisson spikes.

    Parameters
    ----------
    site : Site
    trains : Trains
        The program loads the images there.

    Attributes
    ----------
    signed : SignedSpikes
        What it gives; the next chunk overwrites it.
    """

    def __init__(self, site: Site, trains: Trains) -> None:
        self._trains = trains
        self._channels = site.node.shape[0]
        self.signed = SignedSpikes(site.node, site.batch, site.chunk)

    def reset(self) -> None:
        """Do nothing: the trains begin anew with their images."""

    def advance(self, inputs: Sequence[Any], steps: int) -> SignedSpikes:
        """Give the spikes of a chunk."""
        del inputs
        for index, signs in enumerate(self._trains.signs):
            drawn = self._trains.drawn(index, steps)
            for sign, spikes in self.signed.by_sign.items():
                packed = _packed(drawn, signs == sign, (self._channels, spikes.height, spikes.width))
                spikes.bits[index, :, :steps, 1:-1] = packed.transpose(1, 0, 2, 3)  # (K, H, W, B) -> (H, K, W, B)
        for spikes in self.signed.by_sign.values():
            spikes.written(steps)
        return self.signed


class Half:
    """The spikes of one sign.

    Parameters
    ----------
    sign : int
        1 or −1.
    spikes : Spikes
        Where the bits are: those of the input, or room for what comes as numbers.
    """

    def __init__(self, sign: int, spikes: Spikes) -> None:
        self._sign = sign
        self.spikes = spikes

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Any], steps: int) -> Spikes:
        """Give those of a chunk; numbers come from operations in NumPy."""
        del steps
        value = inputs[0]
        return self.spikes if isinstance(value, SignedSpikes) else self.spikes.pack(value == self._sign)


def bytes_of(node: ir.Input, chunk: int) -> int:
    """Give the bytes that the trains of one image take: both signs as bits, and what is drawn for them."""
    height, width, channels = plane(channels_last(node.shape))
    return 2 * 2 * height * (width + 2) * blocks_of(channels) * chunk + 5 * prod(node.shape)


def _packed(drawn: Array, wanted: Array, shape: tuple[int, int, int]) -> Array:
    """Pack the spikes (K, E) of wanted elements (E,) of an image (C, H, W) into (K, H, W, B) uint16."""
    channels = shape[0]
    spikes = drawn.reshape(len(drawn), *shape)
    places = wanted.reshape(shape)
    if channels > BLOCK:
        return words(np.moveaxis(spikes & places, 1, -1))
    # few channels: a word is made faster from whole rows than pixel by pixel
    result = np.zeros((len(drawn), *shape[1:]), dtype=np.uint16)
    for channel in range(channels):
        result |= spikes[:, channel] * (places[channel].astype(np.uint16) << np.uint16(channel))
    return result[..., None]
