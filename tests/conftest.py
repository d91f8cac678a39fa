"""Small ONNX models that the tests share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import settings
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from snnconv.graph.graph import Add, Affine, AveragePool, BatchNorm, Concat, Conv, Dense, Graph, MaxPool, Relu, Select

# fixtures of every folder
from tests.spiking import maker as maker
from tests.spiking import random_network as random_network
from tests.spiking import slow_simulate as slow_simulate

Array = np.ndarray[Any, Any]

# how long an example takes says nothing on a machine with other work
settings.register_profile("snnconv", deadline=None)
settings.load_profile("snnconv")

TINY_SHAPE = (2, 8, 8)
TINY_CLASSES = 5


class ModelBuilder:
    """An ONNX model, written node by node; opset 17, weights drawn from a seed.

    Every method that adds a node takes the name of its input value and gives the name of its output value; the
    node's own name is that of the output in capitals.

    Parameters
    ----------
    shape : sequence of int
        Shape of one image, (C, H, W).
    batch : int or None
        The batch size that the file fixes, None to leave it open.
    seed : int
        Of the weights.
    """

    def __init__(self, shape: Sequence[int] = TINY_SHAPE, batch: int | None = None, seed: int = 0) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Array] = {}
        self.random = np.random.default_rng(seed)
        self.batch: int | str = "N" if batch is None else batch
        self.input = helper.make_tensor_value_info("input", TensorProto.FLOAT, [self.batch, *shape])

    def constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        self.constants[name] = np.asarray(value, dtype=dtype)
        return name

    def node(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=output.upper(), **attributes))
        return output

    def conv(self, x: str, output: str, shape: tuple[int, ...], bias: bool = False, **attributes: Any) -> str:
        """Add a convolution with weights of `shape` (O, I/groups, rows, columns), of the size of He et al. (2015)."""
        spread = np.sqrt(2 / np.prod(shape[1:]))
        inputs = [x, self.constant(f"{output}.weight", self.random.normal(0, spread, shape))]
        if bias:
            inputs.append(self.constant(f"{output}.bias", self.random.normal(0, 0.1, shape[0])))
        return self.node("Conv", inputs, output, **attributes)

    def batchnorm(self, x: str, output: str, channels: int, **attributes: Any) -> str:
        """Add a batch normalisation with statistics as after training: none is 0 or 1."""
        statistics = {
            "gamma": self.random.uniform(0.5, 1.5, channels),
            "beta": self.random.normal(0, 0.2, channels),
            "mean": self.random.normal(0, 0.2, channels),
            "var": self.random.uniform(0.5, 2.0, channels),
        }
        names = [self.constant(f"{output}.{key}", value) for key, value in statistics.items()]
        return self.node("BatchNormalization", [x, *names], output, **attributes)

    def relu(self, x: str, output: str) -> str:
        return self.node("Relu", [x], output)

    def add(self, a: str, b: str, output: str) -> str:
        return self.node("Add", [a, b], output)

    def option_a(self, x: str, output: str, before: int, after: int) -> str:
        """Add He et al.'s option A: every second pixel, and channels of zeros before and after."""
        bounds = [
            self.constant(f"{output}.{key}", value, np.int64)
            for key, value in {"starts": [0, 0], "ends": [2**31, 2**31], "axes": [2, 3], "steps": [2, 2]}.items()
        ]
        self.node("Slice", [x, *bounds], f"{output}_slice")
        pads = self.constant(f"{output}.pads", [0, before, 0, 0, 0, after, 0, 0], np.int64)
        return self.node("Pad", [f"{output}_slice", pads], output)

    def gemm(self, x: str, output: str, features: int, classes: int) -> str:
        weight = self.constant(f"{output}.weight", self.random.normal(0, 0.5, (classes, features)))
        bias = self.constant(f"{output}.bias", self.random.normal(0, 0.1, classes))
        return self.node("Gemm", [x, weight, bias], output, transB=1)

    def classifier(self, x: str, channels: int, classes: int = TINY_CLASSES) -> str:
        """Add global average pooling, flattening and a full connection that makes ``logits``."""
        pooled = self.node("GlobalAveragePool", [x], "pooled")
        return self.gemm(self.node("Flatten", [pooled], "flat"), "logits", channels, classes)

    def model(self, output: str | Sequence[str] = "logits", opset: int = 17, rank: int = 2) -> onnx.ModelProto:
        names = [output] if isinstance(output, str) else list(output)
        # the sizes of the outputs are left to shape inference
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * rank) for name in names]
        constants = [numpy_helper.from_array(value, name) for name, value in self.constants.items()]
        graph = helper.make_graph(self.nodes, "test", [self.input], outputs, constants)
        opsets = [helper.make_opsetid("", opset)]
        # a domain of someone else's must be imported to be valid
        opsets += [helper.make_opsetid(d, 1) for d in sorted({n.domain for n in self.nodes} - {""})]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def save(self, path: Path, output: str | Sequence[str] = "logits", opset: int = 17, rank: int = 2) -> Path:
        path.write_bytes(self.model(output, opset, rank).SerializeToString())
        return path


