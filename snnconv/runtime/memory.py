"""What a simulation needs in memory, computed before anything is allocated."""

from dataclasses import replace
from math import prod

import numpy as np

from snnconv.errors import NotRunnableError
from snnconv.files.sizes import readable
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.sums import wide_sums
from snnconv.runtime.nodes.max_pool import place_bytes, state_bytes
from snnconv.runtime.nodes.padded import held, padded_shape

_BYTES_PER_VALUE = 16
"""Of one image and step: spikes or currents and a membrane take about this for each output."""
_COPIES = 3
"""Weights are kept as in the file, as matrices, and on the way from one to the other."""
_LARGEST_SHOWN = 1 << 100
_BYTES_PER_COUNT = 32
"""Of one step: the count of a layer on its way from a batch to the run, four numbers of 8 bytes."""
_BYTES_PER_DECISION = 16
"""Of one image and step: a ranking, the class, and whether it is among the first five."""
_TOGETHER = 16
"""Images whose results are held at a time."""
_PADDED = ir.Conv | ir.Pool


def needed(network: SpikingNetwork, images: int = 1, steps: int = 1) -> int:
    """Give the bytes that simulating so many images and steps at a time takes, about.

    Parameters
    ----------
    network : SpikingNetwork
    images, steps : int
        Batch and chunk. Memory grows with their product, neither with T nor with the number of images.
    """
    values = sum(prod(node.shape) for node in network.nodes)
    weights = sum(4 * array.size for array in network.tensors.values())
    fixed = _COPIES * weights + place_bytes(network) + copy_bytes(network, images, steps)
    return fixed + state_bytes(network) * images + _BYTES_PER_VALUE * values * images * steps


def copy_bytes(network: SpikingNetwork, images: int = 1, steps: int = 1) -> int:
    """Give the bytes of what convolutions and sums over windows copy: padded images, and patches of a row of one.

    Parameters
    ----------
    network : SpikingNetwork
    images, steps : int
        Batch and chunk.
    """
    found = network.flows
    wide = wide_sums(network, found)
    total = 0
    for node in network.nodes:
        if not isinstance(node, ir.Conv | ir.SumPool):
            continue
        sources = [found[edge.source] for edge in network.incoming[node.name]]
        copied = images if all(flow.constant for flow in sources) else images * steps
        narrow = node.name not in wide and all(flow.narrow for flow in sources)
        # a ReLU in the place of neurons gives float64, which a pooling leaves as it is
        number = np.dtype(np.float32 if narrow and isinstance(node, ir.Conv) else np.float64).itemsize
        image = number * prod(_padded(network, node))
        if isinstance(node, ir.Conv):
            total += held(copied, image) * image
            total += number * node.shape[-1] * (1 + prod(network.tensors[node.weight].shape[1:]))
        elif any(node.pads):
            total += held(copied, image) * image
    return total


def check_memory(network: SpikingNetwork, limit: int) -> None:
    """Refuse a network that needs more than `limit` bytes for one image and one step.

    Raises
    ------
    NotRunnableError
        Naming the node with the most padding, where that is most of it.
    """
    found = needed(network)
    if found <= limit:
        return
    padded = {node.name: _padded(network, node) for node in network.nodes if isinstance(node, _PADDED)}
    name = max(padded, key=lambda name: prod(padded[name]), default="")
    where = ""
    if 2 * needed(_without_pads(network, name)) < found:
        sizes = "×".join(str(min(size, _LARGEST_SHOWN)) for size in padded[name])
        where = f", most of it at node {name}, which reads {sizes} with its padding"
    raise NotRunnableError(
        f"one image and one step need {readable(min(found, _LARGEST_SHOWN))}{where}; "
        f"at most {readable(limit)} is allowed; raise --memory-limit"
    )


def check_steps(network: SpikingNetwork, steps: int, limit: int) -> None:
    """Refuse so many steps that what is counted in each would not fit into `limit` bytes.

    Raises
    ------
    NotRunnableError
    """
    counted = sum(isinstance(node, ir.Neuron | ir.Weighted) for node in network.nodes)
    found = steps * (_BYTES_PER_COUNT * counted + _TOGETHER * _BYTES_PER_DECISION)
    if found > limit:
        raise NotRunnableError(
            f"the counts of {steps:,} steps need {readable(min(found, _LARGEST_SHOWN))}; at most {readable(limit)} is "
            "allowed; take fewer --steps, or raise --memory-limit"
        )


def _padded(network: SpikingNetwork, node: ir.Conv | ir.Pool) -> list[int]:
    """Give the shape of what a node reads, with its padding, channels first."""
    return padded_shape(node, network.by_name[network.incoming[node.name][0].source].shape)


def _without_pads(network: SpikingNetwork, name: str) -> SpikingNetwork:
    """Give a network of the same values, one node of which pads nothing: to compare what both need, not to run."""
    nodes = [
        node.model_copy(update={"pads": (0,) * len(node.pads)})
        if isinstance(node, _PADDED) and node.name == name
        else node
        for node in network.nodes
    ]
    return replace(network, nodes=tuple(nodes))
