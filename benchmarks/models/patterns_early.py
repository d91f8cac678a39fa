"""Networks after the pattern of tools of 2018 and 2019: MXNet, Caffe2, CNTK, PyTorch 0.4 and 1.0."""

import numpy as np
from onnx import TensorProto, numpy_helper
from pattern_graph import Graph

STAGES = ((16, 1), (32, 2), (64, 2))


def mxnet_v1(g: Graph) -> str:
    """Gluon's ResNet v1: BatchNormalization with spatial, GlobalAveragePool, Flatten, Gemm."""
    x = g.relu(g.batchnorm(g.conv(g.name, (16, 3, 3)), 16, momentum=0.9, spatial=1))
    channels = 16
    for width, stride in STAGES:
        y = g.relu(g.batchnorm(g.conv(x, (width, channels, 3), stride), width, momentum=0.9, spatial=1))
        y = g.batchnorm(g.conv(y, (width, width, 3)), width, momentum=0.9, spatial=1)
        if stride != 1:
            x = g.batchnorm(g.conv(x, (width, channels, 1), stride), width, momentum=0.9, spatial=1)
        x, channels = g.relu(g.node("Add", [y, x])), width
    return g.gemm(g.node("Flatten", [g.node("GlobalAveragePool", [x])]), 10, channels)


def mxnet_v2(g: Graph) -> str:
    """Build the ResNet v2 of MXNet's examples: BatchNorm with fixed gamma on the image, pre-activation blocks."""
    data = {"epsilon": 2e-5, "momentum": 0.9}
    x = g.conv(g.batchnorm(g.name, 3, fix_gamma=True, **data), (16, 3, 3))
    channels = 16
    for width, stride in STAGES:
        activated = g.relu(g.batchnorm(x, channels, **data))
        y = g.conv(activated, (width, channels, 3), stride)
        y = g.conv(g.relu(g.batchnorm(y, width, **data)), (width, width, 3))
        if stride != 1:
            x = g.conv(activated, (width, channels, 1), stride)
        x, channels = g.node("Add", [y, x]), width
    x = g.node("GlobalAveragePool", [g.relu(g.batchnorm(x, channels, **data))])
    return g.node("Softmax", [g.gemm(g.node("Flatten", [x]), 10, channels)], axis=1)


def mxnet_scalar(g: Graph) -> str:
    """MXNet's _minus_scalar and _mul_scalar at the input, and _Plus for the Add."""
    x = g.node("Sub", [g.name, g.weight(0.5, "scalar")])
    x = g.node("Mul", [x, g.weight(4.0, "scalar")])
    x = g.relu(g.batchnorm(g.conv(x, (16, 3, 3)), 16))
    y = g.batchnorm(g.conv(g.relu(g.batchnorm(g.conv(x, (16, 16, 3)), 16)), (16, 16, 3)), 16)
    x = g.relu(g.node("Add", [y, x]))
    x = g.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0])
    return g.gemm(g.node("Flatten", [g.node("Dropout", [x], ratio=0.4)]), 10, 16 * 16 * 16)


def caffe2_resnet(g: Graph) -> str:
    """Build the ONNX model zoo's ResNet-50 in small: Sum for Add, fixed AveragePool, Reshape to a stored shape."""
    x = g.relu(g.batchnorm(g.conv(g.name, (32, 3, 3)), 32, epsilon=1.001e-5))
    x = g.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 32
    for width, stride in ((64, 1), (128, 2)):
        narrow = width // 4
        y = g.relu(g.batchnorm(g.conv(x, (narrow, channels, 1), stride), narrow))
        y = g.relu(g.batchnorm(g.conv(y, (narrow, narrow, 3)), narrow))
        y = g.batchnorm(g.conv(y, (width, narrow, 1)), width)
        x = g.relu(g.node("Sum", [y, g.batchnorm(g.conv(x, (width, channels, 1), stride), width)]))
        channels = width
    x = g.node("AveragePool", [x], kernel_shape=[8, 8], strides=[1, 1], pads=[0, 0, 0, 0])
    x = g.node("Reshape", [x, g.integers(1, channels)])
    return g.node("Softmax", [g.gemm(x, 10, channels)])


