"""Small sound models of several kinds, for others to damage."""

from collections.abc import Callable

import onnx
from onnx import helper, numpy_helper

from tests.conftest import ModelBuilder, residual_network

_SAME = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}


def residual(seed: int) -> onnx.ModelProto:
    """Every kind of shortcut: identity, option A, projection."""
    return residual_network(seed=seed).model()


def fixed_batch(seed: int) -> onnx.ModelProto:
    """The same, for batches of two."""
    return residual_network(batch=2, seed=seed).model()


def max_pooling(seed: int) -> onnx.ModelProto:
    b = ModelBuilder(seed=seed)
    x = b.relu(b.conv("input", "conv1", (4, 2, 3, 3), bias=True, **_SAME), "relu1")
    x = b.node("MaxPool", [x], "pool1", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    y = b.conv(b.relu(b.conv(x, "conv2", (4, 4, 3, 3), **_SAME), "relu2"), "conv3", (4, 4, 3, 3), **_SAME)
    b.classifier(b.relu(b.add(x, y, "add1"), "relu3"), 4)
    return b.model()


def grouped(seed: int) -> onnx.ModelProto:
    b = ModelBuilder(seed=seed)
    x = b.relu(b.conv("input", "conv1", (4, 2, 3, 3), strides=[2, 2], **_SAME), "relu1")
    x = b.relu(b.conv(x, "conv2", (8, 2, 3, 3), group=2, dilations=[1, 1], **_SAME), "relu2")
    x = b.node("AveragePool", [x], "average", kernel_shape=[2, 2], strides=[2, 2])
    b.classifier(x, 8)
    return b.model()


def shape_arithmetic(seed: int) -> onnx.ModelProto:
    """Flattening as PyTorch's `view` is exported."""
    b = ModelBuilder(seed=seed)
    x = b.relu(b.conv("input", "conv1", (4, 2, 3, 3), strides=[2, 2], **_SAME), "relu1")
    sizes = b.node("Shape", [x], "sizes")
    first = b.node("Gather", [sizes, b.constant("zero", 0, "int64")], "first", axis=0)
    batch = b.node("Unsqueeze", [first, b.constant("axes", [0], "int64")], "batch")
    target = b.node("Concat", [batch, b.constant("rest", [-1], "int64")], "target", axis=0)
    b.gemm(b.node("Reshape", [x, target], "flat"), "logits", 64, 5)
    return b.model()


def weights_as_inputs(seed: int) -> onnx.ModelProto:
    """As exporters wrote it before IR version 4: opset 9, weights among the inputs."""
    b = ModelBuilder(seed=seed)
    x = b.relu(b.batchnorm(b.conv("input", "conv1", (4, 2, 3, 3), **_SAME), "bn1", 4), "relu1")
    b.classifier(x, 4)
    model = b.model(opset=9)
    model.ir_version = 3
    for tensor in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return model


def functions(seed: int) -> onnx.ModelProto:
    """A function that calls another, with an attribute handed on."""
    b = ModelBuilder(seed=seed)
    weight = b.constant("weight", b.random.normal(0, 0.3, (4, 2, 3, 3)))
    b.nodes.append(helper.make_node("Layer", ["input", weight], ["relu1"], name="LAYER", domain="mine", strides=[2, 2]))
    b.classifier("relu1", 4)
    model = b.model()
    own = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
    conv = helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1])
    handed_on = onnx.AttributeProto(name="strides", type=onnx.AttributeProto.INTS, ref_attr_name="strides")
    conv.attribute.append(handed_on)
    act = helper.make_node("Act", ["c"], ["y"], domain="mine")
    model.functions.append(helper.make_function("mine", "Layer", ["x", "w"], ["y"], [conv, act], own, ["strides"]))
    relu = helper.make_node("Relu", ["x"], ["y"])
    model.functions.append(helper.make_function("mine", "Act", ["x"], ["y"], [relu], own))
    return model


def constants(seed: int) -> onnx.ModelProto:
    """Constants computed by nodes, among them those that can be made huge."""
    b = ModelBuilder(seed=seed)
    x = b.relu(b.conv("input", "conv1", (4, 2, 3, 3), **_SAME), "relu1")
    ones = numpy_helper.from_array(b.random.uniform(0.5, 1, 1).astype("float32"), "one")
    filled = b.node("ConstantOfShape", [b.constant("filled.shape", [4, 1, 1], "int64")], "filled", value=ones)
    wide = b.node("Expand", [filled, b.constant("wide.shape", [1, 4, 8, 8], "int64")], "wide")
    x = b.add(x, wide, "shifted")
    scale = b.node("Tile", [b.constant("scale", [[[0.5]]]), b.constant("repeats", [4, 1, 1], "int64")], "tiled")
    counted = b.node(
        "Range", [b.constant(f"range.{n}", v) for n, v in zip("abc", (0.0, 4.0, 1.0), strict=True)], "range"
    )
    axes = b.constant("range.axes", [1, 2], "int64")
    x = b.node("Mul", [x, scale], "scaled")
    x = b.add(x, b.node("Unsqueeze", [counted, axes], "ramp"), "ramped")
    b.classifier(b.relu(x, "relu2"), 4)
    return b.model()


Kind = Callable[[int], onnx.ModelProto]

KINDS: tuple[Kind, ...] = (
    *(residual, fixed_batch, max_pooling, grouped),
    *(shape_arithmetic, weights_as_inputs, functions, constants),
)
