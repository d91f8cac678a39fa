"""Write ONNX graphs node by node, in the habits of different tools: where weights stand, how they are stored."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import onnx
from onnx import helper, numpy_helper

Weights = Literal["initializer", "input", "constant"]


@dataclass
class Graph:
    """An ONNX graph that grows; every method that adds a node returns the name of its output.

    Attributes
    ----------
    opset : int
        Version of the default operator set.
    seed : int
        Seed of the weights and statistics.
    weights : {"initializer", "input", "constant"}
        Where weights stand: initializers, initializers that are graph inputs too (as IR version 3 demands), or
        Constant nodes.
    typed : bool
        Store weights as lists of numbers (``float_data``), as older tools do, instead of as raw bytes.
    name : str
        Name of the graph's input.
    batch : str or int
        Batch size of the input; a text is a free size.
    prefix : str
        What the names of weights begin with.
    """

    opset: int
    seed: int
    weights: Weights = "initializer"
    typed: bool = False
    name: str = "data"
    batch: str | int = "N"
    prefix: str = ""
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    tensors: list[onnx.TensorProto] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.count = 0

    def node(self, operator: str, inputs: list[str], *, outputs: int = 1, **attributes: Any) -> str:
        """Add a node and return the name of its first output."""
        self.count += 1
        names = [f"{operator.lower()}_{self.count}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, name=names[0] + "_node", **attributes))
        return names[0]

    def weight(self, values: Any, label: str = "weight", dtype: type = np.float32) -> str:
        """Add an array and return its name."""
        array = np.asarray(values, dtype=dtype)
        self.count += 1
        name = f"{self.prefix}{label}_{self.count}"
        if self.typed:
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            tensor = helper.make_tensor(name, kind, array.shape, array.ravel().tolist())
        else:
            tensor = numpy_helper.from_array(array, name)
        if self.weights == "constant":
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.tensors.append(tensor)
        return name

    def integers(self, *values: int) -> str:
        """Add a list of int64 values, such as a shape, axes or pads, and return its name."""
        return self.weight(list(values), "shape", np.int64)

    def drawn(self, *shape: int) -> np.ndarray:
        """Draw the weights of a convolution (K, C, R, S) or of a linear layer (K, C), scaled as He et al. do."""
        fan_in = int(np.prod(shape[1:]))
        return self.random.normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)

    def conv(
        self, x: str, shape: tuple[int, int, int], stride: int = 1, *, bias: bool = False, **attributes: Any
    ) -> str:
        """Add a convolution; `shape` is K, C of one group, kernel size. Padding keeps the size where none is given."""
        outputs, inputs, kernel = shape
        if "pads" not in attributes and "auto_pad" not in attributes:
            attributes["pads"] = [kernel // 2] * 4
        names = [x, self.weight(self.drawn(outputs, inputs, kernel, kernel))]
        if bias:
            names.append(self.weight(self.random.normal(0, 0.1, outputs), "bias"))
        attributes.setdefault("group", 1)
        attributes.setdefault("dilations", [1, 1])
        return self.node("Conv", names, kernel_shape=[kernel] * 2, strides=[stride] * 2, **attributes)

    def statistics(self, channels: int) -> list[np.ndarray]:
        """Draw gamma, beta, mean and variance, each (channels,), such as training leaves behind."""
        draw = self.random
        gamma, beta = draw.uniform(0.5, 1.5, channels), draw.normal(0, 0.2, channels)
        return [gamma, beta, draw.normal(0, 0.2, channels), draw.uniform(0.3, 1.5, channels)]

    def batchnorm(self, x: str, channels: int, *, fix_gamma: bool = False, **attributes: Any) -> str:
        """Add a BatchNormalization; `fix_gamma` holds gamma at 1, as MXNet's option does."""
        values = self.statistics(channels)
        if fix_gamma:
            values[0] = np.ones(channels)
        names = [self.weight(v, name) for v, name in zip(values, ("gamma", "beta", "mean", "var"), strict=True)]
        attributes.setdefault("epsilon", 1e-5)
        return self.node("BatchNormalization", [x, *names], **attributes)

    def relu(self, x: str) -> str:
        """Add a Relu."""
        return self.node("Relu", [x])

    def gemm(self, x: str, outputs: int, inputs: int) -> str:
        """Add a linear layer as Gemm with its weights as (outputs, inputs)."""
        bias = self.weight(self.random.normal(0, 0.1, outputs), "bias")
        return self.node("Gemm", [x, self.weight(self.drawn(outputs, inputs)), bias], transB=1, alpha=1.0, beta=1.0)

    def model(self, output: str, shape: tuple[int, ...], result: tuple[int, ...], ir_version: int) -> onnx.ModelProto:
        """Close the graph.

        Parameters
        ----------
        output : str
            Name of the value that is the output.
        shape : tuple of int
            Shape of one input image, in the file's own layout.
        result : tuple of int
            Shape of one image's output.
        ir_version : int
            Version of the file format.
        """
        inputs = [helper.make_tensor_value_info(self.name, onnx.TensorProto.FLOAT, [self.batch, *shape])]
        if self.weights == "input":
            inputs += [helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in self.tensors]
        outputs = [helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [self.batch, *result])]
        graph = helper.make_graph(self.nodes, "network", inputs, outputs, self.tensors)
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version, producer_name="")