def cntk_mnist(g: Graph) -> str:
    """Build the ONNX model zoo's MNIST: auto_pad, biases as Add, and a Reshape of the weights inside the graph."""
    x = g.name
    channels = 1
    for width, kernel, pool in ((8, 5, 2), (16, 5, 3)):
        x = g.conv(x, (width, channels, kernel), auto_pad="SAME_UPPER")
        x = g.relu(g.node("Add", [x, g.weight(g.random.normal(0, 0.1, (width, 1, 1)))]))
        x = g.node("MaxPool", [x], kernel_shape=[pool] * 2, strides=[pool] * 2, pads=[0] * 4, auto_pad="NOTSET")
        channels = width
    matrix = np.ascontiguousarray(g.drawn(10, 256).T).reshape(16, 4, 4, 10)
    stored = g.node("Reshape", [g.weight(matrix), g.integers(256, 10)])
    x = g.node("MatMul", [g.node("Reshape", [x, g.integers(1, 256)]), stored])
    return g.node("Add", [x, g.weight(g.random.normal(0, 0.1, (1, 10)))])


def cntk_resnet(g: Graph) -> str:
    """CNTK's ResNet-20 in small: SAME_UPPER with stride 2, which pads one side only, and GlobalAveragePool."""
    same = {"auto_pad": "SAME_UPPER"}
    x = g.relu(g.batchnorm(g.conv(g.name, (16, 3, 3), **same), 16))
    channels = 16
    for width, stride in STAGES:
        y = g.relu(g.batchnorm(g.conv(x, (width, channels, 3), stride, **same), width))
        y = g.batchnorm(g.conv(y, (width, width, 3), **same), width)
        if stride != 1:
            x = g.batchnorm(g.conv(x, (width, channels, 1), stride, **same), width)
        x, channels = g.relu(g.node("Add", [y, x])), width
    x = g.node("Flatten", [g.node("GlobalAveragePool", [x])], axis=1)
    return g.node(
        "Add", [g.node("MatMul", [x, g.weight(g.drawn(10, channels).T)]), g.weight(g.random.normal(0, 1, 10))]
    )


def pytorch_early(g: Graph) -> str:
    """PyTorch 0.4 and 1.0: Dropout with a ratio and a mask, Reshape to a stored shape, Pad before AveragePool."""
    norm = {"momentum": 0.9, "spatial": 1} if g.opset < 9 else {"momentum": 0.9}
    x = g.relu(g.batchnorm(g.conv(g.name, (16, 3, 3)), 16, **norm))
    y = g.batchnorm(g.conv(x, (16, 16, 3)), 16, **norm)
    x = g.relu(g.node("Add", [y, x]))
    x = g.node("Pad", [x], mode="constant", pads=[0] * 8, value=0.0)
    x = g.node("AveragePool", [x], kernel_shape=[8, 8], strides=[8, 8])
    flat = (1 if g.batch == 1 else -1, 256)
    # a Constant of integers is in the standard from operator set 9 on only
    shape = g.integers(*flat) if g.opset < 9 else g.node("Constant", [], value=_shape(*flat))
    x = g.node("Dropout", [g.node("Reshape", [x, shape])], outputs=2, ratio=0.5)
    return g.gemm(g.node("Dropout", [g.relu(g.gemm(x, 32, 256))], ratio=0.5), 10, 32)


def pytorch_view(g: Graph) -> str:
    """PyTorch 1.0's x.view(x.size(0), -1): Shape, Gather, Unsqueeze, Concat, Reshape; ReLU6 as Clip."""
    x = g.node("Clip", [g.batchnorm(g.conv(g.name, (16, 3, 3), 2), 16, momentum=0.9)], min=0.0, max=6.0)
    x = g.node("Clip", [g.batchnorm(g.conv(x, (16, 1, 3), 2, group=16), 16, momentum=0.9)], min=0.0, max=6.0)
    x = g.node("GlobalAveragePool", [g.relu(g.batchnorm(g.conv(x, (32, 16, 1)), 32, momentum=0.9))])
    size = g.node("Gather", [g.node("Shape", [x]), g.node("Constant", [], value=_shape(0, scalar=True))], axis=0)
    ends = [g.node("Unsqueeze", [v], axes=[0]) for v in (size, g.node("Constant", [], value=_shape(-1, scalar=True)))]
    x = g.node("Reshape", [x, g.node("Concat", ends, axis=0)])
    return g.gemm(x, 10, 32)


def _shape(*values: int, scalar: bool = False) -> TensorProto:
    """Return an int64 tensor for a Constant node."""
    return numpy_helper.from_array(np.asarray(values[0] if scalar else values, dtype=np.int64))
