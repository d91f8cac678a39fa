"""Operators that onnxruntime's optimiser puts together, written out as those of ONNX that they were.

A model that onnxruntime saved after its own optimisations has operators of the domain ``com.microsoft``: FusedConv is a
convolution, a sum and an activation, FusedGemm and FusedMatMul likewise. Blocked layouts are not written out: their
weights are in another order, for one kind of processor.
"""

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from snnconv.graph.guarding.structure import opset
from snnconv.graph.guarding.tensors import node_name

_DOMAIN = "com.microsoft"
_LIMITS_ARE_INPUTS = 11
"""Since this opset, a Clip's."""

_ACTIVATIONS: dict[str, tuple[str, ...]] = {
    "Clip": ("min", "max"),
    "HardSigmoid": ("alpha", "beta"),
    "LeakyRelu": ("alpha",),
    "Relu": (),
    "Sigmoid": (),
    "Tanh": (),
}
"""What may be fused, and what its numbers are called in ONNX's own operator."""


def write_out_fused(model: onnx.ModelProto) -> onnx.ModelProto:
    """Write out what onnxruntime's optimiser put together.

    Parameters
    ----------
    model : ModelProto
        A sound one; it is not changed.

    Returns
    -------
    ModelProto
        The same object where there is nothing to write out. What is written out has the name of the node, and an
        ending; values keep theirs.
    """
    matrices = {tensor.name for tensor in model.graph.initializer if len(tensor.dims) == 2}
    fused = [_is_fused(node, matrices) for node in model.graph.node]
    if not any(fused):
        return model
    made = onnx.ModelProto()
    made.CopyFrom(model)
    writer = _Writer(model)
    del made.graph.node[:]
    for node, write_out in zip(model.graph.node, fused, strict=True):
        if write_out:
            writer.write(node)
        else:
            writer.nodes.append(node)
    made.graph.node.extend(writer.nodes)
    made.graph.initializer.extend(writer.constants)
    return made


def _is_fused(node: onnx.NodeProto, matrices: set[str]) -> bool:
    """Say whether a node is one of those that are written out; `matrices` are constants of two axes."""
    if node.domain != _DOMAIN or node.op_type not in _WRITERS or len(node.output) != 1 or len(node.input) < 2:
        return False
    given = {a.name: a for a in node.attribute}
    if "activation" in given and _text(given["activation"]) not in _ACTIVATIONS:
        return False
    if "MatMul" not in node.op_type:
        return True
    turned = any(given[name].i for name in ("transA", "transBatchA", "transBatchB") if name in given)
    return not turned and ("transB" not in given or not given["transB"].i or node.input[1] in matrices)


def _text(attribute: onnx.AttributeProto) -> str:
    return attribute.s.decode("utf-8", "replace")


class _Writer:
    def __init__(self, model: onnx.ModelProto) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._version = opset(model)
        graph = model.graph
        self._taken = {name for node in graph.node for name in (*node.input, *node.output)}
        self._taken.update(value.name for value in (*graph.input, *graph.initializer))

    def write(self, node: onnx.NodeProto) -> None:
        """Write out a node."""
        given = {a.name: a for a in node.attribute}
        activation = _text(given["activation"]) if "activation" in given else ""
        output = node.output[0]
        linear = self._new(f"{output}/linear") if activation else output
        kept = {name: helper.get_attribute_value(a) for name, a in given.items() if not name.startswith("activation")}
        _WRITERS[node.op_type](self, node, kept, linear)
        if activation:
            self._activate(node, activation, _numbers(given), linear)

    def _activate(self, node: onnx.NodeProto, activation: str, numbers: list[float], linear: str) -> None:
        inputs = [linear]
        given: dict[str, Any] = dict(zip(_ACTIVATIONS[activation], numbers, strict=False))
        if activation == "Clip" and self._version >= _LIMITS_ARE_INPUTS:
            inputs += [self._constant(f"{linear}/{name}", number) for name, number in given.items()]
            given = {}
        name = f"{node_name(node)}/{activation}"
        self.nodes.append(helper.make_node(activation, inputs, list(node.output), name=name, **given))

    def conv(self, node: onnx.NodeProto, attributes: dict[str, Any], output: str) -> None:
        """Write a convolution, and the sum behind it where there is one."""
        summed = len(node.input) > 3 and node.input[3]
        inner = self._new(f"{output}/conv") if summed else output
        self._add("Conv", node.input[:3], inner, node_name(node), attributes)
        if summed:
            self._add("Add", [inner, node.input[3]], output, f"{node_name(node)}/Add", {})

    def gemm(self, node: onnx.NodeProto, attributes: dict[str, Any], output: str) -> None:
        """Write a full connection."""
        self._add("Gemm", node.input, output, node_name(node), attributes)

    def matmul(self, node: onnx.NodeProto, attributes: dict[str, Any], output: str) -> None:
        """Write a product of matrices, and the number that it is multiplied by."""
        matrix, alpha = node.input[1], float(attributes.get("alpha", 1.0))
        if attributes.get("transB", 0):
            turned = self._new(f"{output}/matrix")
            self._add("Transpose", [matrix], turned, f"{node_name(node)}/Transpose", {})
            matrix = turned
        product = output if alpha == 1 else self._new(f"{output}/product")
        self._add("MatMul", [node.input[0], matrix], product, node_name(node), {})
        if alpha != 1:
            factor = self._constant(f"{output}/alpha", alpha)
            self._add("Mul", [product, factor], output, f"{node_name(node)}/Mul", {})

    def _add(self, op: str, inputs: Any, output: str, name: str, attributes: dict[str, Any]) -> None:
        given = list(inputs)
        while given and not given[-1]:
            given.pop()
        self.nodes.append(helper.make_node(op, given, [output], name=name, **attributes))

    def _constant(self, wish: str, number: float) -> str:
        name = self._new(wish)
        self.constants.append(numpy_helper.from_array(np.asarray(number, dtype=np.float32), name))
        return name

    def _new(self, wish: str) -> str:
        while wish in self._taken:
            wish += "~"
        self._taken.add(wish)
        return wish


def _numbers(given: dict[str, onnx.AttributeProto]) -> list[float]:
    """Give the numbers of an activation: a list, or one attribute for each."""
    if "activation_params" in given:
        return list(given["activation_params"].floats)
    return [given[name].f for name in ("activation_alpha", "activation_beta") if name in given]


_WRITERS = {
    "FusedConv": _Writer.conv,
    "FusedGemm": _Writer.gemm,
    "FusedMatMul": _Writer.matmul,
    "FusedMatMulActivation": _Writer.matmul,
}
