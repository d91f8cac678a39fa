"""Operators that pass their input on: Identity, Dropout in inference mode, Cast to float32, and Transpose."""

import onnx

from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported

_FLOAT = onnx.TensorProto.FLOAT


def read_identity(node: OnnxNode, context: Context) -> Read:
    """Read what passes its input on."""
    del context
    return Read(same_as=node.inputs[0])


def read_dropout(node: OnnxNode, context: Context) -> Read:
    """Read a dropout in inference mode."""
    if node.has(2) and context.constant(node.inputs[2]).any():
        raise Unsupported("it is in training mode; export the model in evaluation mode")
    return Read(same_as=node.inputs[0])


def read_cast(node: OnnxNode, context: Context) -> Read:
    """Read a cast to float32: of float32 itself, or of an image."""
    kind = int(node.attributes.get("to", 0))
    if node.op == "CastLike":
        kind = onnx.helper.np_dtype_to_tensor_dtype(context.constant(node.inputs[1]).dtype)
    if kind != _FLOAT:
        name = onnx.TensorProto.DataType.Name(kind) if kind in onnx.TensorProto.DataType.values() else str(kind)
        raise Unsupported(f"it casts to {name}; export the model in float32")
    return Read(same_as=node.inputs[0])


def read_transpose(node: OnnxNode, context: Context) -> Read:
    """Read a change of the order of axes, which only changes how the file keeps a value."""
    value = node.inputs[0]
    context.made_shape(value)  # elements that are elsewhere are moved instead
    rank = len(context.full_shape(value))
    perm = node.ints("perm", tuple(reversed(range(rank))))
    if sorted(perm) != list(range(rank)) or perm[0] != 0:
        raise Unsupported(f"perm={perm} moves the batch axis, or does not fit {rank} axes")
    return Read(same_as=value, order=tuple(perm.index(axis) for axis in context.order(value)))


READERS = {
    "Cast": read_cast,
    "CastLike": read_cast,
    "Dropout": read_dropout,
    "Identity": read_identity,
    "Transpose": read_transpose,
}
