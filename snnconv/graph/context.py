"""What an operator's reader sees: one ONNX node, the constants and the shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from snnconv.errors import ModelError

Array = np.ndarray[Any, Any]


class Unsupported(Exception):  # noqa: N818 - not an error of its own: the reader gathers the reasons of all nodes
    """A node that cannot be converted; its text says why."""


@dataclass(frozen=True)
class OnnxNode:
    """One ONNX node with plain attributes.

    Attributes
    ----------
    name : str
        Its name, or ``op:output`` where the file gives none.
    op : str
        Operator type.
    inputs, outputs : tuple of str
        Value names; an empty text is an optional input left out.
    attributes : mapping
        Attribute values by name.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def output(self) -> str:
        """The one output that matters."""
        return self.outputs[0]

    @classmethod
    def of(cls, node: onnx.NodeProto) -> "OnnxNode":
        """Read a protobuf node."""
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        name = node.name or f"{node.op_type}:{node.output[0] if node.output else '?'}"
        return cls(name, node.op_type, tuple(node.input), tuple(node.output), attributes)

    def text(self, attribute: str, default: str) -> str:
        """Give a text attribute."""
        value = self.attributes.get(attribute, default)
        return value.decode() if isinstance(value, bytes) else str(value)

    def ints(self, attribute: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Give an attribute that is a list of integers."""
        return tuple(int(value) for value in self.attributes.get(attribute, default))


class Context:
    """Constants and shapes of the simplified model.

    Parameters
    ----------
    model : onnx.ModelProto
        The simplified model with inferred shapes.
    batch : int
        Its batch size.
    """

    def __init__(self, model: onnx.ModelProto, batch: int) -> None:
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        for node in model.graph.node:
            if node.op_type == "Constant" and len(node.attribute) == 1 and node.attribute[0].HasField("t"):
                self._constants[node.output[0]] = node.attribute[0].t
        self._shapes: dict[str, tuple[int | None, ...]] = {}
        for value in (*model.graph.input, *model.graph.value_info, *model.graph.output):
            sizes = [d.dim_value if d.HasField("dim_value") else None for d in value.type.tensor_type.shape.dim]
            self._shapes[value.name] = tuple(sizes)
        self._batch = batch

    def is_constant(self, value: str) -> bool:
        """Say whether a value is known without an image."""
        return value in self._constants

    def constant(self, value: str) -> Array:
        """Give a constant as it is in the file.

        Raises
        ------
        Unsupported
            If the value depends on the image.
        ModelError
            If it holds NaN or infinity.
        """
        if value not in self._constants:
            raise Unsupported(f"its input {value} is not constant")
        array = numpy_helper.to_array(self._constants[value])
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelError(f"the tensor {value} holds NaN or infinity; train or export the model again")
        return array

    def weights(self, value: str) -> Array:
        """Give a constant as float64.

        Raises
        ------
        Unsupported
            If the value depends on the image, or is no float32 or float64 tensor.
        ModelError
            If it holds NaN or infinity.
        """
        array = self.constant(value)
        if array.dtype not in (np.float32, np.float64):
            raise Unsupported(f"the tensor {value} has type {array.dtype}, float32 is expected")
        return array.astype(np.float64)

    def ints(self, value: str) -> tuple[int, ...]:
        """Give a constant list of integers.

        Raises
        ------
        Unsupported
            If the value depends on the image.
        """
        return tuple(int(number) for number in self.constant(value).reshape(-1))

    def shape(self, value: str) -> tuple[int, ...]:
        """Give the shape of a value for one image, without the batch axis.

        Raises
        ------
        Unsupported
            If the shape is not known, or its first axis is not the batch.
        """
        found = self._shapes.get(value, (None,))
        sizes = tuple(size for size in found if size is not None)
        if len(sizes) != len(found):
            raise Unsupported(f"the shape of {value} is not known")
        if any(size < 1 for size in sizes):
            raise Unsupported(f"{value} has shape {sizes}, which is empty: the images are too small for a kernel")
        if not sizes or sizes[0] != self._batch:
            raise Unsupported(f"{value} has shape {sizes}, whose first axis is not the batch of {self._batch}")
        return sizes[1:]
