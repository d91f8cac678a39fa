"""Gemm and MatMul with constant weights: full connections."""

import numpy as np

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import Dense


def read_gemm(node: OnnxNode, context: Context) -> Dense:
    """Read y = α x·B + β c."""
    if node.attributes.get("transA", 0):
        raise Unsupported("transA=1 mixes the images of a batch")
    weight = context.weights(node.inputs[1]) * float(node.attributes.get("alpha", 1.0))
    if not node.attributes.get("transB", 0):
        weight = weight.T  # (I, O) -> (O, I)
    bias = np.zeros(weight.shape[0])
    if len(node.inputs) > 2 and node.inputs[2]:
        given = context.weights(node.inputs[2]) * float(node.attributes.get("beta", 1.0))
        if given.size not in (1, weight.shape[0]) or (given.ndim == 2 and given.shape[0] != 1):
            raise Unsupported(f"its bias of shape {given.shape} differs by image")
        bias = bias + given.reshape(-1)
    return _dense(node, context, weight, bias)


def read_matmul(node: OnnxNode, context: Context) -> Dense:
    """Read y = x·B."""
    weight = context.weights(node.inputs[1])
    if weight.ndim != 2:
        raise Unsupported(f"its weight has shape {weight.shape}, two axes are expected")
    return _dense(node, context, weight.T, np.zeros(weight.shape[1]))


def _dense(node: OnnxNode, context: Context, weight: np.ndarray, bias: np.ndarray) -> Dense:
    found = context.shape(node.inputs[0])
    if len(found) != 1:
        raise Unsupported(f"its input has shape {found}, one axis is expected; flatten it first")
    return Dense(node.name, node.inputs[:1], node.output, context.shape(node.output), weight=weight, bias=bias)


READERS = {"Gemm": read_gemm, "MatMul": read_matmul}
