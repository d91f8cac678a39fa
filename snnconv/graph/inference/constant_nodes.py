"""Which nodes are computed where all they read is constant, how much work they may be, and how it is done.

They are those that take little more memory than what they read and give: onnx's reference implementation, which
computes them, unfolds the images of a convolution, for one, and adds texts without end. What another node gives is not
known.
"""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto
from onnx.reference import ReferenceEvaluator

from snnconv.errors import ModelError
from snnconv.graph.guarding.tensors import node_name

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

_OF_PLACES = """
Concat Constant ConstantOfShape Expand Flatten Gather GatherND Identity NonZero Pad Range Reshape ScatterND Shape Size
Slice Split Squeeze Tile Transpose Unsqueeze
"""
_OF_EACH_NUMBER = """
Abs Add And Cast CastLike Ceil Clip Cos DequantizeLinear Div Equal Exp Floor Greater GreaterOrEqual IsNaN Less
LessOrEqual Log Max Mean Min Mod Mul Neg Not Or Pow QuantizeLinear Reciprocal Relu Round Sign Sin Sqrt Sub Sum Tanh
Where Xor
"""
_SUMS = """
Gemm MatMul ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
ReduceSumSquare
"""
_OPERATORS = frozenset(name for names in (_OF_PLACES, _OF_EACH_NUMBER, _SUMS) for name in names.split())

_ONE_BY_ONE = frozenset({"GatherND", "ScatterND"})
"""Operators for which the reference implementation goes through its indices in Python."""

_MANY = 2**16
"""Numbers that such an operator may read as indices."""

MOST_PRODUCTS = 2**34
"""Products of all matrix products together: seconds."""

_NUMBERS = frozenset(
    {
        TensorProto.BFLOAT16,
        TensorProto.BOOL,
        TensorProto.DOUBLE,
        TensorProto.FLOAT,
        TensorProto.FLOAT16,
        TensorProto.INT16,
        TensorProto.INT32,
        TensorProto.INT64,
        TensorProto.INT8,
        TensorProto.UINT16,
        TensorProto.UINT32,
        TensorProto.UINT64,
        TensorProto.UINT8,
    }
)
"""Types of numbers of 8 bytes or fewer."""

_KNOWN_SINCE = {"DequantizeLinear": 19, "QuantizeLinear": 19}
"""The oldest opset that the reference implementation has an operator of; it says the same before."""

_TEXTS = ("sparse_value", "value_string", "value_strings")


def may_be_computed(node: onnx.NodeProto) -> bool:
    """Say whether a node is one of those that are computed, whatever it reads."""
    if node.op_type == "Constant":
        return not any(a.name in _TEXTS or a.t.data_type == TensorProto.STRING for a in node.attribute)
    return node.op_type in _OPERATORS


def is_number(data_type: int) -> bool:
    """Say whether a type of ONNX is one of numbers that take 8 bytes or fewer."""
    return data_type in _NUMBERS


def reads_little(node: onnx.NodeProto, shapes: Mapping[str, Shape]) -> bool:
    """Say whether what a node reads has sizes with which it needs no more memory, or time, than its result shows.

    Parameters
    ----------
    node : NodeProto
        One that may be computed.
    shapes : mapping of str to tuple of int
        Of what it reads.
    """
    if node.op_type in _ONE_BY_ONE:
        return all(prod(shapes.get(name, ())) <= _MANY for name in node.input[1:2])
    if node.op_type in _KNOWN_SINCE:
        return all(_fits_levels(node, shapes[node.input[0]], shapes[name]) for name in node.input[1:] if name)
    if node.op_type == "Clip":  # numpy would spread what it clips over the limits
        return all(prod(shapes[name]) == 1 for name in node.input[1:] if name)
    return True


def _fits_levels(node: onnx.NodeProto, values: Shape, levels: Shape) -> bool:
    """Say whether scales or zero points are one number, or one for each element or block of an axis."""
    if prod(levels) == 1:
        return True
    given = {a.name: a.i for a in node.attribute}
    axis, block = given.get("axis", 1), given.get("block_size", 0)
    if not -len(values) <= axis < len(values):
        return False
    size = values[axis]
    if not block:
        return levels == (size,)
    blocks = list(values)
    blocks[axis] = -(-size // block) if block > 0 else 0
    # the blocks are written out, so that the last one may not be much longer than what is left
    return levels == tuple(blocks) and block <= max(size, 1)


def products(node: onnx.NodeProto, read: Shape, made: Shape) -> int:
    """Give the products that a matrix product takes at most; of any other operator, 0."""
    return prod(made) * max(read, default=1) if node.op_type in ("Gemm", "MatMul") else 0


def compute(node: onnx.NodeProto, given: Mapping[str, Array], version: int) -> dict[str, Array]:
    """Compute what a node gives.

    Parameters
    ----------
    node : NodeProto
    given : mapping of str to ndarray
        What it reads.
    version : int
        The opset of the model.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ModelError
        If it cannot be computed. The text does not name the file.
    """
    try:
        with np.errstate(all="ignore"):
            results = ReferenceEvaluator(_alone(node, list(given), version)).run(None, dict(given))
    # whatever the reference implementation makes of a damaged model
    except Exception as error:
        raise ModelError(
            f"the constant of node {node_name(node)} ({node.op_type}) cannot be computed: "
            f"{' '.join(str(error).split())[:200]}; fold constants when you export"
        ) from error
    return {name: np.asarray(value) for name, value in zip(filter(None, node.output), results, strict=True)}


def _alone(node: onnx.NodeProto, inputs: list[str], version: int) -> onnx.ModelProto:
    """Give a model of one node, in the opset of the file: a node by itself would be run in the newest."""
    given, made = ([onnx.ValueInfoProto(name=name) for name in names if name] for names in (inputs, node.output))
    graph = onnx.helper.make_graph([node], "constant", given, made)
    version = max(version, _KNOWN_SINCE.get(node.op_type, version))
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", version)])
