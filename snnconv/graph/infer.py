"""One forward pass over an ONNX graph: what is constant is computed, what is not gets its shape, and both are bounded.

Shape arithmetic and other constants are computed by onnx's reference implementation, one node at a time, and only
after onnx's shape inference has said how large the result will be. So nothing large is made before its size is known,
and onnxruntime never sees a model whose tensors would not fit. Nodes and values keep the names of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from snnconv.errors import ModelError
from snnconv.files.sizes import readable
from snnconv.graph.late_windows import without_late_windows
from snnconv.graph.onnx_file import OnnxFile

Array = np.ndarray[Any, Any]

OPEN_BATCH = 7
"""The batch size where the file leaves it open: with 1, what mixes the images of a batch would not show, and a number
that files hold as a size of something else would hide a batch size that is written into a Reshape or Slice."""

_SMALL = 4096
"""Numbers of a constant that shape inference is shown: lists of sizes and axes have fewer."""

_DRAWN = frozenset(
    {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
)
_OF_SHAPES = frozenset({"CastLike", "Shape", "Size"})
"""Operators that ask for the type or shape of a value only. CastLike does so of its second input."""

_BYTES = 4
"""Of a number of the image's way, float32."""


@dataclass
class Facts:
    """What is known of the values of a model without an image.

    Attributes
    ----------
    constants : dict of str to TensorProto or ndarray
        Values that do not depend on the image.
    shapes : dict of str to tuple of int
        Shapes of the others where they are known, the batch included.
    types : dict of str to int
        Their element types, as ONNX numbers them.
    image_bytes : int
        What all values that depend on the image take as float32.
    """

    constants: dict[str, onnx.TensorProto | Array] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    image_bytes: int = 0

    def constant(self, name: str) -> Array:
        """Give a constant as an array."""
        value = self.constants[name]
        if isinstance(value, onnx.TensorProto):
            value = numpy_helper.to_array(value)
            self.constants[name] = value
        return value


def infer(file: OnnxFile, memory_limit: int) -> Facts:
    """Compute what does not depend on the image, and the shapes of what does.

    A batch axis that the file leaves open is ``OPEN_BATCH``.

    Parameters
    ----------
    file : OnnxFile
        A model that is sound in its structure.
    memory_limit : int
        Bytes that all constants together, and all values of one batch together, may take.

    Returns
    -------
    Facts

    Raises
    ------
    ModelError
        If shapes contradict each other, or more memory would be needed.
    """
    facts = Facts()
    for tensor in file.model.graph.initializer:
        facts.constants[tensor.name] = tensor
    facts.shapes[file.input] = (file.batch or OPEN_BATCH, *file.input_shape)
    facts.types[file.input] = onnx.TensorProto.FLOAT
    versions = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in file.model.opset_import}
    pass_ = _Pass(file, facts, versions, memory_limit)
    for node in file.model.graph.node:
        pass_.visit(node)
    return facts


