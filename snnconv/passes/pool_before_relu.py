"""Moves a ReLU behind the max pooling that reads it: max over k of ReLU(xₖ) = ReLU(max over k of xₖ).

Exact, with a cap too. The network then pools currents, of which running sums have a largest one, and has neurons for
the pooled values only. Applies to every max pooling of a ReLU. A ReLU that others read too stays for them.
"""

from dataclasses import replace

from snnconv.graph.graph import Graph, MaxPool, Node, Relu, reached


def pool_before_relu(graph: Graph) -> Graph:
    """Give the graph with its max poolings before its ReLUs."""
    made: dict[str, Node] = {}  # by output, in order
    internal = dict(graph.internal)
    taken = {graph.input, *(node.output for node in graph.nodes)}
    for node in graph.nodes:
        before = made.get(node.inputs[0])
        if isinstance(node, MaxPool) and isinstance(before, Relu):
            pooled = f"{node.output}/currents"
            while pooled in taken:
                pooled += "~"
            internal[pooled] = ""
            made[pooled] = replace(node, inputs=before.inputs, output=pooled)
            made[node.output] = Relu(f"{node.name}/relu", (pooled,), node.output, node.shape, before.cap)
        else:
            made[node.output] = node
    # without the ReLUs that nobody reads any more
    return replace(graph, nodes=reached(list(made.values()), graph.output), internal=internal)
