"""Gathers the nodes, edges and tensors of a network while it is built."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LayerScale:
    """What the scale of a layer of neurons is made of.

    Attributes
    ----------
    value : str
        The ReLU network's value whose λ the layer takes.
    scale : ndarray (C,)
        λ.
    spike : float or None
        λ of the spikes that the layer reads, where it is one number: 1 for the image.
    """

    value: str
    scale: Array
    spike: float | None


class Builder:
    """A network under construction.

    Attributes
    ----------
    nodes, edges, tensors
        What it has so far.
    layers : dict of str to LayerScale
        The scale of each layer of neurons.
    origins : dict of str to str
        The name of the ReLU network's node that each node stands for or belongs to.
    origin : str
        The one that nodes are added for now.
    """

    def __init__(self) -> None:
        self.origin = ""
        self.layers: dict[str, LayerScale] = {}
        self.origins: dict[str, str] = {}
        self.nodes: list[ir.Node] = []
        self.edges: list[ir.Edge] = []
        self.tensors: dict[str, Array] = {}

    def add(self, node: ir.Node, sources: Iterable[str], **tensors: Array) -> str:
        """Add a node, the edges into it, and its tensors as ``<node>.<field>``; give its name."""
        self.nodes.append(node)
        self.origins[node.name] = self.origin
        self.edges += [ir.Edge(source=source, target=node.name) for source in sources]
        for field, array in tensors.items():
            self.tensors[f"{node.name}.{field}"] = array
        return node.name

    def name(self, wanted: str) -> str:
        """Give a node name that is still free: the one wanted, or with a number behind it."""
        taken = {node.name for node in self.nodes}
        number, name = 1, wanted
        while name in taken:
            number += 1
            name = f"{wanted}~{number}"
        return name


def broadcast(values: Array, rank: int) -> Array:
    """Shape values per channel (C,), or over the pixels too, so that they broadcast over a node's shape; small.

    Parameters
    ----------
    values : ndarray (C,) or of `rank` axes
    rank : int
        How many axes the node's shape has.

    Returns
    -------
    ndarray float64
        (), (C, 1, 1) or (C, H, W).
    """
    values = np.asarray(values, dtype=np.float64)
    if (values == values.flat[0]).all():
        return np.asarray(values.flat[0])
    return values if values.ndim == rank else over_pixels(values, rank)


def over_pixels(values: Array, rank: int) -> Array:
    """Shape (C,) values so that they broadcast over rows and columns: (C, 1, 1)."""
    return values.reshape(-1, *(1,) * (rank - 1))
