"""Gemm and MatMul with constant weights: full connections."""

from typing import Any

import numpy as np

from snnconv.graph.graph import Dense
from snnconv.graph.reading.context import Context, OnnxNode, Unsupported

Array = np.ndarray[Any, Any]


def read_gemm(node: OnnxNode, context: Context) -> Dense:
    """Read y = α x·B + β c."""
    if node.attributes.get("transA", 0):
        raise Unsupported("transA=1 mixes the images of a batch")
    weight = context.weights(node.inputs[1]) * node.number("alpha", 1.0)
    if not node.attributes.get("transB", 0):
        weight = weight.T  # (I, O) -> (O, I)
    bias = np.zeros(weight.shape[0])
    if node.has(2):
        given = context.beside(context.weights(node.inputs[2]) * node.number("beta", 1.0), node.output)
        bias = bias + given
    return _dense(node, context, weight, bias)


def read_matmul(node: OnnxNode, context: Context) -> Dense:
    """Read y = x·B."""
    weight = context.weights(node.inputs[1])
    if weight.ndim != 2:
        raise Unsupported(f"its weight has shape {weight.shape}, two axes are expected")
    return _dense(node, context, weight.T, np.zeros(weight.shape[1]))


def _dense(node: OnnxNode, context: Context, weight: Array, bias: Array) -> Dense:
    found = context.full_shape(node.inputs[0])[1:]
    if len(found) != 1:
        raise Unsupported(f"its input has shape {found}, one axis is expected; flatten it first")
    if weight.shape[1:] != found:
        raise Unsupported(f"its weight {weight.shape} does not fit its input of {found[0]} values")
    source, features = context.flat_source(node.inputs[0])
    if features is not None:
        moved = np.zeros((len(weight), *context.made_shape(node.inputs[0])))
        np.add.at(moved.T, features, weight.T)  # onnx[i] = ours[features[i]], once or more often
        weight = moved
    return Dense(node.name, (source,), node.output, context.shape(node.output), weight=weight, bias=bias)


READERS = {"Gemm": read_gemm, "MatMul": read_matmul}
