"""Draws deep and depthwise networks after published families, their BatchNorms with the statistics of random images.

Each layer is run as it is added, so that every BatchNorm has the mean and variance of what it reads, as after training:
activations stay of one size however deep the network is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

Array = np.ndarray[Any, Any]

_SIZE = 32
_IMAGES = 4
_CLASSES = 10


@dataclass
class DeepNetwork:
    """A model while it is drawn, and what its values are for a few images.

    Parameters
    ----------
    rng : Generator
        Draws everything.
    images : ndarray (N, C, H, W) float32
    """

    rng: np.random.Generator
    images: Array
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    values: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values["image"] = self.images

    def node(self, op: str, inputs: list[str], constants: list[Array] | None = None, **attributes: Any) -> str:
        """Add a node that reads values and constants, and run it."""
        output = f"{op.lower()}{len(self.nodes)}"
        added = [numpy_helper.from_array(c, f"{output}.{i}") for i, c in enumerate(constants or [])]
        made = helper.make_node(op, [*inputs, *(c.name for c in added)], [output], name=output.upper(), **attributes)
        given = {name: self.values[name] for name in dict.fromkeys(inputs)}
        self.values[output] = _run(made, given, added)
        self.nodes.append(made)
        self.constants += added
        return output

    def channels(self, x: str) -> int:
        return int(self.values[x].shape[1])

    def conv(self, x: str, out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> str:
        """Add a convolution, with weights of the size of He et al. (2015)."""
        shape = (out, self.channels(x) // groups, kernel, kernel)
        weight = self.rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)
        pads = [kernel // 2] * 4
        return self.node(
            "Conv", [x], [weight], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads, group=groups
        )

    def norm(self, x: str, size: float = 1.0) -> str:
        """Add a BatchNorm, its γ and β `size` times as large as usual."""
        value = self.values[x].astype(np.float64)
        count = self.channels(x)
        gamma, beta = self.rng.uniform(0.5, 1.5, count), self.rng.normal(0, 0.3, count)
        statistics = [value.mean(axis=(0, 2, 3)), value.var(axis=(0, 2, 3)) + 1e-9]
        constants = [part.astype(np.float32) for part in (size * gamma, size * beta, *statistics)]
        return self.node("BatchNormalization", [x], constants)

    def relu(self, x: str, cap: float | None = None) -> str:
        if cap is None:
            return self.node("Relu", [x])
        return self.node("Clip", [x], [np.float32(0).reshape(()), np.float32(cap).reshape(())])

    def add(self, a: str, b: str) -> str:
        return self.node("Add", [a, b])

    def classify(self, x: str) -> onnx.ModelProto:
        """Add the mean over each map and a full connection; give the model."""
        flat = self.node("Flatten", [self.node("GlobalAveragePool", [x])])
        spread = 1 / np.sqrt(self.channels(flat))
        weight = self.rng.normal(0, spread, (_CLASSES, self.channels(flat))).astype(np.float32)
        logits = self.node("Gemm", [flat], [weight, np.zeros(_CLASSES, np.float32)], transB=1)
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", *self.images.shape[1:]])
        out = helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["N", _CLASSES])
        graph = helper.make_graph(self.nodes, "deep", [image], [out], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _run(node: onnx.NodeProto, given: dict[str, Array], constants: list[onnx.TensorProto]) -> Array:
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape) for name, value in given.items()]
    output = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "one", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, given)[0])


def _mobilenet_v1(net: DeepNetwork, depth: int) -> str:
    x = net.relu(net.norm(net.conv("image", 16, 3, 2)))
    for k in range(depth):
        stride = 2 if k in (2, 5) else 1
        x = net.relu(net.norm(net.conv(x, net.channels(x), 3, stride, groups=net.channels(x))))
        x = net.relu(net.norm(net.conv(x, min(128, net.channels(x) * stride))))
    return x


def _inverted(net: DeepNetwork, depth: int, kernels: tuple[int, ...]) -> str:
    """Linear bottlenecks: a stream of currents, ReLU6 inside the blocks."""
    x = net.relu(net.norm(net.conv("image", 16, 3, 2)), 6.0)
    for k in range(depth):
        stride = 2 if k in (2, 5) else 1
        out, wide = net.channels(x) * (2 if stride == 2 else 1), net.channels(x) * 6
        y = net.relu(net.norm(net.conv(x, wide)), 6.0)
        y = net.relu(net.norm(net.conv(y, wide, kernels[k % len(kernels)], stride, groups=wide)), 6.0)
        y = net.norm(net.conv(y, out))
        x = net.add(x, y) if stride == 1 else y
    return net.relu(net.norm(net.conv(x, 128)), 6.0)


def _mobilenet_v2(net: DeepNetwork, depth: int) -> str:
    return _inverted(net, depth, (3,))


def _efficientnet_lite(net: DeepNetwork, depth: int) -> str:
    return _inverted(net, depth, (3, 5))


def _residual(net: DeepNetwork, depth: int, junction: bool) -> str:
    x = net.relu(net.norm(net.conv("image", 16, 3)))
    for k in range(depth):
        stride = 2 if k in (depth // 3, 2 * depth // 3) else 1
        out = net.channels(x) * stride
        y = net.relu(net.norm(net.conv(x, out, 3, stride)))
        y = net.norm(net.conv(y, out, 3))
        x = net.add(y, x if stride == 1 else net.norm(net.conv(x, out, 1, stride)))
        x = net.relu(x) if junction else x
    return x


def _resnet(net: DeepNetwork, depth: int) -> str:
    return _residual(net, depth, junction=True)


def _stream(net: DeepNetwork, depth: int) -> str:
    """A ResNet without ReLUs at its junctions: the sums of all blocks are one current, pooled over 8 × 8 at the end."""
    return _residual(net, depth, junction=False)


def _pooled_stream(net: DeepNetwork, depth: int) -> str:
    """The same with maps of 32 × 32, averaged over 16 × 16 and normalised before the next blocks."""
    x = net.conv("image", 12, 3)
    for _ in range(depth):
        x = net.add(x, net.norm(net.conv(net.relu(net.norm(x)), 12, 3)))
    x = net.node("AveragePool", [x], kernel_shape=[16, 16], strides=[16, 16])
    for _ in range(2):
        x = net.add(x, net.norm(net.conv(net.relu(net.norm(x)), 12, 3)))
    return x


def _preactivated(net: DeepNetwork, depth: int) -> str:
    x = net.conv("image", 16, 3)
    for _ in range(depth):
        y = net.relu(net.norm(x))
        y = net.conv(net.relu(net.norm(net.conv(y, 16, 3))), 16, 3)
        x = net.add(x, y)
    return net.relu(net.norm(x))


def _layer_scale(net: DeepNetwork, depth: int) -> str:
    """ConvNeXt's blocks with BatchNorm and ReLU: a depthwise convolution on a current, a branch that adds little."""
    x = net.norm(net.conv("image", 16, 4, 4))
    for _ in range(depth):
        y = net.norm(net.conv(x, 16, 7, groups=16))
        y = net.norm(net.conv(net.relu(net.conv(y, 64)), 16), size=float(net.rng.choice([1e-6, 1e-3, 0.1])))
        x = net.add(x, y)
    return x


FAMILIES: dict[str, tuple[Callable[[DeepNetwork, int], str], int]] = {
    "mobilenet-v1": (_mobilenet_v1, 13),
    "mobilenet-v2": (_mobilenet_v2, 12),
    "efficientnet-lite": (_efficientnet_lite, 12),
    "resnet": (_resnet, 27),
    "stream": (_stream, 18),
    "pooled-stream": (_pooled_stream, 6),
    "preactivated": (_preactivated, 18),
    "layer-scale": (_layer_scale, 12),
}
"""What makes each family, and how many blocks it has."""


def draw(family: str, seed: int, depth: int | None = None) -> tuple[onnx.ModelProto, Array]:
    """Draw a network; give it with other images than those of its statistics, (N, 3, 32, 32)."""
    rng = np.random.default_rng([seed, sorted(FAMILIES).index(family)])
    images = rng.normal(size=(2 * _IMAGES, 3, _SIZE, _SIZE)).astype(np.float32)
    net = DeepNetwork(rng, images[:_IMAGES])
    make, blocks = FAMILIES[family]
    return net.classify(make(net, blocks if depth is None else depth)), images[_IMAGES:]