class _Pass:
    def __init__(self, file: OnnxFile, facts: Facts, versions: Mapping[str, int], limit: int) -> None:
        self._file = file
        self._facts = facts
        self._versions = versions
        self._limit = limit
        self._constant_bytes = 0

    def visit(self, node: onnx.NodeProto) -> None:
        facts = self._facts
        if node.domain not in ("", "ai.onnx") or node.op_type in _DRAWN or _has_subgraph(node):
            return  # nothing is known of what it gives
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            facts.constants[node.output[0]] = node.attribute[0].t
            return
        if any(name and name not in facts.constants and name not in facts.shapes for name in node.input):
            return
        outputs = self._outputs(node)
        known = all(not name or name in facts.constants for name in node.input)
        if (known or self._asks_for_shape(node)) and self._fits(node, outputs):
            self._compute(node)
            return
        for name, kind in outputs.items():
            shape = _sizes(kind)
            if shape is None or known:
                continue
            if node.op_type in ("AveragePool", "MaxPool"):
                shape = without_late_windows(node, facts.shapes[node.input[0]], shape)
            if min(shape, default=1) < 0:
                raise ModelError(
                    f"{self._file.path}: node {_name(node)} gives the shape {shape}, the images are too small for it"
                )
            facts.shapes[name] = shape
            facts.types[name] = kind.tensor_type.elem_type
            facts.image_bytes += _BYTES * prod(shape)
        if facts.image_bytes > self._limit:
            raise ModelError(
                f"{self._file.path}: up to node {_name(node)} a batch of {self._file.batch or OPEN_BATCH} needs "
                f"{readable(facts.image_bytes)}, at most {readable(self._limit)} is allowed; raise --memory-limit"
            )

    def _asks_for_shape(self, node: onnx.NodeProto) -> bool:
        return node.op_type in _OF_SHAPES and (node.op_type != "CastLike" or node.input[0] in self._facts.constants)

    def _outputs(self, node: onnx.NodeProto) -> dict[str, onnx.TypeProto]:
        """Infer the types of what a node gives."""
        try:
            schema = onnx.defs.get_schema(node.op_type, self._versions[""], "")
        except onnx.defs.SchemaError:
            return {}
        types, data = {}, {}
        for name in filter(None, node.input):
            if name in self._facts.constants:
                types[name], shown = self._constant_type(name)
                if shown is not None:
                    data[name] = shown
            else:
                types[name] = onnx.helper.make_tensor_type_proto(self._facts.types[name], self._facts.shapes[name])
        try:
            return onnx.shape_inference.infer_node_outputs(
                schema, node, types, data, opset_imports=[onnx.helper.make_opsetid("", self._versions[""])]
            )
        # onnx's own errors, and those of its checks on sizes
        except (onnx.shape_inference.InferenceError, onnx.checker.ValidationError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"{self._file.path}: the shapes at node {_name(node)} ({node.op_type}) contradict each other: "
                f"{' '.join(str(error).split())[:200]}"
            ) from error

    def _constant_type(self, name: str) -> tuple[onnx.TypeProto, onnx.TensorProto | None]:
        """Give the type of a constant, and the constant itself where it is small."""
        value = self._facts.constants[name]
        if isinstance(value, onnx.TensorProto):
            shown = value if prod(value.dims) <= _SMALL else None
            return onnx.helper.make_tensor_type_proto(value.data_type, list(value.dims)), shown
        kind = onnx.helper.make_tensor_type_proto(onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        return kind, numpy_helper.from_array(value) if value.size <= _SMALL else None

    def _fits(self, node: onnx.NodeProto, outputs: dict[str, onnx.TypeProto]) -> bool:
        """Say whether the size of a constant is known; refuse one that is too large."""
        for name in filter(None, node.output):
            kind = outputs.get(name)
            shape = None if kind is None else _sizes(kind)
            if shape is None:
                if node.op_type != "NonZero":
                    return False
                read = self._constant_type(node.input[0])[0]  # at most an index for each axis of each number it reads
                dims = _sizes(read) or ()
                shape = (max(1, len(dims)), prod(dims))
            if min(shape, default=1) < 0:
                raise ModelError(
                    f"{self._file.path}: node {_name(node)} gives the shape {shape}; sizes are not negative"
                )
            self._constant_bytes += 8 * prod(shape)
            if self._constant_bytes > self._limit:
                raise ModelError(
                    f"{self._file.path}: node {_name(node)} ({node.op_type}) makes a constant of shape "
                    f"{'×'.join(map(str, shape))}; all constants would take {readable(self._constant_bytes)}, "
                    f"at most {readable(self._limit)} is allowed"
                )
        return True

    def _compute(self, node: onnx.NodeProto) -> None:
        """Compute what a node gives, and keep it as a constant."""
        given = {}
        names = list(dict.fromkeys(filter(None, node.input)))
        for name in names:
            if name in self._facts.constants:
                given[name] = self._facts.constant(name)
            else:  # only its shape is asked for, so it takes no memory
                given[name] = np.broadcast_to(np.float32(0), self._facts.shapes[name])
        try:
            with np.errstate(all="ignore"):
                results = ReferenceEvaluator(_alone(node, names, self._versions[""])).run(None, given)
        # whatever the reference implementation makes of a damaged model
        except Exception as error:
            raise ModelError(
                f"{self._file.path}: the constant of node {_name(node)} ({node.op_type}) cannot be computed: "
                f"{' '.join(str(error).split())[:200]}"
            ) from error
        for name, value in zip(filter(None, node.output), results, strict=True):
            self._facts.constants[name] = np.asarray(value)


def _alone(node: onnx.NodeProto, inputs: list[str], version: int) -> onnx.ModelProto:
    """Give a model of one node, in the opset of the file: a node by itself would be run in the newest."""
    given, made = ([onnx.ValueInfoProto(name=name) for name in names if name] for names in (inputs, node.output))
    graph = onnx.helper.make_graph([node], "constant", given, made)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", version)])


def _sizes(kind: onnx.TypeProto) -> tuple[int, ...] | None:
    """Give the shape of a tensor where all of it is known."""
    tensor = kind.tensor_type
    if not tensor.HasField("shape") or not all(d.HasField("dim_value") for d in tensor.shape.dim):
        return None
    return tuple(d.dim_value for d in tensor.shape.dim)


def _has_subgraph(node: onnx.NodeProto) -> bool:
    kinds = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
    return any(attribute.type in kinds for attribute in node.attribute)


def _name(node: onnx.NodeProto) -> str:
    return node.name or f"{node.op_type}:{node.output[0] if node.output else '?'}"
