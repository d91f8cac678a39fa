"""Operators that only move elements: what they make is found by moving the places of the elements instead.

A value that they make is a value of ours in another order of axes, slices of one that are joined, a flattening, or
none of these; then it is a `View`, and another operator may bring its elements back.
"""

from dataclasses import replace
from itertools import permutations
from math import prod
from typing import Any

import numpy as np
import onnx

from snnconv.errors import ModelError
from snnconv.graph.graph import Flatten, Node, Shape
from snnconv.graph.inference import constant_nodes
from snnconv.graph.reading.context import Context, Moved, OnnxNode, Read, Unsupported, View
from snnconv.graph.reading.gathers import MOST_PARTS, gathered, plan

Array = np.ndarray[Any, Any]

_ALONE = ((0, 1, 2, 3), (0, 3, 1, 2))
"""The orders of axes in which files keep maps."""

MOVES = frozenset(
    {
        *("DepthToSpace", "Expand", "Flatten", "Gather", "GatherND", "Reshape", "Slice"),
        *("SpaceToDepth", "Squeeze", "Tile", "Transpose", "Unsqueeze"),
    }
)
"""Operators whose output holds elements of their first input and nothing else."""


def read_move(node: OnnxNode, context: Context) -> Read:
    """Read an operator that moves elements and has no reader of its own."""
    return moved(node, context, "it moves elements in a way that no layer reads")


def moved(node: OnnxNode, context: Context, why: str) -> Read:
    """Read an operator that moves elements, by moving their places.

    Parameters
    ----------
    node : OnnxNode
        Whose operator is one of `MOVES`.
    context : Context
    why : str
        Why it is refused where nothing can read what it makes.

    Raises
    ------
    Unsupported
        If the first input is constant, another one is not, or what they say cannot be done.
    """
    value = node.inputs[0]
    if context.is_constant(value):
        raise Unsupported("its indices are values of the network, which has no spiking form")
    before = context.view(value)
    source, places = context.places(value)
    given = {name: context.constant(name) for name in node.inputs[1:] if name} | {value: places}
    proto = onnx.helper.make_node(node.op, node.inputs, node.outputs, name=node.name, **node.attributes)
    try:
        made = constant_nodes.compute(proto, given, node.version)[node.output]
    except ModelError as error:
        raise (Unsupported(why) if before is None else Moved(before)) from error
    origin = View(source, made, node.name, node.op, why) if before is None else replace(before, places=made)
    return settled(node, context, origin)


def settled(node: OnnxNode, context: Context, view: View) -> Read:
    """Say what a value is whose elements are in the places of others.

    Parameters
    ----------
    node : OnnxNode
        What made it.
    context : Context
    view : View
        What it is where it is no value of ours, and no slices of one.
    """
    source, places = view.source, view.places
    made = context.made_shape(source)
    own = _of_one_image(places, context.batch, prod(made))
    read = None
    if own is not None and own.ndim == 1:
        read = _flat(node, context, source, made, own)
    elif own is not None:
        before = context.producers.get(source)
        if isinstance(before, Flatten):  # its elements have the places that they had before
            source, made = before.inputs[0], context.made_shape(before.inputs[0])
        read = _same(source, made, own) or _gathered(node, context, source, made, own)
    return read or Read(view=view)


def _of_one_image(places: Array, batch: int, size: int) -> Array | None:
    """Give the places in one image, None where images of the batch are mixed."""
    if places.shape[:1] != (batch,):
        return None
    own: Array = places[0]
    steps = size * np.arange(batch).reshape(-1, *(1,) * own.ndim)
    return own if own.size and (places == own + steps).all() else None


def _same(source: str, made: Shape, own: Array) -> Read | None:
    """Read a value whose axes alone are in another order, or of which axes of size 1 are missing behind."""
    missing = len(made) - own.ndim
    if missing < 0 or own.size != prod(made) or made[own.ndim :] != (1,) * missing:
        return None
    for order in permutations(range(own.ndim)):
        turned = own.transpose(order)
        if turned.shape == made[: own.ndim] and (turned.reshape(-1) == np.arange(own.size)).all():
            return Read(same_as=source, order=(0, *(axis + 1 for axis in order)))
    return None


def _gathered(node: OnnxNode, context: Context, source: str, made: Shape, own: Array) -> Read | None:
    """Read a map that is put together of slices of another."""
    if own.ndim != 3 or len(made) != 3:
        return None
    # in the order that the file had it in before, if it may be either
    inherited = context.order(node.output)
    for order in sorted(_ALONE, key=lambda each: each != inherited):
        turned = own.transpose([axis - 1 for axis in order[1:]])
        how = plan(turned, made)
        if how is not None and how.parts <= MOST_PARTS:
            return Read(gathered(node, context, source, made, how), order=order)
    return None


def _flat(node: OnnxNode, context: Context, source: str, made: Shape, own: Array) -> Read:
    """Read a list of features."""
    same = own.size == prod(made) and (own == np.arange(own.size)).all()
    nodes: tuple[Node, ...] = ()
    if len(made) > 1:
        output = node.output if same else context.inner(f"{node.output}/flat")
        name = node.name if same else f"{node.name}/flatten"
        nodes = (Flatten(name, (source,), output, (prod(made),)),)
        source = output
    if same and not context.is_reordered(source):
        return Read(nodes, same_as=None if nodes else source, order=(0, 1))
    how = plan(own, (prod(made),))
    if how is not None and how.parts <= MOST_PARTS:
        return Read((*nodes, *gathered(node, context, source, (prod(made),), how)), order=(0, 1))
    return Read(nodes, same_as=source, order=(0, 1), features=own)
