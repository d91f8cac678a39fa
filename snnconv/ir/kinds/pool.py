"""What pools over windows share."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from snnconv.errors import NetworkError
from snnconv.ir.kinds.node import Array, Ints, Passive, PositiveInts, Sizes
from snnconv.ir.windows import over_windows, positive, windows


class Pool(Passive):
    """A node that gives one value for each window."""

    ONE_INPUT: ClassVar[bool] = True

    kernel: PositiveInts
    strides: PositiveInts
    pads: Ints

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give (C, windows along each axis)."""
        shape = inputs[0]
        spatial = len(shape) - 1
        if spatial < 1 or {len(self.kernel), len(self.strides)} != {spatial} or len(self.pads) != 2 * spatial:
            raise NetworkError(f"node {self.name}: kernel, strides or pads do not fit the input {shape}")
        return positive(
            self.name,
            (
                shape[0],
                *(
                    windows(shape[1 + a], self.kernel[a], self.strides[a], self.pads[a], self.pads[a + spatial])
                    for a in range(spatial)
                ),
            ),
        )

    def reached(self, inputs: Sequence[Array]) -> Array:
        """Give the largest of each window: one value, as in the ReLU network."""
        return over_windows(inputs[0], self.kernel, self.strides, self.pads, np.max)


class MaxPool(Pool):
    """A pool that gives the largest value of each window, in some sense of it."""

    LINEAR: ClassVar[bool] = False

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Refuse windows of nothing but padding: they have no largest value."""
        found = super().output_shape(inputs, weight)
        for axis, (size, count) in enumerate(zip(inputs[0][1:], found[1:], strict=True)):
            before, last = self.pads[axis], (count - 1) * self.strides[axis] - self.pads[axis]
            if before >= self.kernel[axis] or last >= size:
                raise NetworkError(
                    f"node {self.name}: pads {self.pads} make a window of nothing but padding, "
                    f"expected fewer than the kernel {self.kernel}"
                )
        return found

    def carried(self, inputs: Sequence[Array]) -> Array:
        """Give the largest of each window."""
        return over_windows(inputs[0], self.kernel, self.strides, self.pads, np.max, padding=-np.inf)
