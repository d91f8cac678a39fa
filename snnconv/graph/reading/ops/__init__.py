"""One small file per ONNX operator family; each names its operators in ``READERS``.

To add an operator, write its reader and list its module here. An operator read twice is an error at import.
"""

from collections.abc import Callable

from snnconv.graph.graph import Node
from snnconv.graph.reading.context import Context, OnnxNode, Read
from snnconv.graph.reading.ops import (
    alias,
    arithmetic,
    average_pool,
    batchnorm,
    concat,
    conv,
    dense,
    end,
    max_pool,
    move,
    norm,
    relu,
    reshape,
    select,
)

Reader = Callable[[OnnxNode, Context], Node | Read]

_MODULES = (
    alias,
    arithmetic,
    average_pool,
    batchnorm,
    concat,
    conv,
    dense,
    end,
    max_pool,
    move,
    norm,
    relu,
    reshape,
    select,
)


def _gather() -> dict[str, Reader]:
    readers: dict[str, Reader] = {}
    for module in _MODULES:
        for op, reader in module.READERS.items():
            if op in readers:
                raise RuntimeError(f"two readers for the ONNX operator {op}")
            readers[op] = reader
    return readers


READERS = _gather()

AT_THE_END = frozenset({*end.READERS, *alias.READERS, *reshape.READERS})
"""Operators that may stand behind the logits."""
