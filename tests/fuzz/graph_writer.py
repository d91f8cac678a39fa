"""Writes an ONNX graph node by node, in the form that a drawn opset and IR version want."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = np.ndarray[Any, Any]
T = TypeVar("T")

NEWEST_OPSET = 26
"""That onnxruntime runs."""
NEWEST_IR = 13


@dataclass(frozen=True)
class Value:
    """A value of the graph while it is drawn.

    Attributes
    ----------
    name : str
        In the file.
    shape : tuple of int
        Of one image, (C, H, W) whatever order the file has.
    last : bool
        Whether the file keeps it as (N, H, W, C).
    rectified : bool
        Whether a ReLU made it.
    """

    name: str
    shape: tuple[int, int, int]
    last: bool = False
    rectified: bool = False

    @property
    def channels(self) -> int:
        return self.shape[0]

    @property
    def sizes(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.shape[1:]

    @property
    def file_shape(self) -> tuple[int, int, int]:
        """The shape of one image in the file's order of axes."""
        return (*self.shape[1:], self.shape[0]) if self.last else self.shape

    def axis(self, ours: int) -> int:
        """Give the file's axis of 0 channels, 1 rows, 2 columns."""
        return (3, 1, 2)[ours] if self.last else ours + 1


class GraphWriter:
    """Nodes and constants so far, and what is drawn for all of them.

    Parameters
    ----------
    rng : Generator
        Draws everything, weights too.
    opset, ir_version : int
    batch : int, optional
        The batch size that the file fixes, None to leave it open.
    """

    def __init__(self, rng: np.random.Generator, opset: int, ir_version: int, batch: int | None) -> None:
        self.rng = rng
        self.opset = opset
        self.ir_version = ir_version
        self.batch = batch
        self.nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._given: list[onnx.ValueInfoProto] = []
        self._count = 0
        self._odd_names = self.chance(0.15)
        self._nameless = self.chance(0.15)
        # how constants come: most exporters have one way
        self._as_node, self._as_input = self.pick([(0.0, 0.0), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.3, 0.3)])

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, things: Sequence[T]) -> T:
        return things[int(self.rng.integers(len(things)))]

    def integer(self, low: int, high: int) -> int:
        """Draw a whole number from `low` to `high`, both included."""
        return int(self.rng.integers(low, high + 1))

    def name(self, of: str) -> str:
        self._count += 1
        return f"/layer.{self._count}/{of}_output_0" if self._odd_names else f"{of}{self._count}"

    def constant(self, of: str, value: Any, dtype: Any = np.float32) -> str:
        """Add a constant in a drawn form: initialiser, initialiser that is a graph input too, or Constant node."""
        tensor = numpy_helper.from_array(np.ascontiguousarray(np.asarray(value, dtype)).reshape(np.shape(value)))
        tensor.name = self.name(of)
        drawn = self.rng.random()
        if drawn < self._as_node:
            self.nodes.append(helper.make_node("Constant", [], [tensor.name], value=tensor))
            return tensor.name
        self._constants.append(tensor)
        # an IR version before 4 knows initialisers only of inputs
        if self.ir_version < 4 or drawn < self._as_node + self._as_input:
            self._given.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
        return tensor.name

    def node(self, op: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; give the name of what it makes, or the names."""
        made = [self.name(op.lower()) for _ in range(outputs)]
        own = "" if self._nameless else f"N_{made[0]}"
        self.nodes.append(helper.make_node(op, list(inputs), made, name=own, **attributes))
        return made[0] if outputs == 1 else made

    def with_axes(self, op: str, x: str, axes: Sequence[int], since: int, **attributes: Any) -> str:
        """Add a node whose axes are an attribute before an opset, and an input since."""
        if self.opset < since:
            return str(self.node(op, [x], axes=list(axes), **attributes))
        return str(self.node(op, [x, self.constant("axes", list(axes), np.int64)], **attributes))

    def model(self, image: onnx.ValueInfoProto, outputs: Sequence[tuple[str, int, int]]) -> onnx.ModelProto:
        """Give the model; `outputs` are names, ranks and element types."""
        infos = [helper.make_tensor_value_info(name, kind, [None] * rank) for name, rank, kind in outputs]
        # an order of inputs with the image last is as good
        given = [*self._given, image] if self.chance(0.2) else [image, *self._given]
        graph = helper.make_graph(self.nodes, "drawn", given, infos, self._constants)
        opsets = [helper.make_opsetid(self.pick(["", "", "", "ai.onnx"]), self.opset)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=self.ir_version)


def image_input(writer: GraphWriter, shape: Sequence[int]) -> onnx.ValueInfoProto:
    """Give the input `image`, its batch axis fixed, named or nameless."""
    batch: int | str | None = writer.batch
    if batch is None:
        batch = writer.pick(["N", "batch_size", None])
    return helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, *shape])
