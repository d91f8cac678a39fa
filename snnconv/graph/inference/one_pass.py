"""One forward pass over an ONNX graph: what is constant is computed, what is not gets its shape, and both are bounded.

Shape arithmetic and other constants are computed by onnx's reference implementation, one node at a time, and only
after onnx's shape inference has said how large the result will be. So nothing large is made before its size is known,
and onnxruntime never sees a model whose tensors would not fit. Texts are no constants, and what
`snnconv.graph.inference.constant_nodes` does not name is not computed.
"""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from snnconv.errors import ModelError
from snnconv.files.sizes import readable
from snnconv.graph.guarding.onnx_file import OnnxFile
from snnconv.graph.guarding.structure import is_own, opset
from snnconv.graph.guarding.tensors import node_name
from snnconv.graph.inference import constant_nodes
from snnconv.graph.inference.facts import Facts
from snnconv.graph.inference.late_windows import without_late_windows

Array = np.ndarray[Any, Any]

_SMALL = 4096
"""Numbers of a constant that shape inference is shown: lists of sizes and axes have fewer."""

_OF_SHAPES = frozenset({"CastLike", "Shape", "Size"})
"""Operators that ask for the type or shape of a value only. CastLike does so of its second input."""

_BYTES = 4
"""Of a number of the image's way, float32."""

_MOST_BYTES = 8
"""Of a number of a constant, at most."""


