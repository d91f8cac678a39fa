"""``Dense``: a full connection."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from snnconv.errors import NetworkError
from snnconv.ir.kinds.node import Array, Name, Sizes, Weighted
from snnconv.product import product


class Dense(Weighted):
    """Full connection: weight (O, I), bias broadcasting to (O,)."""

    PARAMETERS: ClassVar[tuple[str, ...]] = ("weight", "bias")
    OWN_AXES: ClassVar[tuple[str, ...]] = ("weight",)

    kind: Literal["Dense"] = "Dense"
    weight: Name
    bias: Name | None = None

    @property
    def factor(self) -> str:
        """The name of its weight."""
        return self.weight

    @property
    def addend(self) -> str | None:
        """The name of its bias."""
        return self.bias

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give (O,)."""
        first = inputs[0]
        if len(first) != 1 or len(weight) != 2 or weight[1] != first[0]:
            raise NetworkError(f"node {self.name}: weight {weight or None} does not fit the input {first}")
        return (weight[0],)

    def fan_out(self, weight: Sizes, shape: Sizes) -> tuple[int, list[Array]]:
        """Give O: every output reads every input."""
        return self.shape[0], []

    def synapses(self, weight: Array, shape: Sizes) -> Array:
        """Count the weights of each input."""
        return np.asarray(np.count_nonzero(weight, axis=0), dtype=np.int64)

    def times(self, weight: Array, current: Array) -> Array:
        """Give the product."""
        return product(weight, current)
