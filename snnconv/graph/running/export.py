"""Graph -> ONNX: a plain model in float32 that onnxruntime runs, so that each stage can be compared with the file."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from snnconv.graph.graph import (
    Add,
    Affine,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Flatten,
    Graph,
    MaxPool,
    Node,
    Relu,
    Select,
)

Array = np.ndarray[Any, Any]

_OPSET = 17
_IR_VERSION = 8
_BATCH = "N"


def to_model(graph: Graph, values: Sequence[str] = ()) -> onnx.ModelProto:
    """Write a graph as an ONNX model.

    Parameters
    ----------
    graph : Graph
        With any of the nodes of `snnconv.graph.graph`.
    values : sequence of str
        Names of the values that the model gives. Empty: the output alone.

    Returns
    -------
    onnx.ModelProto
        Opset 17. It takes images (N, C, H, W) float32 with any N, and gives values channels first, float32; each has
        the name that it has in the graph. Pads and sizes are explicit.
    """
    writer = _Writer(graph)
    for node in graph.nodes:
        _WRITERS[type(node)](writer, node)
    given = [_described(name, graph) for name in tuple(values) or (graph.output,)]
    made = helper.make_graph(
        writer.nodes, graph.name, [_described(graph.input, graph)], given, initializer=writer.constants
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)


def _described(name: str, graph: Graph) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [_BATCH, *graph.shape_of(name)])


class _Writer:
    """Collects ONNX nodes and constants; what it names itself has no name of the graph's."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.shape_of = graph.shape_of
        self._values = {graph.input, *(node.output for node in graph.nodes)}
        self._operators: set[str] = set()

    def add(self, op: str, inputs: Sequence[str], node: Node, **attributes: Any) -> None:
        """Add the operator that makes a node's output."""
        # several nodes may have come from one of the file
        name = _new_name(node.name, self._operators)
        self.nodes.append(helper.make_node(op, list(inputs), [node.output], name=name, **attributes))

    def add_before(self, op: str, inputs: Sequence[str], node: Node, **attributes: Any) -> str:
        """Add an operator on the way to a node's output, and give the name of what it makes."""
        made = _new_name(f"{node.output}/{op.lower()}", self._values)
        self.nodes.append(helper.make_node(op, list(inputs), [made], **attributes))
        return made

    def numbers(self, node: Node, what: str, values: Array | float) -> str:
        """Add a constant of real numbers, and give its name."""
        # what float32 cannot hold becomes infinite, and then shows in the values
        with np.errstate(over="ignore"):
            narrow = np.asarray(values).astype(np.float32)
        return self._constant(node, what, narrow)

    def integers(self, node: Node, what: str, values: Sequence[int]) -> str:
        """Add a constant list of integers, and give its name."""
        return self._constant(node, what, np.array(values, dtype=np.int64))

    def _constant(self, node: Node, what: str, values: Array) -> str:
        name = _new_name(f"{node.output}/{what}", self._values)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values).reshape(values.shape), name))
        return name


def _new_name(wish: str, taken: set[str]) -> str:
    """Give a name that is not taken yet, and take it."""
    while wish in taken:
        wish += "_"
    taken.add(wish)
    return wish


def _conv(writer: _Writer, node: Conv) -> None:
    inputs = [*node.inputs, writer.numbers(node, "weight", node.weight), writer.numbers(node, "bias", node.bias)]
    geometry = {"strides": node.strides, "pads": node.pads, "dilations": node.dilations}
    writer.add("Conv", inputs, node, kernel_shape=node.weight.shape[2:], group=node.groups, **geometry)


def _dense(writer: _Writer, node: Dense) -> None:
    inputs = [*node.inputs, writer.numbers(node, "weight", node.weight), writer.numbers(node, "bias", node.bias)]
    writer.add("Gemm", inputs, node, transB=1)


def _batchnorm(writer: _Writer, node: BatchNorm) -> None:
    parts = {"gamma": node.gamma, "beta": node.beta, "mean": node.mean, "variance": node.variance}
    constants = [writer.numbers(node, name, values) for name, values in parts.items()]
    writer.add("BatchNormalization", [*node.inputs, *constants], node, epsilon=node.epsilon)


def _affine(writer: _Writer, node: Affine) -> None:
    # (C, 1, 1) -> (1, C, 1, 1)
    gain, offset = writer.numbers(node, "gain", node.gain[None]), writer.numbers(node, "offset", node.offset[None])
    writer.add("Add", [writer.add_before("Mul", [*node.inputs, gain], node), offset], node)


def _relu(writer: _Writer, node: Relu) -> None:
    if node.cap is None:
        writer.add("Relu", node.inputs, node)
    else:
        limits = [writer.numbers(node, "low", 0.0), writer.numbers(node, "cap", node.cap)]
        writer.add("Clip", [*node.inputs, *limits], node)


def _add(writer: _Writer, node: Add) -> None:
    writer.add("Add" if len(node.inputs) == 2 else "Sum", node.inputs, node)


def _average_pool(writer: _Writer, node: AveragePool) -> None:
    factor = prod(node.kernel) / node.divisor  # ONNX divides by the size of the window
    if (factor == 1).all():
        writer.add("AveragePool", node.inputs, node, count_include_pad=1, **_windows(writer, node))
        return
    mean = writer.add_before("AveragePool", node.inputs, node, count_include_pad=1, **_windows(writer, node))
    # (1, H, W) -> (1, 1, H, W)
    writer.add("Mul", [mean, writer.numbers(node, "factor", np.asarray(factor)[None])], node)


def _max_pool(writer: _Writer, node: MaxPool) -> None:
    writer.add("MaxPool", node.inputs, node, **_windows(writer, node))


def _windows(writer: _Writer, node: AveragePool | MaxPool) -> dict[str, tuple[int, ...]]:
    """Give the attributes of a pooling's windows.

    Pads that no window reaches are left out. The others are smaller than the kernel where every window holds a pixel,
    and onnxruntime takes no others; around its poolings a Pad does not help, since it puts the two together.
    """
    begins = node.pads[: len(node.kernel)]
    ends = (
        max(0, (count - 1) * stride + kernel - size - begin)
        for count, stride, kernel, size, begin in zip(
            node.shape[1:], node.strides, node.kernel, writer.shape_of(node.inputs[0])[1:], begins, strict=True
        )
    )
    return {"kernel_shape": node.kernel, "strides": node.strides, "pads": (*begins, *ends)}


def _concat(writer: _Writer, node: Concat) -> None:
    writer.add("Concat", node.inputs, node, axis=node.axis + 1)


def _flatten(writer: _Writer, node: Flatten) -> None:
    writer.add("Flatten", node.inputs, node, axis=1)


def _select(writer: _Writer, node: Select) -> None:
    axes = tuple(range(1, 1 + len(node.shape)))
    bounds = {"starts": node.starts, "stops": node.stops, "axes": axes, "steps": node.steps}
    constants = [writer.integers(node, name, values) for name, values in bounds.items()]
    pads = writer.integers(node, "pads", (0, *node.pads_before, 0, *node.pads_after))
    writer.add("Pad", [writer.add_before("Slice", [*node.inputs, *constants], node), pads], node)


# each function takes the nodes of its own kind only
_WRITERS: dict[type[Node], Callable[[_Writer, Any], None]] = {
    Add: _add,
    Affine: _affine,
    AveragePool: _average_pool,
    BatchNorm: _batchnorm,
    Concat: _concat,
    Conv: _conv,
    Dense: _dense,
    Flatten: _flatten,
    MaxPool: _max_pool,
    Relu: _relu,
    Select: _select,
}
