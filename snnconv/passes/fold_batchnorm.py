"""Folds a BatchNorm into the convolution or full connection before it.

    W̃ = γ W / σ,   b̃ = γ (b − µ) / σ + β,   σ = √(var + ε)

Exact in real numbers; computed in float64. A missing bias is 0.

Applies where the BatchNorm is the only reader of a Conv or Dense. Everything else is left to
``lower_batchnorm``: a BatchNorm after an Add, before a ReLU or before a padded convolution, where its offset
would fail at the borders.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, Eq. 1. The paper calls σ the variance; it is the standard
deviation with the ε of the BatchNorm, as in Ioffe and Szegedy (2015).
"""

from dataclasses import replace

import numpy as np

from snnconv.graph.graph import BatchNorm, Conv, Dense, Graph, Node


def fold_batchnorm(graph: Graph) -> Graph:
    """Give the graph with every foldable BatchNorm folded.

    Parameters
    ----------
    graph : Graph
        A graph in topological order.

    Returns
    -------
    Graph
        The same function; the folded layer takes over the BatchNorm's output name.
    """
    folded: dict[str, Node] = {}  # by the output of the convolution that is replaced
    gone: set[str] = set()
    for node in graph.nodes:
        if not isinstance(node, BatchNorm):
            continue
        before = graph.producer(node.inputs[0])
        alone = len(graph.readers(node.inputs[0])) == 1 and node.inputs[0] != graph.output
        if isinstance(before, Conv | Dense) and alone:
            folded[before.output] = _folded(before, node)
            gone.add(node.output)
    return graph.with_nodes(folded.get(node.output, node) for node in graph.nodes if node.output not in gone)


def _folded(layer: Conv | Dense, norm: BatchNorm) -> Node:
    sigma = np.sqrt(norm.variance + norm.epsilon)
    gain = norm.gamma / sigma
    return replace(
        layer,
        weight=gain.reshape(-1, *(1,) * (layer.weight.ndim - 1)) * layer.weight,  # (O,) -> (O, 1, 1, 1)
        bias=gain * (layer.bias - norm.mean) + norm.beta,
        output=norm.output,
    )
