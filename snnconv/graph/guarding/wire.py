"""The bytes of an ONNX file, looked through before protobuf parses them.

A message of two bytes takes a hundred in memory once it is parsed, and text that is no UTF-8 fails only where it is
read. So fields are counted, and names decoded, on the bytes.
"""

from functools import lru_cache
from typing import Any

import onnx

from snnconv.errors import ModelError

MAX_FIELDS = 1_000_000
"""Of all messages together; a ResNet-152 has some 20,000."""

MAX_DEPTH = 64
"""Of messages in messages; three are needed for each graph in a graph."""

MAX_NAME = 4096
"""Bytes of a name."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_ANY_TEXT = frozenset({"doc_string", "value"})  # text for people, and metadata: any length, several lines
_LINE_ENDS = frozenset("\x7f\x85\u2028\u2029")

_Fields = dict[int, tuple[str, Any]]


def check_wire(data: bytes) -> None:
    """Check the fields of a serialised model.

    Parameters
    ----------
    data : bytes
        The file.

    Raises
    ------
    ModelError
        If it is no protobuf message, has too many or too deep fields, or a name that is too long or no plain text.
        The text does not name the file.
    """
    place, count = 0, 0
    stack: list[tuple[int, _Fields]] = [(len(data), _fields(onnx.ModelProto.DESCRIPTOR))]
    while stack:
        end, fields = stack[-1]
        if place >= end:
            if place > end:
                raise _damaged()
            stack.pop()
            continue
        count += 1
        if count > MAX_FIELDS:
            raise ModelError(f"has more than {MAX_FIELDS} fields; it is damaged, or no network")
        tag, place = _varint(data, place, end)
        kind = tag & 7
        if kind == _VARINT:
            _, place = _varint(data, place, end)
        elif kind in (_FIXED64, _FIXED32):
            place += 8 if kind == _FIXED64 else 4
        elif kind == _BYTES:
            size, place = _varint(data, place, end)
            if size > end - place:
                raise _damaged()
            name, inner = fields.get(tag >> 3, ("", None))
            if inner is not None:
                stack.append((place + size, inner()))
                if len(stack) > MAX_DEPTH:
                    raise ModelError(f"has messages nested more than {MAX_DEPTH} deep; it is damaged, or no network")
                continue
            if name:
                _check_text(data[place : place + size], name)
            place += size
        else:
            raise _damaged()


def _damaged() -> ModelError:
    return ModelError("is not an ONNX model, or is truncated; export it again")


def _varint(data: bytes, place: int, end: int) -> tuple[int, int]:
    """Read a number of 7 bits a byte; give it and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            raise _damaged()
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise _damaged()


@lru_cache(maxsize=64)
def _fields(descriptor: Any) -> _Fields:
    """Give a message's fields by number: the names of texts, and how to get the fields of messages."""
    found: _Fields = {}
    for field in descriptor.fields:
        if field.type == field.TYPE_MESSAGE:
            # a graph holds nodes that hold graphs: an inner message's fields are looked up when one is met
            found[field.number] = (field.name, lambda inner=field.message_type: _fields(inner))
        elif field.type == field.TYPE_STRING:
            found[field.number] = (field.name, None)
    return found


def _check_text(text: bytes, field: str) -> None:
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        shown = text[:40].decode(errors="replace")
        raise ModelError(
            f"has a text that is not valid UTF-8 ({field} {shown!r}); it is damaged, export it again"
        ) from error
    if field in _ANY_TEXT:
        return
    if len(text) > MAX_NAME:
        raise ModelError(
            f"has a name of {len(text)} bytes ({field} {decoded[:40]!r}…), at most {MAX_NAME} are read; rename it"
        )
    if any(c < " " or c in _LINE_ENDS for c in decoded):
        raise ModelError(f"has a name with control characters ({field} {decoded[:40]!r}); rename it")
