"""Makes ResNets with random weights as ONNX files, and random images, to measure time and memory on.

Weights are drawn with He's initialisation and a fixed seed; biases are 0. BatchNorm is left out, since a conversion
folds it before anything runs. Random networks spike more than trained ones: compare their figures by SynOps, and do
not ask for their accuracy.

``cifar`` is the CIFAR ResNet of He et al. (3 stages of 16, 32 and 64 channels, padded shortcuts) for any depth 6n + 2
and any image size. ``resnet50`` has their bottlenecks and projections. Its stem pools by 2×2 means, not by the
3×3 maximum of the original, so that figures compare with earlier ones; sizes and operations behind it are the
original's. Models with the maximum are those of ``benchmarks/models``.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = np.ndarray[Any, Any]
OPSET = 17
SEED = 0


class Layers:
    """Nodes and weights in the making.

    Parameters
    ----------
    seed : int
        Of the weights.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and give the name of its value."""
        output = f"{op.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, list(inputs), [output], name=f"{output}_node", **attributes))
        return output

    def weights(self, values: Array) -> str:
        """Add an array and give its name."""
        name = f"weights{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, x: str, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> str:
        """Add a convolution with padding for equal sizes: (N, C, H, W) to (N, channels_out, H / stride, W / stride)."""
        shape = (channels_out, channels_in, kernel, kernel)
        he = np.sqrt(2 / (channels_in * kernel * kernel))
        weight = self.weights((self._random.standard_normal(shape) * he).astype(np.float32))
        bias = self.weights(np.zeros(channels_out, dtype=np.float32))
        pads = [kernel // 2] * 4
        return self.node("Conv", x, weight, bias, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads)

    def relu(self, x: str) -> str:
        """Add a ReLU."""
        return self.node("Relu", x)

    def padded_shortcut(self, x: str, channels_in: int, channels_out: int) -> str:
        """Add option A of He et al.: every second row and column, new channels are 0."""
        integers = [np.array(values, dtype=np.int64) for values in ([0, 0], [2**31, 2**31], [2, 3], [2, 2])]
        sliced = self.node("Slice", x, *(self.weights(values) for values in integers))
        before = (channels_out - channels_in) // 2
        behind = channels_out - channels_in - before
        return self.node("Pad", sliced, self.weights(np.array([0, before, 0, 0, 0, behind, 0, 0], dtype=np.int64)))

    def classifier(self, x: str, features: int, classes: int) -> str:
        """Add global average pooling and a dense layer: (N, features, H, W) to (N, classes)."""
        flat = self.node("Flatten", self.node("GlobalAveragePool", x))
        weight = (self._random.standard_normal((classes, features)) / np.sqrt(features)).astype(np.float32)
        bias = np.zeros(classes, dtype=np.float32)
        return self.node("Gemm", flat, self.weights(weight), self.weights(bias), transB=1)

    def write(self, path: Path, output: str, size: int, classes: int) -> Path:
        """Check the model and write it."""
        inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, size, size])]
        outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", classes])]
        graph = helper.make_graph(self._nodes, "random", inputs, outputs, self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString(deterministic=True))
        return path


def cifar_resnet(path: Path, *, depth: int, size: int, seed: int = SEED) -> Path:
    """Write a CIFAR ResNet of `depth` = 6n + 2 weighted layers for images (3, size, size).

    Raises
    ------
    ValueError
        If there is no such depth.
    """
    blocks, rest = divmod(depth - 2, 6)
    if rest or blocks < 1:
        raise ValueError(f"a CIFAR ResNet has 6n + 2 layers: 8, 14, 20 …, not {depth}")
    layers = Layers(seed)
    x, channels = layers.relu(layers.conv("input", 3, 16, 3)), 16
    for width in (16, 32, 64):
        for _ in range(blocks):
            stride = 1 if channels == width else 2
            y = layers.relu(layers.conv(x, channels, width, 3, stride))
            y = layers.conv(y, width, width, 3)
            shortcut = x if stride == 1 else layers.padded_shortcut(x, channels, width)
            x, channels = layers.relu(layers.node("Add", y, shortcut)), width
    return layers.write(path, layers.classifier(x, channels, 10), size, 10)


def resnet50(path: Path, *, size: int = 224, classes: int = 1000, seed: int = SEED) -> Path:
    """Write a ResNet-50 for images (3, size, size), its max pooling replaced by average pooling."""
    layers = Layers(seed)
    x = layers.relu(layers.conv("input", 3, 64, 7, 2))
    x = layers.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    channels = 64
    for width, blocks, first_stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for index in range(blocks):
            stride = first_stride if index == 0 else 1
            y = layers.relu(layers.conv(x, channels, width, 1))
            y = layers.relu(layers.conv(y, width, width, 3, stride))
            y = layers.conv(y, width, 4 * width, 1)
            shortcut = layers.conv(x, channels, 4 * width, 1, stride) if index == 0 else x
            x, channels = layers.relu(layers.node("Add", y, shortcut)), 4 * width
    return layers.write(path, layers.classifier(x, channels, classes), size, classes)


def random_images(path: Path, *, count: int, size: int, seed: int = SEED) -> Path:
    """Write an ``.npz`` with ``x``, (count, size, size, 3) uint8: patches of 8×8 pixels of one colour, with noise."""
    random = np.random.default_rng(seed)
    side = -(-size // 8)
    patches = random.integers(32, 224, (count, side, side, 3)).repeat(8, axis=1).repeat(8, axis=2)[:, :size, :size]
    noise = random.integers(-32, 32, (count, size, size, 3))
    np.savez_compressed(path, x=(patches + noise).astype(np.uint8))
    return path


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python benchmarks/networks.py cifar --depth 20 --size 32 -o resnet20.onnx",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["cifar", "resnet50", "images"])
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--depth", type=int, default=20, help="of cifar: 8, 14, 20 …; default %(default)s")
    parser.add_argument("--size", type=int, help="rows and columns of an image; default 32, of resnet50 224")
    parser.add_argument("--count", type=int, default=64, help="images; default %(default)s")
    parser.add_argument("--seed", type=int, default=SEED, help="default %(default)s")
    options = parser.parse_args()
    size = options.size or (224 if options.what == "resnet50" else 32)
    if options.what == "cifar":
        cifar_resnet(options.out, depth=options.depth, size=size, seed=options.seed)
    elif options.what == "resnet50":
        resnet50(options.out, size=size, seed=options.seed)
    else:
        random_images(options.out, count=options.count, size=size, seed=options.seed)


if __name__ == "__main__":
    main()
