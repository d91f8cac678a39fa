"""``Flatten``: one axis."""

from collections.abc import Sequence
from math import prod
from typing import ClassVar, Literal

from snnconv.ir.kinds.node import Array, Passive, Sizes


class Flatten(Passive):
    """All axes become one, in the order channels, rows, columns."""

    ONE_INPUT: ClassVar[bool] = True
    MOVES_CHANNELS: ClassVar[bool] = True

    kind: Literal["Flatten"] = "Flatten"

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give the product of the axes."""
        return (prod(inputs[0]),)

    def carried(self, inputs: Sequence[Array]) -> Array:
        """Flatten."""
        return inputs[0].reshape(-1)
