"""Makes one ReLU of two in a row: min(max(min(max(x, 0), a), 0), b) = min(max(x, 0), min(a, b)).

Exact. Applies where the second is the only reader of the first, as where a ReLU6 is written as a ReLU and a Min;
otherwise both stay.
"""

from dataclasses import replace

from snnconv.graph.graph import Graph, Node, Relu


def merge_relu(graph: Graph) -> Graph:
    """Give the graph with ReLUs of ReLUs merged; the result has the second one's output name."""
    made: dict[str, Node] = {}  # by output, in order
    for node in graph.nodes:
        before = made.get(node.inputs[0])
        alone = len(graph.readers(node.inputs[0])) == 1 and node.inputs[0] != graph.output
        if isinstance(node, Relu) and isinstance(before, Relu) and alone:
            del made[before.output]
            caps = [cap for cap in (before.cap, node.cap) if cap is not None]
            made[node.output] = replace(node, inputs=before.inputs, cap=min(caps, default=None))
        else:
            made[node.output] = node
    return graph.with_nodes(made.values())
