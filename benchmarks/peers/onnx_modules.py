"""A PyTorch module version of an ONNX ResNet, for simulators that convert PyTorch modules.

BatchNorm is folded and constants are computed by onnxruntime's basic optimiser. A padded shortcut (option A: strided
Slice, then Pad of the channels) becomes a fixed 1×1 convolution with stride 2: SpikingJelly and sinabs take modules,
and SpikingJelly's converter refuses the slices themselves.

Needs torch, onnx and onnxruntime; not snnconv.
"""

import operator
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import fx, nn

TOLERANCE = 1e-4
"""Largest difference between module and ONNX model, as a part of the largest output."""


def load(path: Path) -> fx.GraphModule:
    """Give the module that computes what an ONNX file computes.

    Parameters
    ----------
    path : Path
        A ResNet: Conv, BatchNormalization, Relu, Add, Slice and Pad (shortcut), average pooling, one Gemm.

    Returns
    -------
    GraphModule
        From (N, C, H, W) float32 to (N, classes) float32, in evaluation mode. Each ReLU is a module of its own.

    Raises
    ------
    ValueError
        If the file holds an operator that is not known here.
    """
    model = _simplified(path)
    builder = _Builder(model)
    for node in model.graph.node:
        builder.add(node)
    builder.graph.output(builder.values[model.graph.output[0].name])
    return fx.GraphModule(builder.modules, builder.graph).eval()


def check(module: nn.Module, path: Path, images: np.ndarray[Any, Any]) -> float:
    """Compare the module with onnxruntime and give the difference, as a part of the largest output.

    Parameters
    ----------
    images : ndarray (N, C, H, W) float32
        Preprocessed images.

    Raises
    ------
    ValueError
        If they differ by more than `TOLERANCE`.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {session.get_inputs()[0].name: images})
    with torch.no_grad():
        found = module(torch.from_numpy(images)).numpy()
    difference = float(np.abs(found - expected).max() / np.abs(expected).max())
    if not difference <= TOLERANCE:
        raise ValueError(f"{path}: the module differs from the ONNX model by {difference:.2e}, allowed {TOLERANCE}")
    return difference


def _simplified(path: Path) -> onnx.ModelProto:
    """Fold constants and BatchNorm with onnxruntime; the batch is set to 1 so that shapes are constants."""
    model = onnx.load(path)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    del model.graph.value_info[:]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "simplified.onnx")
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return onnx.shape_inference.infer_shapes(onnx.load(options.optimized_model_filepath))


class _Builder:
    """Turns ONNX nodes into modules and nodes of an fx graph."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.graph = fx.Graph()
        self.modules = nn.Module()
        self.values: dict[str, fx.Node] = {model.graph.input[0].name: self.graph.placeholder("images")}
        self._arrays = {array.name: numpy_helper.to_array(array) for array in model.graph.initializer}
        self._channels = {
            value.name: value.type.tensor_type.shape.dim[1].dim_value
            for value in (*model.graph.input, *model.graph.value_info)
            if len(value.type.tensor_type.shape.dim) == 4
        }
        self._slices: dict[str, tuple[str, list[int]]] = {}  # sliced value: what it is cut from, steps of both axes
        self._count = 0

    def add(self, node: onnx.NodeProto) -> None:
        """Take in the next node."""
        reader = getattr(self, f"_read_{node.op_type.lower()}", None)
        if reader is None:
            raise ValueError(f"{node.op_type} is not known to the module version")
        reader(node, {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute})

    def _call(self, node: onnx.NodeProto, module: nn.Module, source: str | None = None) -> None:
        name = f"{node.op_type.lower()}{self._count}"
        self._count += 1
        self.modules.add_module(name, module)
        self.values[node.output[0]] = self.graph.call_module(name, (self.values[source or node.input[0]],))

    def _read_conv(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        weight = self._arrays[node.input[1]]  # (out, in / groups, rows, columns)
        bias = self._arrays[node.input[2]] if len(node.input) > 2 else None
        pads = given.get("pads", [0, 0, 0, 0])
        if pads[:2] != pads[2:] or any(d != 1 for d in given.get("dilations", [1, 1])):
            raise ValueError(f"{node.name}: one-sided padding and dilation are not known to the module version")
        groups = given.get("group", 1)
        stride = tuple(given.get("strides", [1, 1]))
        shape = (weight.shape[1] * groups, weight.shape[0], weight.shape[2:])
        conv = nn.Conv2d(*shape, stride, tuple(pads[:2]), groups=groups, bias=bias is not None)
        self._fill(conv, weight, bias)
        self._call(node, conv)

    def _read_relu(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        self._call(node, nn.ReLU())

    def _read_add(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        first, second = (self.values[name] for name in node.input)
        self.values[node.output[0]] = self.graph.call_function(operator.add, (first, second))

    def _read_slice(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        starts, _, axes, steps = (self._arrays[name].tolist() for name in node.input[1:5])
        if any(starts) or any(axis not in (2, 3) for axis in axes):
            raise ValueError(f"{node.name}: only strided slices of rows and columns are known to the module version")
        source, found = self._slices.get(node.input[0], (node.input[0], [1, 1]))
        for axis, step in zip(axes, steps, strict=True):
            found = [*found]
            found[axis - 2] *= step
        self._slices[node.output[0]] = (source, found)

    def _read_pad(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        pads = self._arrays[node.input[1]].tolist()  # before each of N, C, H, W, then behind
        if any(pads[i] for i in (0, 2, 3, 4, 6, 7)) or node.input[0] not in self._slices:
            raise ValueError(f"{node.name}: only padding of sliced channels is known to the module version")
        source, strides = self._slices[node.input[0]]
        channels, before = self._channels[source], pads[1]
        conv = nn.Conv2d(channels, before + channels + pads[5], 1, tuple(strides), bias=False)
        weight = np.zeros(conv.weight.shape, dtype=np.float32)
        weight[before + np.arange(channels), np.arange(channels)] = 1
        self._fill(conv, weight, None)
        self._call(node, conv, source)

    def _read_globalaveragepool(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        self._call(node, nn.AdaptiveAvgPool2d(1))

    def _read_averagepool(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        if any(given.get("pads", [])) or given.get("ceil_mode", 0):
            raise ValueError(f"{node.name}: padded pooling is not known to the module version")
        self._call(node, nn.AvgPool2d(tuple(given["kernel_shape"]), tuple(given.get("strides", [1, 1]))))

    def _read_flatten(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        self._call(node, nn.Flatten())

    _read_reshape = _read_flatten  # in a ResNet: from the pooled (N, C, 1, 1) to (N, C)

    def _read_gemm(self, node: onnx.NodeProto, given: dict[str, Any]) -> None:
        weight = self._arrays[node.input[1]]
        weight = weight if given.get("transB", 0) else weight.T  # (classes, features)
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        self._fill(linear, weight, self._arrays[node.input[2]])
        self._call(node, linear)

    @staticmethod
    def _fill(module: nn.Conv2d | nn.Linear, weight: np.ndarray[Any, Any], bias: np.ndarray[Any, Any] | None) -> None:
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(weight.copy()))
            if bias is not None and module.bias is not None:
                module.bias.copy_(torch.from_numpy(bias.copy()))
