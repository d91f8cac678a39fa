"""``Select``: slices the axes and pads them with silence (He et al.'s option-A shortcut)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.runtime.nodes.operation import Site

Array = np.ndarray[Any, Any]


class Select:
    """Copies a slice of a chunk into a buffer whose border stays zero."""

    def __init__(self, site: Site) -> None:
        node = site.node
        slices = [slice(*bounds) for bounds in zip(node.starts, node.stops, node.steps, strict=True)]
        places = [
            slice(before, size - after)
            for before, after, size in zip(node.pads_before, node.pads_after, node.shape, strict=True)
        ]
        # channels first -> channels last, behind the axes K and N
        self._read = (slice(None), slice(None), *slices[1:], slices[0])
        self._write = (slice(None), slice(None), *places[1:], places[0])
        self._out = site.buffer(np.float64 if site.reads_current else np.float32)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Copy a chunk."""
        del steps
        x = inputs[0]
        out = self._out[: len(x)]
        out[self._write] = x[self._read]
        return out


OPERATIONS = {"Select": Select}
