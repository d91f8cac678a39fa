"""Gathers the nodes, edges and tensors of a network while it is built."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir

Array = np.ndarray[Any, Any]


class Builder:
    """A network under construction."""

    def __init__(self) -> None:
        self.nodes: list[ir.Node] = []
        self.edges: list[ir.Edge] = []
        self.tensors: dict[str, Array] = {}

    def add(self, node: ir.Node, sources: Iterable[str], **tensors: Array) -> str:
        """Add a node, the edges into it, and its tensors as ``<node>.<field>``; give its name."""
        self.nodes.append(node)
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


def per_channel(values: Array, rank: int) -> Array:
    """Shape (C,) values so that they broadcast over (C, H, W); one number where all are equal.

    Parameters
    ----------
    values : ndarray (C,)
    rank : int
        How many axes the node's shape has.
    """
    if (values == values[0]).all():
        return np.asarray(values[0], dtype=np.float64)
    return values.reshape(-1, *(1,) * (rank - 1)).astype(np.float64)  # (C,) -> (C, 1, 1)