def residual_network(batch: int | None = None, seed: int = 0) -> ModelBuilder:
    """Give a residual network with every kind of shortcut.

    ::

        input (2, 8, 8) - conv1 - bn1 - relu1                                    (4, 8, 8)
          - conv2 - bn2 - relu2 - conv3 - bn3 - add1 (identity relu1)            - relu3
          - conv4 (stride 2) - bn4 - relu4 - conv5 - bn5 - add2 (option A)       - relu5 (8, 4, 4)
          - average (2 x 2)                                                      (8, 2, 2)
          - conv6 - bn6 - relu6 - conv7 - bn7 - add3 (projection + bn)           - relu7 (6, 2, 2)
          - pooled - flat - logits (5)

    ``conv7`` has a bias, the others have none.
    """
    b = ModelBuilder(batch=batch, seed=seed)
    same: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    half = same | {"strides": [2, 2]}
    x = b.relu(b.batchnorm(b.conv("input", "conv1", (4, 2, 3, 3), **same), "bn1", 4), "relu1")
    y = b.relu(b.batchnorm(b.conv(x, "conv2", (4, 4, 3, 3), **same), "bn2", 4), "relu2")
    y = b.batchnorm(b.conv(y, "conv3", (4, 4, 3, 3), **same), "bn3", 4)
    x = b.relu(b.add(y, x, "add1"), "relu3")
    y = b.relu(b.batchnorm(b.conv(x, "conv4", (8, 4, 3, 3), **half), "bn4", 8), "relu4")
    y = b.batchnorm(b.conv(y, "conv5", (8, 8, 3, 3), **same), "bn5", 8)
    x = b.relu(b.add(y, b.option_a(x, "shortcut2", 2, 2), "add2"), "relu5")
    x = b.node("AveragePool", [x], "average", kernel_shape=[2, 2], strides=[2, 2])
    y = b.relu(b.batchnorm(b.conv(x, "conv6", (6, 8, 3, 3), **same), "bn6", 6), "relu6")
    y = b.batchnorm(b.conv(y, "conv7", (6, 6, 3, 3), bias=True, **same), "bn7", 6)
    shortcut = b.batchnorm(b.conv(x, "projection", (6, 8, 1, 1)), "projection_bn", 6)
    b.classifier(b.relu(b.add(y, shortcut, "add3"), "relu7"), 6)
    return b


@pytest.fixture
def new_model() -> type[ModelBuilder]:
    """Give the class that builds models."""
    return ModelBuilder


@pytest.fixture(scope="session")
def model_builder() -> type[ModelBuilder]:
    """Give the same, to fixtures that live longer than a test."""
    return ModelBuilder


@pytest.fixture
def new_residual_network() -> Callable[..., ModelBuilder]:
    """Give the function that builds the residual network."""
    return residual_network


