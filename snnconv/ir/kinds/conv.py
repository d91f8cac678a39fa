"""``Conv``: a convolution."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import PositiveInt

from snnconv.errors import NetworkError
from snnconv.ir.kinds.node import Array, Ints, Name, PositiveInts, Sizes, Weighted
from snnconv.ir.windows import positive, reads, taps, windows


class Conv(Weighted):
    """Convolution: weight (O, I/groups, *kernel), bias broadcasting to the shape. Pads: begins, then ends."""

    PARAMETERS: ClassVar[tuple[str, ...]] = ("weight", "bias")
    OWN_AXES: ClassVar[tuple[str, ...]] = ("weight",)

    kind: Literal["Conv"] = "Conv"
    weight: Name
    bias: Name | None = None
    strides: PositiveInts
    pads: Ints
    dilations: PositiveInts
    groups: PositiveInt = 1

    @property
    def factor(self) -> str:
        """The name of its weight."""
        return self.weight

    @property
    def addend(self) -> str | None:
        """The name of its bias."""
        return self.bias

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give (O, windows along each axis)."""
        shape = inputs[0]
        spatial = len(shape) - 1
        lengths = {len(weight) - 2, len(self.strides), len(self.dilations)}
        if spatial < 1 or lengths != {spatial} or len(self.pads) != 2 * spatial:
            raise NetworkError(f"node {self.name}: weight {weight}, strides, pads or dilations do not fit {shape}")
        if weight[1] * self.groups != shape[0] or weight[0] % self.groups:
            raise NetworkError(f"node {self.name}: weight {weight} in {self.groups} groups does not fit {shape}")
        return positive(self.name, (weight[0], *(windows(*axis) for axis in self._axes(weight, shape))))

    def fan_out(self, weight: Sizes, shape: Sizes) -> tuple[int, list[Array]]:
        """Give O/groups, and how often each row and column is read."""
        return weight[0] // self.groups, [taps(*axis) for axis in self._axes(weight, shape)]

    def synapses(self, weight: Array, shape: Sizes) -> Array:
        """Count the weights of each input channel, tap by tap, and the windows that use them there."""
        # (groups, O / groups, I / groups, *kernel): the weights of an input channel are those of its group
        grouped = weight.reshape(self.groups, -1, *weight.shape[1:])
        per_tap = np.count_nonzero(grouped, axis=1).reshape(-1, *weight.shape[2:]).astype(np.int64)  # (I, *kernel)
        along = [reads(*axis) for axis in self._axes(weight.shape, shape)]
        if len(along) == 1:
            return np.asarray(np.einsum("ck,kx->xc", per_tap, along[0]))
        return np.asarray(np.einsum("cjk,jy,kx->yxc", per_tap, *along))

    def times(self, weight: Array, current: Array) -> Array:
        """Convolve a map tap by tap: rare enough to be simple."""
        spatial = len(self.strides)
        padded = np.pad(current, [(0, 0), *zip(self.pads[:spatial], self.pads[spatial:], strict=True)])
        groups = weight.reshape(self.groups, -1, *weight.shape[1:])
        out = np.zeros((self.groups, groups.shape[1], *self.shape[1:]))
        for tap in np.ndindex(weight.shape[2:]):
            places = tuple(
                slice(k * dilation, k * dilation + (size - 1) * stride + 1, stride)
                for k, dilation, stride, size in zip(tap, self.dilations, self.strides, self.shape[1:], strict=True)
            )
            inputs = padded[(slice(None), *places)].reshape(self.groups, -1, *self.shape[1:])
            out += np.einsum("goc,gc...->go...", groups[(..., *tap)], inputs)
        return out.reshape(self.shape)

    def _axes(self, weight: Sizes, shape: Sizes) -> list[tuple[int, int, int, int, int, int]]:
        """Give size, kernel, stride, pads and dilation of each axis."""
        spatial = len(shape) - 1
        return [
            (
                shape[1 + axis],
                weight[2 + axis],
                self.strides[axis],
                self.pads[axis],
                self.pads[axis + spatial],
                self.dilations[axis],
            )
            for axis in range(spatial)
        ]
