"""``Concat``: values side by side."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import NonNegativeInt

from snnconv.errors import NetworkError
from snnconv.ir.kinds.node import Array, Passive, Sizes


class Concat(Passive):
    """Joins its inputs along one axis, in the order of their edges."""

    MOVES_CHANNELS: ClassVar[bool] = True
    SUMS_INPUTS: ClassVar[bool] = False

    kind: Literal["Concat"] = "Concat"
    axis: NonNegativeInt

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give the axis added up."""
        first = inputs[0]
        if self.axis >= len(first):
            raise NetworkError(f"node {self.name}: axis {self.axis} is outside the input {first}")
        for shape in inputs[1:]:
            if len(shape) != len(first) or any(
                a != b for i, (a, b) in enumerate(zip(shape, first, strict=True)) if i != self.axis
            ):
                raise NetworkError(f"node {self.name}: inputs {first} and {shape} differ outside axis {self.axis}")
        joined = sum(shape[self.axis] for shape in inputs)
        return (*first[: self.axis], joined, *first[self.axis + 1 :])

    def carried(self, inputs: Sequence[Array]) -> Array:
        """Join."""
        return np.concatenate(inputs, axis=self.axis)