@pytest.fixture(scope="session")
def tiny_resnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of the residual network with an open batch size and seed 0."""
    return residual_network().save(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="session")
def tiny_images() -> Array:
    """Give 40 images for the residual network, (40, 2, 8, 8) float32, normally distributed."""
    return np.random.default_rng(1).normal(size=(40, *TINY_SHAPE)).astype(np.float32)


@pytest.fixture(scope="session")
def sample_model() -> Path:
    """Give the model that comes with the project."""
    return Path(__file__).parents[1] / "sample_models" / "digits_resnet.onnx"


@pytest.fixture(scope="session")
def run_values() -> Callable[[Path, Sequence[str], Array], dict[str, Array]]:
    """Give the function that runs a model by onnxruntime, unoptimised: values (N, ...) float32 by name."""

    def run(path: Path, names: Sequence[str], images: Array) -> dict[str, Array]:
        model = onnx.load(path)
        present = {value.name for value in model.graph.output}
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in present)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=providers)
        given = session.get_inputs()[0].name
        return dict(zip(names, session.run(list(names), {given: images}), strict=True))

    return run


def graph_model(graph: Graph) -> onnx.ModelProto:
    """Write a graph as an ONNX model in float64 whose outputs are all its values."""
    nodes, constants = [], []

    def constant(name: str, value: Array) -> str:
        constants.append(numpy_helper.from_array(value, name))
        return name

    def add(op: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        nodes.append(helper.make_node(op, list(inputs), [output], **attributes))

    for node in graph.nodes:
        x, y = list(node.inputs), node.output
        match node:
            case Conv():
                geometry = {key: getattr(node, key) for key in ("strides", "pads", "dilations")}
                x += [constant(f"{y}/weight", node.weight), constant(f"{y}/bias", node.bias)]
                add("Conv", x, y, group=node.groups, **geometry)
            case Dense():
                x += [constant(f"{y}/weight", node.weight), constant(f"{y}/bias", node.bias)]
                add("Gemm", x, y, transB=1)
            case BatchNorm():
                # an attribute is float32, which the reference rounds: ε goes into the variance
                statistics = (node.gamma, node.beta, node.mean, node.variance + node.epsilon)
                x += [constant(f"{y}/{i}", value) for i, value in enumerate(statistics)]
                add("BatchNormalization", x, y, epsilon=0.0)
            case Affine():
                # of as many axes as one image's value
                assert node.gain.ndim == node.offset.ndim == len(node.shape)
                add("Mul", [x[0], constant(f"{y}/gain", node.gain[None])], f"{y}/scaled")
                add("Add", [f"{y}/scaled", constant(f"{y}/offset", node.offset[None])], y)
            case Relu():
                add("Relu", x, y if node.cap is None else f"{y}/relu")
                if node.cap is not None:
                    add("Min", [f"{y}/relu", constant(f"{y}/cap", np.asarray(node.cap))], y)
            case Add():
                add("Sum", x, y)
            case AveragePool():
                # a sum over windows is a convolution of each channel with ones
                channels = node.shape[0]
                ones = constant(f"{y}/ones", np.ones((channels, 1, *node.kernel)))
                add("Conv", [x[0], ones], f"{y}/sums", group=channels, strides=node.strides, pads=node.pads)
                add("Div", [f"{y}/sums", constant(f"{y}/divisor", np.asarray(node.divisor))], y)
            case MaxPool():
                # the reference's own pads are lowest values, which a slice of a padded copy shows by hand
                axes = np.array([0, 0, *node.pads[:2], 0, 0, *node.pads[2:]], np.int64)
                lowest = constant(f"{y}/lowest", np.asarray(-1e300))
                add("Pad", [x[0], constant(f"{y}/pads", axes), lowest], f"{y}/padded")
                add("MaxPool", [f"{y}/padded"], y, kernel_shape=node.kernel, strides=node.strides)
            case Concat():
                add("Concat", x, y, axis=node.axis + 1)
            case Select():
                axes = range(1, 1 + len(node.shape))
                bounds = [node.starts, node.stops, axes, node.steps]
                names = [constant(f"{y}/{i}", np.array(b, np.int64)) for i, b in enumerate(bounds)]
                add("Slice", [x[0], *names], f"{y}/slice")
                pads = np.array([0, *node.pads_before, 0, *node.pads_after], np.int64)
                add("Pad", [f"{y}/slice", constant(f"{y}/pads", pads)], y)
            case _:
                add(type(node).__name__, x, y)
    infos = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N", *shape])
        for name, shape in [(graph.input, graph.input_shape), *((n.output, n.shape) for n in graph.nodes)]
    ]
    made = helper.make_graph(nodes, "graph", infos[:1], infos[1:], constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture(scope="session")
def evaluate() -> Callable[[Graph, Array], dict[str, Array]]:
    """Give the function that runs a graph in float64 by onnx's reference: values (N, ...) float64 by name."""

    def run(graph: Graph, images: Array) -> dict[str, Array]:
        names = [node.output for node in graph.nodes]
        evaluator = ReferenceEvaluator(graph_model(graph))
        return dict(zip(names, evaluator.run(names, {graph.input: images.astype(np.float64)}), strict=True))

    return run
