"""``Scale``: one synapse per element, as on an identity shortcut."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from snnconv.ir.broadcast import at_its_largest
from snnconv.ir.kinds.node import Array, Name, Sizes, Weighted


class Scale(Weighted):
    """One synapse per element: gain times the input, plus an offset as a current. Both broadcast to the shape."""

    PARAMETERS: ClassVar[tuple[str, ...]] = ("gain", "offset")

    kind: Literal["Scale"] = "Scale"
    gain: Name
    offset: Name | None = None

    @property
    def factor(self) -> str:
        """The name of its gain."""
        return self.gain

    @property
    def addend(self) -> str | None:
        """The name of its offset."""
        return self.offset

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give the shape of its input."""
        return inputs[0]

    def fan_out(self, weight: Sizes, shape: Sizes) -> tuple[int, list[Array]]:
        """Give 1."""
        return 1, []

    def synapses(self, weight: Array, shape: Sizes) -> Array:
        """Give 1 where the gain is not 0."""
        gain = np.broadcast_to(weight, shape)
        return np.asarray(np.moveaxis(gain, 0, -1) != 0, dtype=np.int64)

    def times(self, weight: Array, current: Array) -> Array:
        """Multiply element by element."""
        return at_its_largest(weight, self.shape) * current
