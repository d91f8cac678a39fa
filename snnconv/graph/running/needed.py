"""The part of a model that makes given values from images: all that onnxruntime is given.

onnxruntime computes constants when it loads a model, those of nodes that nobody reads too, and an integer division
there can end the process. So constants that are known already take the place of the nodes that make them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

Array = np.ndarray[Any, Any]

_IR_VERSION = 8
"""The nodes that are left need no newer one, and onnxruntime may know fewer than onnx."""


def needed_model(
    model: onnx.ModelProto, constants: Mapping[str, TensorProto | Array], values: Iterable[str], open_batch: bool
) -> onnx.ModelProto:
    """Give a model with the nodes that make `values` from the image, and no others.

    Parameters
    ----------
    model : ModelProto
        A whole one; it is not changed.
    constants : mapping of str to TensorProto or ndarray
        The values that do not depend on the image, as `snnconv.graph.inference.infer.infer` finds them.
    values : iterable of str
        What the model is to give, each made by a node that depends on the image.
    open_batch : bool
        Whether the file leaves the batch size open: what follows from a shape then stays computed.

    Returns
    -------
    ModelProto
        Its outputs are `values`, in order; no two nodes have one name.
    """
    if open_batch:
        constants = _of_any_batch(model, constants)
    names = list(values)
    wanted = set(names)
    nodes: list[onnx.NodeProto] = []
    for node in reversed(model.graph.node):
        made = [name for name in node.output if name]
        if wanted.isdisjoint(made) or all(name in constants for name in made):
            continue
        nodes.append(node)
        wanted.update(_read(node))
    graph = onnx.GraphProto(name=model.graph.name or "model", node=reversed(nodes), input=model.graph.input)
    _make_names_unique(graph)
    # without types, which onnxruntime finds itself: what the file says of its outputs is not believed
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    graph.initializer.extend(_tensor(name, constants[name]) for name in sorted(wanted) if name in constants)
    return onnx.ModelProto(ir_version=min(model.ir_version, _IR_VERSION), opset_import=model.opset_import, graph=graph)


def _make_names_unique(graph: onnx.GraphProto) -> None:
    """Take the name from a node that has that of one before it: they need none, and onnxruntime takes none twice."""
    seen: set[str] = set()
    for node in graph.node:
        if node.name in seen:
            node.name = ""
        seen.add(node.name)


def _of_any_batch(
    model: onnx.ModelProto, constants: Mapping[str, TensorProto | Array]
) -> dict[str, TensorProto | Array]:
    """Give the constants that do not follow from the shape of an image's value."""
    found = {tensor.name: constants[tensor.name] for tensor in model.graph.initializer if tensor.name in constants}
    for node in model.graph.node:
        if all(name in found for name in _read(node)):
            found.update((name, constants[name]) for name in node.output if name in constants)
    return found


def _read(node: onnx.NodeProto) -> set[str]:
    """Give what a node reads, in the graphs inside it too."""
    found = set(filter(None, node.input))
    for attribute in node.attribute:
        for graph in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
            found.update(name for inner in graph.node for name in _read(inner))
            found.update(value.name for value in graph.output)
    return found


def _tensor(name: str, value: TensorProto | Array) -> TensorProto:
    if not isinstance(value, TensorProto):
        return numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name)
    if value.name == name:
        return value
    # a Constant node's tensor may have another name, or none
    renamed = TensorProto()
    renamed.CopyFrom(value)
    renamed.name = name
    return renamed
