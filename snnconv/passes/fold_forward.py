"""Folds a scale and offset into the convolutions and full connections that read it.

    W (a x + c) + b = (W a) x + (W c + b)

Exact in real numbers; computed in float64. So weights read spikes, where a scale between would make a current of them.

Applies where an ``Affine`` is the same for all pixels and only convolutions and full connections read it; with an
offset, only where these have no padding: padded zeros have none, so it would fail at the borders. Everything else
stays, and becomes synapses of its own.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, Eq. 1, for what comes before the weights.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from snnconv.graph.graph import Affine, Conv, Dense, Graph, Node

Array = np.ndarray[Any, Any]


def fold_forward(graph: Graph) -> Graph:
    """Give the graph with every ``Affine`` folded that all its readers can take in."""
    gone = {
        node.output: node
        for node in graph.nodes
        if isinstance(node, Affine) and node.output != graph.output and _foldable(node, graph.readers(node.output))
    }
    return graph.with_nodes(_folded(node, gone) for node in graph.nodes if node.output not in gone)


def _foldable(affine: Affine, readers: tuple[Node, ...]) -> bool:
    padded = any(isinstance(reader, Conv) and any(reader.pads) for reader in readers)
    weighted = bool(readers) and all(isinstance(reader, Conv | Dense) for reader in readers)
    return affine.is_by_channel and weighted and not (padded and affine.offset.any())


def _folded(node: Node, gone: dict[str, Affine]) -> Node:
    if not isinstance(node, Conv | Dense) or node.inputs[0] not in gone:
        return node
    affine = gone[node.inputs[0]]
    channels = affine.shape[0]
    gain, offset = (np.broadcast_to(part.reshape(-1), channels) for part in (affine.gain, affine.offset))
    groups = node.groups if isinstance(node, Conv) else 1
    # what each output reads: (O, I / groups), then (O, I / groups, 1, 1)
    wide = (-1, channels // groups, *(1,) * (node.weight.ndim - 2))
    times, plus = (
        part.reshape(groups, -1).repeat(len(node.weight) // groups, axis=0).reshape(wide) for part in (gain, offset)
    )
    return replace(
        node,
        inputs=affine.inputs,
        weight=node.weight * times,
        bias=node.bias + (node.weight * plus).sum(axis=tuple(range(1, node.weight.ndim))),
    )
