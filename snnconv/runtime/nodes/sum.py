"""``Sum``: values that are added up."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.runtime.nodes.operation import Site, summed

Array = np.ndarray[Any, Any]


class Sum:
    """Adds its inputs with weight 1."""

    def __init__(self, site: Site) -> None:
        del site

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Add the chunks."""
        del steps
        return summed(inputs)


OPERATIONS = {"Sum": Sum}
