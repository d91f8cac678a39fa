"""Compensation factors, and the weights that they multiply.

    W′ = W · ζ    (Eq. 14)

for all weights onto neurons: convolutions, classifier, shortcuts, and what follows a pooling. With ``biases`` the
biases onto neurons are multiplied too. A weight onto another weight (a convolution of currents on a membrane shortcut)
keeps its size: ζ would count twice on the way to the neuron.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, section 3.3; the first version's section 3.3 has one factor per layer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.builder import Builder


@dataclass(frozen=True)
class Factors:
    """ζ of the layers of neurons.

    Attributes
    ----------
    everywhere : float
        Of every layer that has none of its own, and of a readout that accumulates current.
    layers : mapping of str to float
        By the name of the layer of neurons.
    """

    everywhere: float = 1.0
    layers: Mapping[str, float] = field(default_factory=dict)


def multiply(built: Builder, factors: Factors, *, biases: bool) -> None:
    """Multiply the weights onto neurons, in place.

    Parameters
    ----------
    built : Builder
        With float64 weights that are not on their grids yet.
    factors : Factors
    biases : bool
        Multiply biases and offsets too.
    """
    for reader, nodes in synapses_onto(built.nodes, built.edges).items():
        factor = factors.layers.get(reader, factors.everywhere)
        for node in nodes:
            fields = node.PARAMETERS
            for name in filter(None, (getattr(node, one) for one in (fields if biases else fields[:1]))):
                built.tensors[name] = np.asarray(built.tensors[name]) * factor


def synapses_onto(nodes: Iterable[ir.Node], edges: Iterable[ir.Edge]) -> dict[str, list[ir.Node]]:
    """Give what stands between the layers: the nodes that make the current of a layer of neurons, or of the readout.

    Parameters
    ----------
    nodes : iterable of Node
    edges : iterable of Edge

    Returns
    -------
    dict of str to list of Node
        By the name of the reader, in the order of `nodes`: weighted nodes, and the sums, pools and slices of their
        currents or, where no weights are left between, of spikes. A node of several readers belongs to the first.
    """
    nodes = list(nodes)
    by_name = {node.name: node for node in nodes}
    sources: dict[str, list[str]] = {}
    for edge in edges:
        sources.setdefault(edge.target, []).append(edge.source)
    taken: set[str] = set()
    found: dict[str, list[ir.Node]] = {}
    for node in nodes:
        if not isinstance(node, ir.Neuron | ir.Readout):
            continue
        waiting, mine = list(sources.get(node.name, ())), set[str]()
        while waiting:
            name = waiting.pop()
            if name in mine | taken or isinstance(by_name[name], ir.Neuron | ir.Input):
                continue
            mine.add(name)
            if not isinstance(by_name[name], ir.Weighted):
                waiting += sources.get(name, ())
        found[node.name] = [one for one in nodes if one.name in mine]
        taken |= mine
    return found
