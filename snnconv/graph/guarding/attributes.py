"""Attributes of ONNX nodes: of the type that the operator declares, and within sane numbers.

onnx's shape inference and onnxruntime divide by strides and multiply kernels without looking.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import onnx
from onnx import AttributeProto

from snnconv.errors import ModelError
from snnconv.graph.guarding.tensors import node_name

_FIELDS = {
    AttributeProto.FLOAT: "f",
    AttributeProto.INT: "i",
    AttributeProto.STRING: "s",
    AttributeProto.TENSOR: "t",
    AttributeProto.GRAPH: "g",
    AttributeProto.TYPE_PROTO: "tp",
    AttributeProto.FLOATS: "floats",
    AttributeProto.INTS: "ints",
    AttributeProto.STRINGS: "strings",
    AttributeProto.TENSORS: "tensors",
    AttributeProto.GRAPHS: "graphs",
    AttributeProto.TYPE_PROTOS: "type_protos",
}
_ABOUT = frozenset({"name", "doc_string", "type", "ref_attr_name"})

_AT_LEAST_1 = frozenset({"blocksize", "dilations", "group", "kernel_shape", "num_groups", "num_outputs", "strides"})
_BOUNDED = frozenset({"axes", "axis", "batch_axis", "output_padding", "output_shape", "pads", "perm", "split"})
_BOUND = 2**31
_LONGEST = 64
"""Entries of a list, which has one for each axis, or two; lists of values are bounded by the size of the file."""
_LONGEST_TEXT = 512
_OF_VALUES = frozenset({"value_floats", "value_ints", "value_string", "value_strings"})


def check_attributes(node: onnx.NodeProto, version: int | None, in_function: bool) -> None:
    """Check the attributes of a node.

    Parameters
    ----------
    node : NodeProto
        Any.
    version : int or None
        The opset of the operator, None where it is none of ONNX's own.
    in_function : bool
        Whether attributes may refer to those of a function.

    Raises
    ------
    ModelError
        Naming the node and the attribute.
    """
    declared = {} if version is None else _declared(node.op_type, version)
    names = [attribute.name for attribute in node.attribute]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused(node, twice, "is given twice")
    for attribute in node.attribute:
        _check_kind(node, attribute, in_function)
        if attribute.name in declared and attribute.type != declared[attribute.name]:
            found, expected = _kind(attribute.type), _kind(declared[attribute.name])
            raise _refused(node, attribute.name, f"has type {found}, {expected} is expected")
        if version is not None:
            _check_values(node, attribute)


@lru_cache(maxsize=1024)
def _declared(op: str, version: int) -> Mapping[str, int]:
    """Give the types of an operator's attributes; none where onnx does not know it."""
    try:
        schema = onnx.defs.get_schema(op, version, "")
    except onnx.defs.SchemaError:
        return {}
    # onnx's enumeration has the numbers of the protobuf one, and another class in each version
    kinds: dict[str, Any] = {name: attribute.type for name, attribute in schema.attributes.items()}
    return {name: int(kind) for name, kind in kinds.items()}


def _check_kind(node: onnx.NodeProto, attribute: AttributeProto, in_function: bool) -> None:
    """Check that the one field that the type names is filled."""
    if attribute.type not in _FIELDS:
        raise _refused(node, attribute.name, f"has type {_kind(attribute.type)}, which is not read")
    filled = {field.name for field, _ in attribute.ListFields()} - _ABOUT
    if attribute.ref_attr_name:
        if not in_function or filled:
            raise _refused(node, attribute.name, f"refers to {attribute.ref_attr_name} of a function that is not there")
        return
    field = _FIELDS[attribute.type]
    singular = not field.endswith("s") or field == "s"
    if filled - {field} or (singular and not filled):
        found = ", ".join(sorted(filled)) or "nothing"
        raise _refused(node, attribute.name, f"has type {_kind(attribute.type)} and holds {found}, {field} is expected")


def _check_values(node: onnx.NodeProto, attribute: AttributeProto) -> None:
    name = attribute.name
    if name in _OF_VALUES:
        return
    longest = max(len(attribute.ints), len(attribute.floats), len(attribute.strings))
    if longest > _LONGEST:
        raise _refused(node, name, f"has {longest} entries, at most {_LONGEST} are read")
    numbers = list(attribute.ints) if attribute.type == AttributeProto.INTS else [attribute.i]
    if name in _AT_LEAST_1:
        wrong = [n for n in numbers if not 1 <= n < _BOUND]
        if wrong and not attribute.ref_attr_name:
            raise _refused(node, name, f"holds {wrong[0]}, numbers from 1 to {_BOUND - 1} are expected")
    elif name in _BOUNDED and any(abs(n) >= _BOUND for n in numbers):
        raise _refused(node, name, f"holds {max(numbers, key=abs)}, at most ±{_BOUND - 1} is expected")
    for text in (attribute.s, *attribute.strings):
        if len(text) > _LONGEST_TEXT:
            raise _refused(node, name, f"has a text of {len(text)} bytes, at most {_LONGEST_TEXT} are read")
        try:
            text.decode()
        except UnicodeDecodeError as error:
            raise _refused(node, name, "is not valid UTF-8 text") from error


def _kind(number: int) -> str:
    try:
        return str(AttributeProto.AttributeType.Name(number))
    except ValueError:
        return f"number {number}"


def _refused(node: onnx.NodeProto, attribute: str, why: str) -> ModelError:
    return ModelError(f"the attribute {attribute} of node {node_name(node)} ({node.op_type}) {why}; export it again")
