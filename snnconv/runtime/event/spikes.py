"""Spikes as bits: 16 channels to a block, all steps of an image's row together.

The kernel's ``kernel.h`` describes the same layout: uint16 (N, H, K, W + 2, B), with the lowest bit the first channel
and an empty column at either end of a row: a kernel 3 wide with a padding of 1 then reads the same of every pixel.
"""

from typing import Any

import numpy as np

from snnconv.runtime.event.bit_counts import bit_counts

Array = np.ndarray[Any, Any]

BLOCK = 16
_SPARE = 8  # the kernel reads whole words of 64 bits


def blocks_of(channels: int) -> int:
    """Give how many blocks hold so many channels."""
    return -(-channels // BLOCK)


def plane(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Give (H, W, C) of a channels-last shape of one to three axes."""
    height, width, channels = (1,) * (3 - len(shape)) + shape
    return height, width, channels


def aligned(shape: tuple[int, ...], dtype: type[np.generic], spare: int = 0) -> Array:
    """Give a zeroed array that begins at a cache line, with `spare` bytes behind it."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 64 + spare, dtype=np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def words(plain: Array) -> Array:
    """Pack spikes (..., C) bool into (..., B) uint16."""
    packed = np.zeros((*plain.shape[:-1], 2 * blocks_of(plain.shape[-1])), dtype=np.uint8)
    made = np.packbits(plain, axis=-1, bitorder="little")
    packed[..., : made.shape[-1]] = made
    return packed.view(np.uint16)


class Spikes:
    """A chunk of a layer's spikes.

    Parameters
    ----------
    shape : tuple of int
        Of one image, channels last.
    batch, chunk : int
        N images, room for K steps.
    value : ndarray, optional
        What a spike carries, broadcasting to (H, W, C). None is 1.

    Attributes
    ----------
    bits : ndarray (N, H, K, W + 2, B) uint16
    steps : int
        How many of the K steps are in use.
    """

    def __init__(self, shape: tuple[int, ...], batch: int, chunk: int, value: Array | None = None) -> None:
        self.shape = shape
        self.height, self.width, self.channels = plane(shape)
        self.blocks = blocks_of(self.channels)
        self.bits = aligned((batch, self.height, chunk, self.width + 2, self.blocks), np.uint16, _SPARE)
        self.steps = 0
        self._value = value
        self._dense: Array | None = None
        # what the kernel is told: the array and its strides in blocks
        step = (self.width + 2) * self.blocks
        self.argument = (self.bits, self.height * chunk * step, step)

    def written(self, steps: int) -> "Spikes":
        """Note that the first `steps` steps are new."""
        self.steps = steps
        self._dense = None
        return self

    def pack(self, values: Array) -> "Spikes":
        """Take spikes from an array (K, N, H, W, C): whatever is not 0 is a spike."""
        steps, images = values.shape[:2]
        packed = words((values != 0).reshape(steps, images, self.height, self.width, self.channels))
        self.bits[:, :, :steps, 1:-1] = packed.transpose(1, 2, 0, 3, 4)  # (K, N, H, W, B) -> (N, H, K, W, B)
        return self.written(steps)

    def counts(self) -> Array:
        """Count the spikes of each neuron, (N, H, W, C) of whole numbers; a spike that carries 0 is none."""
        inside = self.bits[:, :, : self.steps, 1:-1]
        counts = bit_counts(np.moveaxis(inside, 2, 0), self.channels).reshape(len(inside), *self.shape)
        return counts if self._value is None else counts * (self._value != 0)

    def dense(self) -> Array:
        """Give the spikes as numbers, (K, N, H, W, C) float32."""
        if self._dense is None:
            inside = np.ascontiguousarray(self.bits[:, :, : self.steps, 1:-1])
            flat = np.unpackbits(inside.view(np.uint8), axis=-1, count=self.channels, bitorder="little")
            # (N, H, K, W, C) -> (K, N, H, W, C)
            made = flat.transpose(2, 0, 1, 3, 4).astype(np.float32, order="C")
            made = made.reshape(*made.shape[:2], *self.shape)
            self._dense = made if self._value is None else made * self._value
        return self._dense
