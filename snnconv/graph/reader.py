"""ONNX file -> Graph.

Every operator that is not supported is named at once, before anything runs: first the operators themselves,
then, with constants folded, the attributes that we cannot convert.
"""

from dataclasses import replace
from pathlib import Path

import onnx

from snnconv.errors import ModelError, UnsupportedOperatorError
from snnconv.graph import onnx_file
from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import Graph, Node
from snnconv.graph.onnx_file import OnnxFile
from snnconv.graph.ops import READERS
from snnconv.graph.simplify import simplify


def read(path: Path) -> Graph:
    """Read an ONNX file.

    Parameters
    ----------
    path : Path
        The model: one image input (N, C, H, W) float32, one output (N, classes).

    Returns
    -------
    Graph
        The ReLU network, BatchNorm not folded.

    Raises
    ------
    FileMissingError
        If there is no such file.
    ModelError
        If it is no valid ONNX model, or holds NaN or infinity.
    UnsupportedOperatorError
        Naming every node that cannot be converted.
    """
    file = onnx_file.load(path)
    _refuse(path, _unknown_operators(file))
    model = simplify(file)
    context = Context(model, file.batch or 1)
    try:
        nodes, reasons, aliases = _read_nodes(model, context)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    _refuse(path, reasons)
    # an output that is another value under a second name is followed to it
    output = aliases.get(file.output, file.output)
    graph = Graph(path.name, file.sha256, file.input, file.input_shape, output, tuple(nodes))
    return _checked(path, graph)


def _unknown_operators(file: OnnxFile) -> list[str]:
    """Name the nodes on the image's way whose operator has no reader; shape arithmetic is not on that way."""
    on_the_way = {file.input}
    reasons = []
    for proto in file.model.graph.node:
        if proto.op_type == "Shape" or not on_the_way.intersection(proto.input):
            continue
        on_the_way.update(proto.output)
        domain = "" if proto.domain in ("", "ai.onnx") else f"{proto.domain}."
        if domain or proto.op_type not in READERS:
            node = OnnxNode.of(proto)
            reasons.append(f"{domain}{node.op} {node.name}")
    return reasons


def _read_nodes(model: onnx.ModelProto, context: Context) -> tuple[list[Node], list[str], dict[str, str]]:
    nodes: list[Node] = []
    reasons: list[str] = []
    aliases: dict[str, str] = {}
    for proto in model.graph.node:
        node = OnnxNode.of(proto)
        if node.op == "Constant":
            continue
        node = replace(node, inputs=tuple(aliases.get(value, value) for value in node.inputs))
        reader = READERS.get(node.op)
        if reader is None:
            reasons.append(f"{node.op} {node.name} (no such operator is supported)")
            continue
        try:
            made = reader(node, context)
        except Unsupported as reason:
            reasons.append(f"{node.op} {node.name} ({reason})")
            continue
        if isinstance(made, str):
            aliases[node.output] = aliases.get(made, made)
        else:
            nodes.append(made)
    return nodes, reasons, aliases


def _refuse(path: Path, reasons: list[str]) -> None:
    if reasons:
        count = f"{len(reasons)} nodes" if len(reasons) > 1 else "1 node"
        supported = ", ".join(sorted(READERS))
        raise UnsupportedOperatorError(
            f"{path} cannot be converted, {count} not supported: {'; '.join(reasons)}. Supported operators: {supported}"
        )


def _checked(path: Path, graph: Graph) -> Graph:
    """Check that the output is a list of logits."""
    if graph.producer(graph.output) is None:
        raise ModelError(f"{path}: the output {graph.output} is not made by a supported layer; end with a classifier")
    if len(graph.shape_of(graph.output)) != 1:
        found = graph.shape_of(graph.output)
        raise ModelError(f"{path}: the output {graph.output} has shape {found} per image, (classes,) is expected")
    return graph
