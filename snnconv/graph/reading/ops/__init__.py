"""One small file per ONNX operator family; each names its operators in ``READERS`` and is found by its place."""

from collections.abc import Callable
from functools import cache

from snnconv.graph.graph import Node
from snnconv.graph.reading.context import Context, OnnxNode, Read
from snnconv.graph.reading.ops import alias, end, reshape
from snnconv.parts import merged

Reader = Callable[[OnnxNode, Context], Node | Read]


@cache
def readers() -> dict[str, Reader]:
    """Give what reads each operator, by its name: ``READERS`` of the modules of this folder."""
    return merged("snnconv.graph.reading.ops", "READERS")


AT_THE_END = frozenset({*end.READERS, *alias.READERS, *reshape.READERS})
"""Operators that may stand behind the logits."""
