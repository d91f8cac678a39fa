"""What a simulation needs in memory, computed before anything is allocated."""

import numpy as np

from snnconv.errors import NotRunnableError
from snnconv.files.sizes import readable
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.nodes.maxpool import state_bytes

_BYTES_PER_VALUE = 16
"""Of one image and step: spikes or currents, a padded copy and a membrane take about this for each output."""
_COPIES = 3
"""Weights are kept as in the file, as matrices, and on the way from one to the other."""


def needed(network: SpikingNetwork, images: int = 1, steps: int = 1) -> int:
    """Give the bytes that simulating so many images and steps at a time takes, about.

    Parameters
    ----------
    network : SpikingNetwork
    images, steps : int
        Batch and chunk. Memory grows with their product, neither with T nor with the number of images.
    """
    values = sum(int(np.prod(node.shape)) for node in network.nodes)
    weights = sum(4 * array.size for array in network.tensors.values())
    return _COPIES * weights + state_bytes(network) * images + _BYTES_PER_VALUE * values * images * steps


def check_memory(network: SpikingNetwork, limit: int) -> None:
    """Refuse a network that needs more than `limit` bytes for one image and one step.

    Raises
    ------
    NotRunnableError
    """
    found = needed(network)
    if found > limit:
        raise NotRunnableError(
            f"one image and one step need {readable(found)}, at most {readable(limit)} is allowed; raise --memory-limit"
        )
