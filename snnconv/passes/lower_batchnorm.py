"""Turns a BatchNorm that no layer took up into an ``Affine``.

    gain = γ / σ,   offset = β − µ γ / σ,   σ = √(var + ε)

Exact in real numbers; computed in float64. Applies to every BatchNorm; none is refused.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, Eq. 1, with W = 1 and b = 0.
"""

import numpy as np

from snnconv.graph.graph import Affine, BatchNorm, Graph


def lower_batchnorm(graph: Graph) -> Graph:
    """Give the graph with every BatchNorm as an ``Affine`` of the same function."""
    return graph.with_nodes(_affine(node) if isinstance(node, BatchNorm) else node for node in graph.nodes)


def _affine(norm: BatchNorm) -> Affine:
    gain = norm.gamma / np.sqrt(norm.variance + norm.epsilon)
    offset = norm.beta - norm.mean * gain
    wide = (-1, *(1,) * (len(norm.shape) - 1))  # (C,) -> (C, 1, 1)
    return Affine(norm.name, norm.inputs, norm.output, norm.shape, gain=gain.reshape(wide), offset=offset.reshape(wide))
