"""What is constant in an ONNX graph, and the shapes of what is not; both are bounded.

Nodes and values keep the names of the file.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from snnconv.errors import ModelError
from snnconv.graph.guarding.onnx_file import OnnxFile
from snnconv.graph.inference.facts import Facts
from snnconv.graph.inference.one_pass import OnePass

Array = np.ndarray[Any, Any]

OPEN_BATCH = 7
"""The batch size where the file leaves it open: with 1, what mixes the images of a batch would not show, and a number
that files hold as a size of something else would hide a batch size that is written into a Reshape or Slice."""

_OTHER_BATCH = 2
"""A second one, for numbers that change with it. Smaller, so that it fits; their difference has one divisor."""

_OF_SIZES_OF_1 = frozenset({"Squeeze"})
"""Operators that may treat an axis of size 1 in another way: the batch axis too, where there is one image."""


def infer(file: OnnxFile, memory_limit: int, wanted: set[int] | None = None) -> Facts:
    """Compute what does not depend on the image, and the shapes of what does.

    A batch axis that the file leaves open is ``OPEN_BATCH``.

    Parameters
    ----------
    file : OnnxFile
        A model that is sound in its structure.
    memory_limit : int
        Bytes that all constants together, and all values of one batch together, may take.
    wanted : set of int, optional
        Places of the nodes to look at; of what the others make nothing is known. None: all.

    Returns
    -------
    Facts

    Raises
    ------
    ModelError
        If shapes contradict each other, or more memory would be needed.
    """
    graph = file.model.graph
    nodes = [node for place, node in enumerate(graph.node) if wanted is None or place in wanted]
    given = {t.name: t for t in graph.initializer if t.data_type != TensorProto.STRING}
    pass_ = OnePass(file, file.batch or OPEN_BATCH, given, memory_limit)
    pass_.visit_all(nodes)
    facts = pass_.facts
    facts.names = {file.input, *(t.name for t in graph.initializer), *(n for p in graph.node for n in p.output if n)}
    if file.batch is None:
        facts.of_batch = _of_batch(file, nodes, pass_, memory_limit)
        facts.least_batch = 1 if _runs_alone(file, nodes, pass_, memory_limit) else 2
    return facts


def _runs_alone(file: OnnxFile, nodes: Iterable[onnx.NodeProto], first: "OnePass", limit: int) -> bool:
    """Say whether the values of one image have the shapes of a batch, but for its size."""
    if not first.of_shapes and not any(node.op_type in _OF_SIZES_OF_1 for node in nodes):
        return True  # as in most files; a second pass takes as long as the first
    facts = first.facts
    given = {name: value for name, value in facts.constants.items() if name not in first.of_shapes}
    alone = OnePass(file, 1, given, limit)
    try:
        alone.visit_all(nodes)
    except ModelError:
        return False
    return all(
        alone.facts.shapes.get(name) == (1, *shape[1:])
        for name, shape in facts.shapes.items()
        if shape[:1] == (OPEN_BATCH,)
    )


def _of_batch(file: OnnxFile, nodes: Iterable[onnx.NodeProto], first: "OnePass", limit: int) -> set[str]:
    """Give the constants of floating numbers that are others with ``_OTHER_BATCH`` images."""
    facts = first.facts
    asked = {name for name in first.of_shapes if facts.constant(name).dtype.kind == "f"}
    if not asked:
        return asked  # as in most files: from shapes follow lists of sizes alone
    given = {name: value for name, value in facts.constants.items() if name not in first.of_shapes}
    second = OnePass(file, _OTHER_BATCH, given, limit)
    # where it fails, a batch size is written into the model: what is not known then is taken to change with it
    with suppress(ModelError):
        second.visit_all(nodes)
    found = second.facts
    return {n for n in asked if n not in found.constants or not _same(facts.constant(n), found.constant(n))}


def _same(one: Array, other: Array) -> bool:
    """Say whether two constants hold the same numbers, repeated more or fewer times."""
    if one.ndim != other.ndim:
        return False
    first = other[tuple(slice(None if m == n else 1) for m, n in zip(one.shape, other.shape, strict=True))]
    if one.size and not first.size:
        return False
    return np.array_equal(one, np.broadcast_to(first, one.shape), equal_nan=True)
