"""Networks after the pattern of other tools and of newer operator sets: Paddle, MATLAB, TensorFlow, ONNX 18 and on."""

import numpy as np
from pattern_graph import Graph

STAGES = ((16, 1), (32, 2), (64, 2))


def paddle_mobilenet(g: Graph) -> str:
    """Paddle2ONNX: weights as Constant nodes, Clip with inputs, depthwise, MatMul and Add, Identity at the end."""
    low, high = g.weight(0.0, "min"), g.weight(6.0, "max")
    x = g.node("Clip", [g.batchnorm(g.conv(g.name, (16, 3, 3)), 16), low, high])
    channels = 16
    for width, stride in ((32, 1), (64, 2), (64, 2)):
        x = g.node("Clip", [g.batchnorm(g.conv(x, (channels, 1, 3), stride, group=channels), channels), low, high])
        x = g.node("Clip", [g.batchnorm(g.conv(x, (width, channels, 1)), width), low, high])
        channels = width
    x = g.node("Reshape", [g.node("GlobalAveragePool", [x]), g.integers(-1, channels)])
    return g.node("Identity", [_matmul(g, x, channels)])


def paddle_resnet(g: Graph) -> str:
    """Paddle's ResNet-vd in small: AveragePool before the shortcut's convolution, Squeeze, Softmax, Identity."""
    x = _v1(g, g.relu(g.batchnorm(g.conv(g.name, (16, 3, 3)), 16)), pooled=True)
    x = g.node("Squeeze", [g.node("GlobalAveragePool", [x]), g.integers(2, 3)])
    return g.node("Identity", [g.node("Softmax", [_matmul(g, g.node("Identity", [x]), 64)], axis=-1)])


def matlab(g: Graph) -> str:
    """MATLAB: the mean of full image size is subtracted, clipped ReLU, the classifier is a convolution."""
    mean = g.random.uniform(0.4, 0.6, (1, 3, 32, 32))
    x = g.node("Sub", [g.name, g.weight(mean, "input_Mean")])
    x = g.batchnorm(g.conv(x, (16, 3, 3), bias=True), 16)
    x = g.node("Clip", [x, g.weight(0.0), g.weight(6.0)]) if g.opset >= 11 else g.node("Clip", [x], min=0.0, max=6.0)
    y = g.relu(g.batchnorm(g.conv(x, (16, 16, 3), bias=True), 16))
    x = g.relu(g.node("Add", [g.batchnorm(g.conv(y, (16, 16, 3), bias=True), 16), x]))
    x = g.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4)
    x = g.node("AveragePool", [x], kernel_shape=[4, 4], strides=[4, 4], pads=[0] * 4)
    x = g.conv(x, (10, 16, 4), bias=True, pads=[0] * 4)
    return g.node("Softmax", [g.node("Flatten", [x], axis=1)], axis=1)


def tensorflow(g: Graph) -> str:
    """TensorFlow Lite by tf2onnx, unoptimised: activations are channels-last, every convolution between Transposes."""

    def conv(x: str, shape: tuple[int, int, int], stride: int = 1) -> str:
        x = g.node("Transpose", [x], perm=[0, 3, 1, 2])
        if stride == 1:
            x = g.conv(x, shape, auto_pad="SAME_UPPER")
        else:  # TensorFlow pads an even size at the far side
            x = g.conv(x, shape, stride, pads=[0, 0, 1, 1] if shape[2] == 3 else [0] * 4)
        x = g.node("Transpose", [x], perm=[0, 2, 3, 1])
        gamma, beta, mean, variance = g.statistics(shape[0])
        scale = gamma / np.sqrt(variance + 1e-3)
        x = g.node("Mul", [x, g.weight(scale, "scale")])
        return g.node("Add", [x, g.weight(beta - mean * scale, "offset")])

    x = g.relu(conv(g.name, (16, 3, 3)))
    channels = 16
    for width, stride in STAGES:
        y = conv(g.relu(conv(x, (width, channels, 3), stride)), (width, width, 3))
        shortcut = x if stride == 1 else conv(x, (width, channels, 1), stride)
        x, channels = g.relu(g.node("Add", [y, shortcut])), width
    mean = {"axes": [1, 2]} if g.opset < 18 else {}
    x = g.node("ReduceMean", [x] if mean else [x, g.integers(1, 2)], keepdims=0, **mean)
    return _matmul(g, x, channels)


