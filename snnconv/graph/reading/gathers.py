"""Elements taken along the axes of a value, by slices that are joined: reversed, repeated, interleaved or permuted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from snnconv.graph.graph import Concat, Node, Select, Shape
from snnconv.graph.reading.context import Context, OnnxNode

Array = np.ndarray[Any, Any]
Lists = tuple[Array, ...]

MOST_PARTS = 256
"""Slices that an operator may become: each is a node of the network."""


@dataclass(frozen=True)
class Plan:
    """How a value is put together: groups of channels, each taken by an index list for each axis.

    Attributes
    ----------
    groups : tuple of tuple of ndarray
        For each group of channels, one behind the other, the indices along channels, rows and columns; of a flat value,
        along its one axis.
    """

    groups: tuple[Lists, ...]

    @property
    def parts(self) -> int:
        """How many slices it takes, at most."""
        return sum(len(runs(indices)) for lists in self.groups for indices in lists)


def plan(places: Array, made: Shape) -> Plan | None:
    """Say how a value is put together of elements of another one.

    Parameters
    ----------
    places : ndarray of int, (C', H', W') or (F',)
        The places of its elements.
    made : tuple of int
        The shape of the other value, of as many axes.

    Returns
    -------
    Plan or None
        None where a channel is no rows and columns of one channel.
    """
    if places.ndim == 1:
        return Plan(((places,),))
    channels, rows, columns = np.unravel_index(places, made)
    alike = (
        (channels == channels[:, :1, :1]).all()
        and (rows == rows[:, :, :1]).all()
        and (columns == columns[:, :1, :]).all()
    )
    if not alike:
        return None
    geometry = np.concatenate([rows[:, :, 0], columns[:, 0, :]], axis=1)
    begins = [0, *(np.flatnonzero((geometry[1:] != geometry[:-1]).any(axis=1)) + 1), len(geometry)]
    groups = [(channels[first:stop, 0, 0], rows[first, :, 0], columns[first, 0, :]) for first, stop in pairwise(begins)]
    return Plan(tuple(groups))


def runs(indices: Array) -> list[slice]:
    """Cut a list of indices into slices with positive steps."""
    found: list[slice] = []
    numbers = [int(index) for index in indices]
    place = 0
    while place < len(numbers):
        last, step = place, 1
        if place + 1 < len(numbers) and numbers[place + 1] > numbers[place]:
            step = numbers[place + 1] - numbers[place]
            while last + 1 < len(numbers) and numbers[last + 1] - numbers[last] == step:
                last += 1
        found.append(slice(numbers[place], numbers[last] + 1, step))
        place = last + 1
    return found


def gathered(node: OnnxNode, context: Context, source: str, made: Shape, how: Plan) -> tuple[Node, ...]:
    """Write a plan as slices and joins; the last node makes the operator's output.

    Parameters
    ----------
    node : OnnxNode
    context : Context
    source : str
        Our name of the value that the elements are of.
    made : tuple of int
        Its shape.
    how : Plan
    """
    writer = _Writer(node, context)
    groups = [writer.taken(source, made, lists) for lists in how.groups]
    writer.joined(groups, 0)
    return writer.ended()


class _Writer:
    def __init__(self, node: OnnxNode, context: Context) -> None:
        self._node = node
        self._context = context
        self._nodes: dict[str, Node] = {}  # by what they make
        self._slices: dict[tuple[str, tuple[tuple[int, int, int], ...]], str] = {}

    def taken(self, source: str, shape: Shape, lists: Lists) -> tuple[str, Shape]:
        """Take elements by a list for each axis: what is one slice at once, the others axis by axis."""
        cut = [runs(indices) for indices in lists]
        value = self._slice(source, shape, [each[0] if len(each) == 1 else None for each in cut])
        for axis, each in enumerate(cut):
            if len(each) > 1:
                alone: list[slice | None] = [None] * len(cut)
                parts = []
                for one in each:
                    alone[axis] = one
                    parts.append(self._slice(*value, alone))
                value = self.joined(parts, axis)
        return value

    def joined(self, parts: Sequence[tuple[str, Shape]], axis: int) -> tuple[str, Shape]:
        """Join values along an axis."""
        if len(parts) == 1:
            return parts[0]
        shape = list(parts[0][1])
        shape[axis] = sum(part[axis] for _, part in parts)
        name, output = self._new()
        self._nodes[output] = Concat(name, tuple(part for part, _ in parts), output, tuple(shape), axis)
        return output, tuple(shape)

    def ended(self) -> tuple[Node, ...]:
        """Give the nodes; the last one has the operator's name."""
        *inner, last = self._nodes.values()
        return (*inner, replace(last, name=self._node.name, output=self._node.output))

    def _slice(self, source: str, shape: Shape, bounds: Sequence[slice | None]) -> tuple[str, Shape]:
        whole = [slice(0, size, 1) for size in shape]
        taken = [bound or everything for bound, everything in zip(bounds, whole, strict=True)]
        if taken == whole:
            return source, shape
        sizes = tuple(len(range(bound.start, bound.stop, bound.step)) for bound in taken)
        key = (source, tuple((bound.start, bound.stop, bound.step) for bound in taken))
        if key not in self._slices:
            name, output = self._new()
            self._slices[key] = output
            nothing = (0,) * len(shape)
            starts, stops, steps = (tuple(numbers) for numbers in zip(*key[1], strict=True))
            self._nodes[output] = Select(name, (source,), output, sizes, starts, stops, steps, nothing, nothing)
        return self._slices[key], sizes

    def _new(self) -> tuple[str, str]:
        """Give names for a node and for what it makes."""
        of = f"part{len(self._nodes)}"
        return f"{self._node.name}/{of}", self._context.inner(f"{self._node.output}/{of}")
