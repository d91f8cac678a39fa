"""One small file per ONNX operator family; each names its operators in ``READERS``.

To add an operator, write its reader and list its module here. An operator read twice is an error at import.
"""

from collections.abc import Callable

from snnconv.graph.context import Context, OnnxNode
from snnconv.graph.graph import Node
from snnconv.graph.ops import add, batchnorm, conv, dense, pool, relu, reshape, select

# a reader gives the node, or the name of the value that its output is the same as
Reader = Callable[[OnnxNode, Context], Node | str]


def _gather() -> dict[str, Reader]:
    readers: dict[str, Reader] = {}
    for module in (add, batchnorm, conv, dense, pool, relu, reshape, select):
        for op, reader in module.READERS.items():
            if op in readers:
                raise RuntimeError(f"two readers for the ONNX operator {op}")
            readers[op] = reader
    return readers


READERS = _gather()