def tensorflow_padded(g: Graph) -> str:
    """Slim's fixed padding: a Pad node in the image's own layout before an unpadded strided convolution; ReLU6."""
    pads = g.integers(0, 1, 1, 0, 0, 1, 1, 0)
    x = g.node("Transpose", [g.node("Pad", [g.name, pads])], perm=[0, 3, 1, 2])
    x = g.batchnorm(g.conv(x, (16, 3, 3), 2, pads=[0] * 4), 16, epsilon=1e-3)
    x = g.node("Clip", [x, g.weight(0.0), g.weight(6.0)])
    x = g.node("Pad", [x, g.integers(0, 0, 1, 1, 0, 0, 1, 1), g.weight(0.0)], mode="constant")
    x = g.relu(g.batchnorm(g.conv(x, (32, 16, 3), 2, pads=[0] * 4), 32, epsilon=1e-3))
    x = g.node("Transpose", [x], perm=[0, 2, 3, 1])
    x = g.node("Reshape", [x, g.integers(-1, 8 * 8 * 32)])  # rows, columns, channels: not ONNX's order
    return _matmul(g, x, 8 * 8 * 32)


def reduce_mean(g: Graph) -> str:
    """ResNet v1 with ReduceMean over two axes as its head; from operator set 18 on the axes are an input."""
    x = _v1(g, g.relu(g.batchnorm(g.conv(g.name, (16, 3, 3)), 16)))
    axes = {"axes": [-2, -1]} if g.opset < 18 else {}
    x = g.node("ReduceMean", [x] if axes else [x, g.integers(2, 3)], keepdims=0, **axes)
    return g.gemm(x, 10, 64)


def global_pool(g: Graph) -> str:
    """ResNet v1 with GlobalAveragePool, Squeeze and Dropout in their form from operator set 13 on."""
    x = _v1(g, g.relu(g.batchnorm(g.conv(g.name, (16, 3, 3)), 16)))
    x = g.node("Squeeze", [g.node("GlobalAveragePool", [x]), g.integers(2, 3)])
    x = g.node("Dropout", [x, g.weight(0.5, "ratio"), g.weight(False, "training", np.bool_)])
    return g.gemm(x, 10, 64)


def densenet(g: Graph) -> str:
    """DenseNet in small: BatchNorm, ReLU, convolution, Concat; transitions with AveragePool."""
    x, channels, growth = g.conv(g.name, (16, 3, 3)), 16, 8
    for block in range(3):
        for _ in range(3):
            y = g.conv(g.relu(g.batchnorm(x, channels)), (4 * growth, channels, 1))
            y = g.conv(g.relu(g.batchnorm(y, 4 * growth)), (growth, 4 * growth, 3))
            x, channels = g.node("Concat", [x, y], axis=1), channels + growth
        if block < 2:
            x = g.conv(g.relu(g.batchnorm(x, channels)), (channels // 2, channels, 1))
            x, channels = g.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2]), channels // 2
    x = g.node("GlobalAveragePool", [g.relu(g.batchnorm(x, channels))])
    return g.gemm(g.node("Flatten", [x]), 10, channels)


def inception(g: Graph) -> str:
    """Branches with 1 x 1 and 3 x 3 kernels and a pooling, joined by Concat, with a residual Add around them."""
    x = g.relu(g.batchnorm(g.conv(g.name, (32, 3, 3), 2), 32))
    pooled = g.node("MaxPool", [x], kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    branches = [
        g.relu(g.batchnorm(g.conv(x, (8, 32, 1)), 8)),
        g.relu(g.batchnorm(g.conv(x, (16, 32, 3)), 16)),
        g.relu(g.batchnorm(g.conv(pooled, (8, 32, 1)), 8)),
    ]
    y = g.batchnorm(g.conv(g.node("Concat", branches, axis=-3), (32, 32, 1)), 32)
    x = g.relu(g.node("Add", [x, y]))
    return g.gemm(g.node("Flatten", [g.node("GlobalAveragePool", [x])]), 10, 32)


def _v1(g: Graph, x: str, *, pooled: bool = False) -> str:
    """Three residual blocks from 16 to 64 channels; `pooled` shortens with AveragePool on the shortcut (ResNet-D)."""
    channels = 16
    for width, stride in STAGES:
        y = g.relu(g.batchnorm(g.conv(x, (width, channels, 3), stride), width))
        y = g.batchnorm(g.conv(y, (width, width, 3)), width)
        if stride != 1:
            if pooled:
                x = g.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
            x = g.batchnorm(g.conv(x, (width, channels, 1), 1 if pooled else stride), width)
        x, channels = g.relu(g.node("Add", [y, x])), width
    return x


def _matmul(g: Graph, x: str, inputs: int) -> str:
    """Add a linear layer to ten outputs as MatMul and Add."""
    x = g.node("MatMul", [x, g.weight(g.drawn(10, inputs).T)])
    return g.node("Add", [x, g.weight(g.random.normal(0, 0.1, 10), "bias")])
