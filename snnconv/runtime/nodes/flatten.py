"""``Flatten``: one axis, in the order channels, rows, columns of the ONNX model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.runtime.nodes.operation import Site

Array = np.ndarray[Any, Any]


class Flatten:
    """Reshapes a chunk."""

    def __init__(self, site: Site) -> None:
        del site

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Reshape a chunk: (K, N, H, W, C) -> (K, N, C, H, W) -> (K, N, F)."""
        del steps
        x = np.moveaxis(inputs[0], -1, 2)
        return x.reshape(*x.shape[:2], -1)


OPERATIONS = {"Flatten": Flatten}
