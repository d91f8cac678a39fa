"""Damages to attributes and tensors."""

from typing import Any

import numpy as np
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from tests.fuzz.case import ODD, Case, Rng, pick

_TYPES = tuple(TensorProto.DataType.values())


def _attributes(case: Case) -> list[AttributeProto]:
    return [a for node in case.graph.node for a in node.attribute]


def odd_integers(case: Case, rng: Rng) -> None:
    attribute = pick(rng, [a for a in _attributes(case) if a.type in (AttributeProto.INT, AttributeProto.INTS)])
    if attribute is None:
        return
    if attribute.type == AttributeProto.INT:
        attribute.i = pick(rng, ODD)
    elif attribute.ints:
        attribute.ints[int(rng.integers(len(attribute.ints)))] = pick(rng, ODD)


def add_geometry(case: Case, rng: Rng) -> None:
    nodes = [n for n in case.graph.node if n.op_type in ("Conv", "MaxPool", "AveragePool")]
    node = pick(rng, nodes)
    if node is None:
        return
    name = pick(
        rng, ["strides", "dilations", "kernel_shape", "pads", "group", "ceil_mode", "auto_pad", "storage_order"]
    )
    kept = [AttributeProto.FromString(a.SerializeToString()) for a in node.attribute if a.name != name]
    del node.attribute[:]
    node.attribute.extend(kept)
    size = {"pads": 4}.get(name, 2) + int(rng.integers(-1, 2)) * int(rng.integers(2))
    value: Any = [int(pick(rng, ODD)) for _ in range(max(size, 1))]
    if name in ("group", "ceil_mode", "storage_order"):
        value = value[0]
    if name == "auto_pad":
        value = pick(rng, ["SAME_UPPER", "SAME_LOWER", "VALID", "", "OTHER", b"\xff\xfe"])
    node.attribute.append(helper.make_attribute(name, value))


def change_attribute_type(case: Case, rng: Rng) -> None:
    attribute = pick(rng, _attributes(case))
    if attribute is None:
        return
    name = attribute.name
    if rng.random() < 0.5:
        attribute.type = int(rng.integers(16))
        return
    tensor = numpy_helper.from_array(np.zeros(2, np.float32), "t")
    attribute.CopyFrom(helper.make_attribute(name, pick(rng, [1.5, float("nan"), 3, [1, 2], [0.5], "text", tensor])))


def repeat_attribute(case: Case, rng: Rng) -> None:
    node = pick(rng, [n for n in case.graph.node if n.attribute])
    if node is not None:
        node.attribute.extend([node.attribute[0]] * int(pick(rng, [1, 300])))


def long_list(case: Case, rng: Rng) -> None:
    attribute = pick(rng, [a for a in _attributes(case) if a.type == AttributeProto.INTS])
    if attribute is not None:
        attribute.ints.extend([1] * int(pick(rng, [2, 70, 50_000])))


def cut_list(case: Case, rng: Rng) -> None:
    attribute = pick(rng, [a for a in _attributes(case) if a.ints])
    if attribute is not None:
        del attribute.ints[int(rng.integers(len(attribute.ints))) :]


def _tensors(case: Case) -> list[TensorProto]:
    return [*case.graph.initializer, *(a.t for a in _attributes(case) if a.HasField("t"))]


def odd_dims(case: Case, rng: Rng) -> None:
    tensor = pick(rng, _tensors(case))
    if tensor is not None and tensor.dims:
        tensor.dims[int(rng.integers(len(tensor.dims)))] = pick(rng, ODD)


def reshape_tensor(case: Case, rng: Rng) -> None:
    """Give the same numbers another shape."""
    tensor = pick(rng, _tensors(case))
    if tensor is not None:
        dims = list(tensor.dims)
        rng.shuffle(dims)
        del tensor.dims[:]
        tensor.dims.extend(pick(rng, [dims, [int(np.prod(dims))], [1, *dims], [*dims, 1]]))


def change_tensor_type(case: Case, rng: Rng) -> None:
    tensor = pick(rng, _tensors(case))
    if tensor is not None:
        tensor.data_type = int(pick(rng, (*_TYPES, 99, -1)))


def convert_tensors(case: Case, rng: Rng) -> None:
    """Write one tensor, or all, in another type, as a model in float16 has it."""
    chosen = list(case.graph.initializer) if rng.random() < 0.5 else [pick(rng, case.graph.initializer)]
    kind = pick(rng, [np.float16, np.float64, np.int32, np.uint8])
    for tensor in chosen:
        if tensor is not None:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(kind), tensor.name))


def typed_fields(case: Case, rng: Rng) -> None:
    """Keep numbers in the typed field, too many or too few of them."""
    tensor = pick(rng, [t for t in case.graph.initializer if t.data_type == TensorProto.FLOAT])
    if tensor is not None:
        values = numpy_helper.to_array(tensor).reshape(-1).tolist()
        if rng.random() < 0.7:
            tensor.ClearField("raw_data")
        tensor.float_data.extend(values[: len(values) - int(rng.integers(2))] + [1.0] * int(rng.integers(2)))


def odd_numbers(case: Case, rng: Rng) -> None:
    tensor = pick(rng, [t for t in _tensors(case) if t.data_type == TensorProto.FLOAT and t.raw_data])
    if tensor is not None:
        values = np.frombuffer(tensor.raw_data, np.float32).copy()
        values[int(rng.integers(len(values)))] = pick(rng, [np.nan, np.inf, -np.inf, 1e38, -3e38, 1e-45, 0.0])
        tensor.raw_data = values.tobytes()


def odd_sizes(case: Case, rng: Rng) -> None:
    """Change lists of sizes: of ConstantOfShape, Expand, Tile, Reshape, Slice, Pad and the like."""
    tensor = pick(rng, [t for t in _tensors(case) if t.data_type == TensorProto.INT64 and t.raw_data])
    if tensor is not None:
        values = np.frombuffer(tensor.raw_data, np.int64).copy()
        for place in range(len(values)):
            if rng.random() < 0.6:
                values[place] = pick(rng, ODD)
        tensor.raw_data = values.tobytes()


def repeat_tensor(case: Case, rng: Rng) -> None:
    tensor = pick(rng, case.graph.initializer)
    if tensor is not None:
        case.graph.initializer.append(tensor)


def drop_tensor(case: Case, rng: Rng) -> None:
    if case.graph.initializer:
        del case.graph.initializer[int(rng.integers(len(case.graph.initializer)))]
