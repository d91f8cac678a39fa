"""What holds in every sound ONNX model, checked before native code of onnx or onnxruntime sees it.

Their checkers, shape inference and optimisers trust more than a damaged file keeps, and may end the whole process.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import onnx

from snnconv.errors import ModelError
from snnconv.graph.guarding import runtime_opset
from snnconv.graph.guarding.attributes import check_attributes
from snnconv.graph.guarding.tensors import check_tensor, inner_graphs, node_name, tensors

OLDEST_OPSET = 7
"""Before it, BatchNormalization, Add and others had other attributes."""

MAX_NODES = 100_000
MAX_GRAPH_DEPTH = 8
_MAX_ATTRIBUTES = 256
_OWN_DOMAINS = ("", "ai.onnx")


def check_structure(model: onnx.ModelProto, memory_limit: int) -> None:
    """Check versions, tensors, names, the order of nodes and their attributes.

    Parameters
    ----------
    model : ModelProto
        With its external data read.
    memory_limit : int
        Bytes that all tensors together may take.

    Raises
    ------
    ModelError
        Naming the node, tensor or attribute. The text does not name the file.
    """
    version = _check_versions(model)
    versions = [_function_version(function, version) for function in model.functions]
    _check_tensors(model, memory_limit)
    count = _Count()
    _check_graph(model.graph, version, [], count)
    for function, own in zip(model.functions, versions, strict=True):
        _check_function(function, own, count)


@dataclass
class _Count:
    nodes: int = 0


def _check_versions(model: onnx.ModelProto) -> int:
    """Give the model's opset."""
    if not 3 <= model.ir_version <= onnx.IR_VERSION:
        raise ModelError(
            f"has IR version {model.ir_version}, 3 to {onnx.IR_VERSION} are read; export it again, or update onnx"
        )
    found = [opset.version for opset in model.opset_import if opset.domain in _OWN_DOMAINS]
    if len(found) != 1:
        raise ModelError(f"names {len(found)} opsets of ONNX's own, exactly one is expected; export it with opset 17")
    return _checked_opset("the model", found[0])


def _checked_opset(what: str, version: int) -> int:
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST_OPSET <= version <= newest:
        raise ModelError(
            f"{what} has opset {version}, {OLDEST_OPSET} to {newest} are read; export it with opset 17, or convert it "
            "with onnx.version_converter"
        )
    if version > runtime_opset.KNOWN and version > (runs := runtime_opset.newest_opset()):
        raise ModelError(
            f"{what} has opset {version}, the installed onnxruntime runs {runs} at most; export it with opset 17, "
            "convert it with onnx.version_converter, or update onnxruntime"
        )
    return version


def _function_version(function: onnx.FunctionProto, version: int) -> int:
    found = [opset.version for opset in function.opset_import if opset.domain in _OWN_DOMAINS]
    if len(found) > 1:
        raise ModelError(f"the function {function.name} names {len(found)} opsets of ONNX's own, one is expected")
    return _checked_opset(f"the function {function.name}", found[0]) if found else version


def _check_tensors(model: onnx.ModelProto, memory_limit: int) -> None:
    total = 0
    for what, tensor in tensors([model.graph, *model.functions]):
        total += check_tensor(what, tensor, memory_limit)
        if total > memory_limit:
            raise ModelError(
                f"holds tensors of more than {memory_limit} bytes, up to {what}; raise the memory limit, or use a "
                "smaller model"
            )


def _check_graph(
    graph: onnx.GraphProto, version: int, outer: list[set[str]], count: _Count, in_function: bool = False
) -> None:
    if len(outer) > MAX_GRAPH_DEPTH:
        raise ModelError(f"has graphs nested more than {MAX_GRAPH_DEPTH} deep; it is damaged, or no network")
    if graph.sparse_initializer:
        named = graph.sparse_initializer[0].values.name
        raise ModelError(f"keeps the tensor {named} sparse, which is not read; export it dense")
    weights = [tensor.name for tensor in graph.initializer]
    inputs = [value.name for value in graph.input]
    _refuse_repeated(weights, "tensor")
    _refuse_repeated(inputs, "input")
    defined = {*weights, *inputs}
    if "" in defined:
        raise ModelError("has a tensor or input without a name; export it again")
    _check_nodes(graph.node, version, [*outer, defined], count, in_function)
    _check_outputs([value.name for value in graph.output], defined)