class OnePass:
    """One pass with one batch size.

    Parameters
    ----------
    file : OnnxFile
        A model that is sound in its structure.
    batch : int
        The batch size.
    given : mapping of str to TensorProto or ndarray
        Constants that are known already.
    limit : int
        Bytes that all constants that are computed, and all values of one batch, may take.

    Attributes
    ----------
    facts : Facts
    of_shapes : set of str
        The constants that follow from shapes of values that depend on the image.
    """

    def __init__(self, file: OnnxFile, batch: int, given: Mapping[str, TensorProto | Array], limit: int) -> None:
        self.facts = Facts(constants=dict(given))
        self.facts.shapes[file.input] = (batch, *file.input_shape)
        self.facts.types[file.input] = file.input_type
        self.of_shapes: set[str] = set()
        self._path = file.path
        self._batch = batch
        self._version = opset(file.model)
        self._limit = limit
        self._constant_bytes = 0
        self._products = 0

    def visit_all(self, nodes: Iterable[onnx.NodeProto]) -> None:
        """Look at nodes in order, but not at those that make what is given.

        Raises
        ------
        ModelError
            If shapes contradict each other, or more memory would be needed.
        """
        for node in nodes:
            if not all(name in self.facts.constants for name in node.output if name):
                self._visit(node)

    def _visit(self, node: onnx.NodeProto) -> None:
        facts = self.facts
        if not is_own(node) or _has_subgraph(node):
            return  # nothing is known of what it gives
        if any(name and name not in facts.constants and name not in facts.shapes for name in node.input):
            return
        known = all(not name or name in facts.constants for name in node.input)
        if known and not constant_nodes.may_be_computed(node):
            return
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            facts.constants[node.output[0]] = node.attribute[0].t
            return
        outputs = self._outputs(node)
        if known or self._asks_for_shape(node):
            if self._fits(node, outputs):
                self._compute(node)
            return
        for name, kind in outputs.items():
            shape = _sizes(kind)
            if shape is not None:
                self._take_shape(node, name, shape, kind.tensor_type.elem_type)
        if facts.image_bytes > self._limit:
            raise ModelError(
                f"{self._path}: up to node {node_name(node)} a batch of {self._batch} needs "
                f"{readable(facts.image_bytes)}, at most {readable(self._limit)} is allowed; raise --memory-limit"
            )

    def _take_shape(self, node: onnx.NodeProto, name: str, shape: tuple[int, ...], data_type: int) -> None:
        """Keep the shape of a value that depends on the image."""
        facts = self.facts
        if node.op_type in ("AveragePool", "MaxPool"):
            shape = without_late_windows(node, facts.shapes[node.input[0]], shape)
        if min(shape, default=1) < 0:
            raise ModelError(
                f"{self._path}: node {node_name(node)} gives the shape {shape}, the images are too small for it; "
                "export with larger images"
            )
        facts.shapes[name] = shape
        facts.types[name] = data_type
        facts.image_bytes += _BYTES * prod(shape)

    def _asks_for_shape(self, node: onnx.NodeProto) -> bool:
        return node.op_type in _OF_SHAPES and (node.op_type != "CastLike" or node.input[0] in self.facts.constants)

    def _outputs(self, node: onnx.NodeProto) -> dict[str, onnx.TypeProto]:
        """Infer the types of what a node gives."""
        try:
            schema = onnx.defs.get_schema(node.op_type, self._version, "")
        except onnx.defs.SchemaError:
            return {}
        types, data = {}, {}
        for name in filter(None, node.input):
            if name in self.facts.constants:
                types[name], shown = self._constant_type(name)
                if shown is not None:
                    data[name] = shown
            else:
                types[name] = onnx.helper.make_tensor_type_proto(self.facts.types[name], self.facts.shapes[name])
        try:
            return onnx.shape_inference.infer_node_outputs(
                schema, node, types, data, opset_imports=[onnx.helper.make_opsetid("", self._version)]
            )
        # onnx's own errors, and those of its checks on sizes
        except (
            onnx.shape_inference.InferenceError,
            onnx.checker.ValidationError,
            RuntimeError,
            ValueError,
            MemoryError,
        ) as error:
            raise ModelError(
                f"{self._path}: the shapes at node {node_name(node)} ({node.op_type}) contradict each other: "
                f"{' '.join(str(error).split())[:200]}; export the model again"
            ) from error

    def _constant_type(self, name: str) -> tuple[onnx.TypeProto, TensorProto | None]:
        """Give the type of a constant, and the constant itself where it is small."""
        value = self.facts.constants[name]
        if isinstance(value, TensorProto):
            shown = value if prod(value.dims) <= _SMALL else None
            return onnx.helper.make_tensor_type_proto(value.data_type, list(value.dims)), shown
        kind = onnx.helper.make_tensor_type_proto(onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        return kind, numpy_helper.from_array(value) if value.size <= _SMALL else None

    def _fits(self, node: onnx.NodeProto, outputs: dict[str, onnx.TypeProto]) -> bool:
        """Say whether it is known how large constants are, and that they are cheap; refuse those that are too large."""
        read = {name: self._shape(name) for name in filter(None, node.input)}
        if not constant_nodes.reads_little(node, read):
            return False
        for name in filter(None, node.output):
            kind = outputs.get(name)
            if kind is None or not constant_nodes.is_number(kind.tensor_type.elem_type):
                return False
            shape = _sizes(kind)
            if node.op_type == "NonZero":  # at most an index for each axis of each number it reads
                dims = read.get(node.input[0], ())
                shape = (max(1, len(dims)), prod(dims))
            if shape is None:
                return False
            if min(shape, default=1) < 0:
                raise ModelError(
                    f"{self._path}: node {node_name(node)} gives the shape {shape}; sizes are not negative"
                )
            self._products += constant_nodes.products(node, read.get(node.input[0] if node.input else "", ()), shape)
            if self._products > constant_nodes.MOST_PRODUCTS:
                return False
            self._constant_bytes += _MOST_BYTES * prod(shape)
            if self._constant_bytes > self._limit:
                raise ModelError(
                    f"{self._path}: node {node_name(node)} ({node.op_type}) makes a constant of shape "
                    f"{'×'.join(map(str, shape))}; all constants would take {readable(self._constant_bytes)}, "
                    f"at most {readable(self._limit)} is allowed"
                )
        return True

    def _shape(self, name: str) -> tuple[int, ...]:
        value = self.facts.constants.get(name)
        if value is None:
            return self.facts.shapes[name]
        return tuple(value.dims) if isinstance(value, TensorProto) else value.shape

    def _compute(self, node: onnx.NodeProto) -> None:
        """Compute what a node gives, and keep it as a constant."""
        constants = self.facts.constants
        names = list(dict.fromkeys(filter(None, node.input)))
        # where only a shape is asked for, the value takes no memory
        given = {
            name: self.facts.constant(name)
            if name in constants
            else np.broadcast_to(np.float32(0), self.facts.shapes[name])
            for name in names
        }
        of_image = node.op_type != "CastLike" and not all(name in constants for name in names)
        try:
            made = constant_nodes.compute(node, given, self._version)
        except ModelError as error:
            raise ModelError(f"{self._path}: {error}") from error
        if of_image or not self.of_shapes.isdisjoint(names):
            self.of_shapes.update(made)
        constants.update(made)


def _sizes(kind: onnx.TypeProto) -> tuple[int, ...] | None:
    """Give the shape of a tensor where all of it is known."""
    tensor = kind.tensor_type
    if not tensor.HasField("shape") or not all(d.HasField("dim_value") for d in tensor.shape.dim):
        return None
    return tuple(d.dim_value for d in tensor.shape.dim)


def _has_subgraph(node: onnx.NodeProto) -> bool:
    kinds = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
    return any(attribute.type in kinds for attribute in node.attribute)
