"""Tensors of an ONNX file: their sizes, and whether they hold as many numbers as they say."""

from collections.abc import Iterable, Iterator
from math import prod

import onnx
from onnx import AttributeProto, TensorProto

from snnconv.errors import ModelError

MAX_RANK = 32

# data type -> bits of a number, the typed field that holds it, entries of that field for a number
_KINDS: dict[int, tuple[int, str, int]] = {
    TensorProto.FLOAT: (32, "float_data", 1),
    TensorProto.COMPLEX64: (64, "float_data", 2),
    TensorProto.DOUBLE: (64, "double_data", 1),
    TensorProto.COMPLEX128: (128, "double_data", 2),
    TensorProto.INT64: (64, "int64_data", 1),
    TensorProto.UINT64: (64, "uint64_data", 1),
    TensorProto.UINT32: (32, "uint64_data", 1),
    TensorProto.INT32: (32, "int32_data", 1),
    TensorProto.INT16: (16, "int32_data", 1),
    TensorProto.UINT16: (16, "int32_data", 1),
    TensorProto.FLOAT16: (16, "int32_data", 1),
    TensorProto.BFLOAT16: (16, "int32_data", 1),
    TensorProto.INT8: (8, "int32_data", 1),
    TensorProto.UINT8: (8, "int32_data", 1),
    TensorProto.BOOL: (8, "int32_data", 1),
}
_TYPED = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")


def type_name(data_type: int) -> str:
    """Give ONNX's name of a data type, or its number where there is none."""
    try:
        return str(TensorProto.DataType.Name(data_type))
    except ValueError:
        return f"number {data_type}"


def tensors(graphs: Iterable[onnx.GraphProto | onnx.FunctionProto]) -> Iterator[tuple[str, TensorProto]]:
    """Give every tensor of graphs and of the graphs inside them, with what a message calls it."""
    waiting = list(graphs)
    while waiting:
        graph = waiting.pop()
        if isinstance(graph, onnx.GraphProto):
            for tensor in graph.initializer:
                yield f"the tensor {tensor.name}", tensor
        for node in graph.node:
            for attribute in node.attribute:
                held = list(attribute.tensors)
                if attribute.HasField("t"):
                    held.append(attribute.t)
                for tensor in held:
                    yield f"the tensor in {attribute.name} of node {node_name(node)}", tensor
                waiting.extend(inner_graphs(attribute))


def inner_graphs(attribute: AttributeProto) -> list[onnx.GraphProto]:
    """Give the graphs that an attribute holds."""
    return [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]


def node_name(node: onnx.NodeProto) -> str:
    """Give a node's name, or ``op:output`` where the file gives none."""
    return node.name or f"{node.op_type}:{node.output[0] if node.output else '?'}"


def shown(dims: Iterable[int]) -> str:
    """Give sizes as people write them."""
    sizes = list(dims)
    return "×".join(str(size) for size in sizes[:MAX_RANK]) or "()"


def byte_count(what: str, tensor: TensorProto) -> int:
    """Give the bytes of a tensor as it says, whatever it holds.

    Parameters
    ----------
    what : str
        What a message calls it.
    tensor : TensorProto
        Any.

    Returns
    -------
    int
        Not bounded: sizes in a damaged file may multiply to anything. Strings count as they are.

    Raises
    ------
    ModelError
        If its type is not known, or a size is negative.
    """
    if len(tensor.dims) > MAX_RANK or min(tensor.dims, default=0) < 0:
        raise ModelError(
            f"{what} has shape {shown(tensor.dims)}; at most {MAX_RANK} sizes of 0 or more are read; export it again"
        )
    if tensor.data_type == TensorProto.STRING:
        return sum(len(text) for text in tensor.string_data)
    if tensor.data_type not in _KINDS:
        raise ModelError(f"{what} has type {type_name(tensor.data_type)}, which is not read; export in float32")
    return int(prod(tensor.dims)) * _KINDS[tensor.data_type][0] // 8


def check_tensor(what: str, tensor: TensorProto, memory_limit: int) -> int:
    """Check that a tensor holds as many numbers as its shape says.

    Parameters
    ----------
    what : str
        What a message calls it.
    tensor : TensorProto
        With its data: external data were read before.
    memory_limit : int
        Bytes that it may take.

    Returns
    -------
    int
        Its bytes.

    Raises
    ------
    ModelError
        If it does not, or is too large.
    """
    size = byte_count(what, tensor)
    if size > memory_limit:
        raise ModelError(
            f"{what} has shape {shown(tensor.dims)} and takes {size} bytes, at most {memory_limit} are allowed; "
            "raise the memory limit, or export it again"
        )
    if tensor.HasField("segment"):
        raise ModelError(f"{what} is a segment of a larger tensor, which is not read; export it in one piece")
    filled = [name for name in _TYPED if len(getattr(tensor, name))]
    if tensor.HasField("raw_data"):
        if filled or tensor.data_type == TensorProto.STRING:
            raise ModelError(f"{what} holds its numbers both as raw_data and in other fields; export it again")
        found, expected, field = len(tensor.raw_data), size, "bytes"
    else:
        if tensor.data_type == TensorProto.STRING:
            field, expected = "string_data", prod(tensor.dims)
        else:
            _, field, entries = _KINDS[tensor.data_type]
            expected = prod(tensor.dims) * entries
        if filled not in ([], [field]):
            raise ModelError(f"{what} holds numbers in {', '.join(filled)}, {field} is expected; export it again")
        found = len(getattr(tensor, field))
    if found != expected:
        raise ModelError(
            f"{what} has shape {shown(tensor.dims)} and needs {expected} {field}, {found} found; "
            "the file is damaged, export it again"
        )
    return size
