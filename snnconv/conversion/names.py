"""The names of a model, as a spiking network's file can hold them."""

from snnconv.errors import ModelError
from snnconv.graph.graph import Graph

LONGEST_NAME = 448
"""Of a node or value, in characters: a spiking network holds 512, and names its tensors by node and parameter."""


def check_names(graph: Graph) -> None:
    """Refuse names that do not fit into the file.

    Raises
    ------
    ModelError
    """
    names = [("the input", graph.input)]
    for node in graph.nodes:
        names += [("a node", node.name), (f"the output of node {node.name[:40]}", node.output)]
    for what, name in names:
        if len(name) > LONGEST_NAME:
            raise ModelError(
                f"{graph.name}: {what} has a name of {len(name)} characters ({name[:40]}…), at most {LONGEST_NAME} are "
                "read; rename it in the ONNX file"
            )
