"""Values that an ONNX file does not have, computed from those that it has.

They are the parts of an operator that is read as a sum of ReLUs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from snnconv.graph.graph import Add, Affine, Graph, Relu

Array = np.ndarray[Any, Any]


def read_for(graph: Graph, value: str) -> tuple[str, ...]:
    """Give the values of the file that a derived one follows from.

    Parameters
    ----------
    graph : Graph
        As it was read.
    value : str
        One of ``graph.derived``.
    """
    node = graph.producer(value)
    assert node is not None  # noqa: S101 - what is derived is made by a node
    found: dict[str, None] = {}
    for name in node.inputs:
        found.update(dict.fromkeys(read_for(graph, name) if name in graph.derived else (name,)))
    return tuple(found)


def derive(graph: Graph, value: str, given: Mapping[str, Array]) -> Array:
    """Compute a derived value in float32, as the file computes its own.

    Parameters
    ----------
    graph : Graph
        As it was read.
    value : str
        One of ``graph.derived``.
    given : mapping of str to ndarray (N, ...) float32
        The values that `read_for` names, channels first.

    Returns
    -------
    ndarray (N, ...) float32
    """
    if value not in graph.derived:
        return given[value]
    node = graph.producer(value)
    assert isinstance(node, Affine | Add | Relu)  # noqa: S101 - what sums of ReLUs are made of
    parts = [derive(graph, name, given) for name in node.inputs]
    match node:
        case Affine():
            result = parts[0] * node.gain.astype(np.float32) + node.offset.astype(np.float32)
        case Add():
            result = np.asarray(sum(parts[1:], start=parts[0]))
        case Relu():
            result = np.clip(parts[0], 0.0, node.cap)
    return result.astype(np.float32, copy=False)
