"""Residual units in a graph, and which of Sengupta et al.'s constraints it meets.

References
----------
Sengupta, Ye, Wang, Liu, Roy: Going Deeper in Spiking Neural Networks, sections 4.3 and 6.
"""

from collections.abc import Iterable

from snnconv.graph import graph as ann


def unit_relus(graph: ann.Graph) -> set[str]:
    """Name the outputs of the ReLUs in residual units: those on the paths that an Add joins, and those behind an Add.

    A path begins where the inputs of the Add part: what all of them come from lies before the unit.
    """
    ancestors: dict[str, set[str]] = {graph.input: {graph.input}}
    for node in graph.nodes:
        ancestors[node.output] = {node.output}.union(*(ancestors[value] for value in node.inputs))
    relus = {node.output for node in graph.nodes if isinstance(node, ann.Relu)}
    found: set[str] = set()
    for node in graph.nodes:
        if not isinstance(node, ann.Add):
            continue
        first, *others = [ancestors[value] for value in node.inputs]
        found |= (first.union(*others) - first.intersection(*others)) & relus
        found |= {reader.output for reader in graph.readers(node.output) if isinstance(reader, ann.Relu)}
    return found


def junction_relus(graph: ann.Graph) -> bool:
    """Say whether a ReLU stands behind each addition: constraint 1."""
    return all(
        [isinstance(reader, ann.Relu) for reader in graph.readers(node.output)] == [True]
        for node in graph.nodes
        if isinstance(node, ann.Add)
    )


def plain_layers(graph: ann.Graph, units: set[str]) -> int:
    """Count the ReLUs before the first residual unit: constraint 3 asks for two more than the one that is usual."""
    count = 0
    for node in graph.nodes:
        if isinstance(node, ann.Add) or node.output in units:
            break
        count += isinstance(node, ann.Relu)
    return count


def bias_free(nodes: Iterable[ann.Node]) -> bool:
    """Say whether no layer has a bias (section 4.3.1)."""
    layers = [node for node in nodes if isinstance(node, ann.Conv | ann.Dense)]
    offsets = [node for node in nodes if isinstance(node, ann.Affine)]
    return not any(node.bias.any() for node in layers) and not any(node.offset.any() for node in offsets)