def _check_function(function: onnx.FunctionProto, version: int, count: _Count) -> None:
    _refuse_repeated(list(function.input), f"input of function {function.name}")
    defined = set(function.input)
    _check_nodes(function.node, version, [defined], count, in_function=True)
    _check_outputs(list(function.output), defined)


def _check_outputs(outputs: list[str], defined: set[str]) -> None:
    _refuse_repeated(outputs, "output")
    for name in outputs:
        if name not in defined:
            raise ModelError(f"has the output {name or 'without a name'}, which no node makes; export it again")


def _refuse_repeated(names: list[str], what: str) -> None:
    if len(set(names)) != len(names):
        name, times = Counter(names).most_common(1)[0]
        raise ModelError(f"has the {what} {name} {times} times; export it again")


def _check_nodes(
    nodes: Iterable[onnx.NodeProto], version: int, scopes: list[set[str]], count: _Count, in_function: bool = False
) -> None:
    """Check nodes in order; what they make is added to the innermost scope."""
    nodes = list(nodes)
    count.nodes += len(nodes)
    if count.nodes > MAX_NODES:
        raise ModelError(f"has more than {MAX_NODES} nodes; it is damaged, or no network")
    defined = scopes[-1]
    for place, node in enumerate(nodes):
        _check_node(node, version, in_function)
        for name in filter(None, node.input):
            if not any(name in scope for scope in scopes):
                raise _undefined(nodes, place, name)
        for attribute in node.attribute:
            for inner in inner_graphs(attribute):
                _check_graph(inner, version, scopes, count, in_function)
        for name in filter(None, node.output):
            if name in defined:
                maker = f"node {node_name(node)} ({node.op_type})"
                raise ModelError(f"{maker} makes {name}, which is there already; export the model again")
            defined.add(name)


def _check_node(node: onnx.NodeProto, version: int, in_function: bool) -> None:
    if not node.op_type:
        raise ModelError(f"node {node.name or 'without a name'} has no operator; export the model again")
    if not any(node.output):
        raise ModelError(f"node {node_name(node)} ({node.op_type}) makes nothing; export the model again")
    if len(node.attribute) > _MAX_ATTRIBUTES:
        raise ModelError(
            f"node {node_name(node)} ({node.op_type}) has {len(node.attribute)} attributes, at most "
            f"{_MAX_ATTRIBUTES} are read"
        )
    for attribute in node.attribute:
        # onnx's shape inference of a Split would make a list of that many sizes
        if node.op_type == "Split" and attribute.name == "num_outputs" and attribute.i != len(node.output):
            raise ModelError(
                f"node {node_name(node)} (Split) makes {len(node.output)} parts, and its num_outputs is "
                f"{attribute.i}; export the model again"
            )
    check_attributes(node, version if node.domain in _OWN_DOMAINS else None, in_function)


def _undefined(nodes: list[onnx.NodeProto], place: int, name: str) -> ModelError:
    """Say why a value is not there when a node reads it."""
    reader = f"node {node_name(nodes[place])} ({nodes[place].op_type}) reads {name}"
    makers: Mapping[str, int] = {made: i for i, node in enumerate(nodes) for made in node.output if made}
    if name not in makers:
        return ModelError(f"{reader}, which nothing makes; export the model again")
    order = TopologicalSorter({i: {makers[v] for v in node.input if v in makers} for i, node in enumerate(nodes)})
    try:
        order.prepare()
    except CycleError as error:
        ring = ", ".join(node_name(nodes[i]) for i in error.args[1][:5])
        return ModelError(f"has nodes that form a cycle: {ring}; a residual network has none")
    maker = node_name(nodes[makers[name]])
    return ModelError(f"{reader}, which node {maker} makes only later; sort the nodes, or export the model again")


def opset(model: onnx.ModelProto) -> int:
    """Give the opset of ONNX's own operators; a model that `check_structure` lets pass names exactly one."""
    return int(next(found.version for found in model.opset_import if found.domain in _OWN_DOMAINS))


def is_own(node: onnx.NodeProto) -> bool:
    """Say whether an operator is one of ONNX's own domain."""
    return node.domain in _OWN_DOMAINS
