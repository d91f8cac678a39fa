"""Folds a scale and offset into the convolution or full connection before it, or into another one before it.

    a (W x + b) + c = (a W) x + (a b + c),   a₂ (a₁ x + c₁) + c₂ = (a₂ a₁) x + (a₂ c₁ + c₂)

Exact in real numbers; computed in float64.

Applies where the ``Affine`` is the only reader of what it reads, and is the same for all pixels where that is a
convolution. Everything else stays, and becomes synapses of its own.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, Eq. 1, for any scale and offset.
"""

from dataclasses import replace

import numpy as np

from snnconv.graph.graph import Affine, Conv, Dense, Graph, Node


def fold_affine(graph: Graph) -> Graph:
    """Give the graph with every foldable ``Affine`` folded; the layer before takes over its output name."""
    made: dict[str, Node] = {}  # by output, in order
    for node in graph.nodes:
        before = made.get(node.inputs[0]) if isinstance(node, Affine) else None
        if isinstance(node, Affine) and before is not None and _foldable(graph, before, node):
            del made[before.output]
            made[node.output] = _folded(before, node)
        else:
            made[node.output] = node
    return graph.with_nodes(made.values())


def _foldable(graph: Graph, before: Node, affine: Affine) -> bool:
    if len(graph.readers(before.output)) > 1 or before.output == graph.output:
        return False
    return isinstance(before, Affine | Dense) or (isinstance(before, Conv) and affine.is_by_channel)


def _folded(before: Node, affine: Affine) -> Node:
    if isinstance(before, Affine):
        return replace(
            before,
            gain=affine.gain * before.gain,
            offset=affine.gain * before.offset + affine.offset,
            output=affine.output,
        )
    assert isinstance(before, Conv | Dense)  # noqa: S101 - what is foldable
    channels = before.shape[0]
    gain, offset = (np.broadcast_to(part.reshape(-1), channels) for part in (affine.gain, affine.offset))
    return replace(
        before,
        weight=gain.reshape(-1, *(1,) * (before.weight.ndim - 1)) * before.weight,  # (O,) -> (O, 1, 1, 1)
        bias=gain * before.bias + offset,
        output=affine.output,
    )
