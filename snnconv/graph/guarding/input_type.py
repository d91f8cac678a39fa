"""The element type of the image input: float32, or another one that the model itself casts before it computes.

The images that the network is given are float32. A cast of what they hold to another type and back is exact where that
type holds the same numbers: bytes, where preprocessing stands in the model.
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from snnconv.errors import DataError, ModelError
from snnconv.graph.guarding.structure import is_own
from snnconv.graph.guarding.tensors import type_name

Array = np.ndarray[Any, Any]

_WHOLE: dict[int, np.dtype[Any]] = {
    TensorProto.INT8: np.dtype(np.int8),
    TensorProto.INT16: np.dtype(np.int16),
    TensorProto.INT32: np.dtype(np.int32),
    TensorProto.INT64: np.dtype(np.int64),
    TensorProto.UINT8: np.dtype(np.uint8),
    TensorProto.UINT16: np.dtype(np.uint16),
    TensorProto.UINT32: np.dtype(np.uint32),
    TensorProto.UINT64: np.dtype(np.uint64),
}

_MOVES = frozenset(
    {
        *("Concat", "Expand", "Flatten", "Gather", "Identity", "Pad", "Reshape", "Slice"),
        *("Split", "Squeeze", "Tile", "Transpose", "Unsqueeze"),
    }
)
"""Operators that may stand before the cast."""


def check_input_type(graph: onnx.GraphProto, name: str) -> int:
    """Give the type of the input.

    Parameters
    ----------
    graph : GraphProto
        Of a sound model.
    name : str
        Of its image input.

    Raises
    ------
    ModelError
        If it is not float32, and the model computes with it, or may not hold what float32 holds. The text does not
        name the file.
    """
    found = next(int(value.type.tensor_type.elem_type) for value in graph.input if value.name == name)
    if found == TensorProto.FLOAT:
        return found
    if not is_whole(found) and found != TensorProto.DOUBLE:
        raise ModelError(f"input {name} has type {type_name(found)}, FLOAT is expected; export in float32")
    uncast = {name}
    for node in graph.node:
        if uncast.isdisjoint(node.input):
            continue
        if is_own(node) and node.op_type in _MOVES:
            uncast.update(node.output)
        elif not (is_own(node) and node.op_type in ("Cast", "CastLike", "Shape", "Size")):
            maker = node.name or node.op_type
            raise ModelError(
                f"input {name} has type {type_name(found)}, and node {maker} ({node.op_type}) computes with it; cast "
                "it to float32 first, or export in float32"
            )
    return found


def is_whole(data_type: int) -> bool:
    """Say whether a type holds whole numbers."""
    return data_type in _WHOLE


def as_given(images: Array, data_type: int, model: str) -> Array:
    """Give images in the type that a model takes.

    Parameters
    ----------
    images : ndarray (N, C, H, W) float32
        Preprocessed.
    data_type : int
        As ONNX numbers them.
    model : str
        What takes them, for the message.

    Raises
    ------
    DataError
        If that type does not hold their numbers.
    """
    if data_type == TensorProto.FLOAT:
        return images
    if data_type == TensorProto.DOUBLE:
        return images.astype(np.float64)
    dtype = _WHOLE[data_type]
    limits = np.iinfo(dtype)
    wrong = images[(images != np.rint(images)) | (images < limits.min) | (images > limits.max)]
    if wrong.size:
        raise DataError(
            f"{model} takes {type_name(data_type)}, the preprocessed images hold {wrong[0]:g}; its preprocessing "
            "stands in the model, so calibrate with --scale 1 and without --mean and --std"
        )
    return images.astype(dtype)
