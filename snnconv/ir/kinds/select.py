"""``Select``: slices of the axes (He et al.'s option-A shortcut)."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from snnconv.errors import NetworkError
from snnconv.ir.kinds.node import Array, Ints, Passive, PositiveInts, Sizes
from snnconv.ir.windows import positive


class Select(Passive):
    """Slices each axis (start, stop, step), then pads it with silence."""

    ONE_INPUT: ClassVar[bool] = True
    MOVES_CHANNELS: ClassVar[bool] = True

    kind: Literal["Select"] = "Select"
    starts: Ints
    stops: Ints
    steps: PositiveInts
    pads_before: Ints
    pads_after: Ints

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give what is left of each axis, with its padding."""
        shape = inputs[0]
        fields = (self.starts, self.stops, self.steps, self.pads_before, self.pads_after)
        if {len(field) for field in fields} != {len(shape)}:
            raise NetworkError(f"node {self.name}: starts, stops, steps or pads do not fit the input {shape}")
        sizes = []
        for size, start, stop, step, before, after in zip(shape, *fields, strict=True):
            if stop > size:
                raise NetworkError(f"node {self.name}: stop {stop} lies behind an axis of {size}")
            sizes.append(len(range(start, stop, step)) + before + after)
        return positive(self.name, tuple(sizes))

    def carried(self, inputs: Sequence[Array]) -> Array:
        """Slice and pad."""
        slices = tuple(slice(*bounds) for bounds in zip(self.starts, self.stops, self.steps, strict=True))
        return np.pad(inputs[0][slices], tuple(zip(self.pads_before, self.pads_after, strict=True)))
