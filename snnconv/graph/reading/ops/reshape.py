"""Reshape, Flatten, Squeeze and Unsqueeze: a flattening, or nothing at all."""

from math import prod

import numpy as np

from snnconv.graph.graph import Flatten
from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported

_CHANNELS_LAST = (0, 3, 1, 2)
_ROWS_SQUEEZED = (0, 2, 1)
"""Of (N, 1, C), as (N, 1, 1, C) is where its axes are squeezed one after the other."""


def read_reshape(node: OnnxNode, context: Context) -> Read:
    """Read a change of shape."""
    value = node.inputs[0]
    before = context.full_shape(value)
    if node.op == "Flatten" and int(node.attributes.get("axis", 1)) % len(before) == 0:
        raise Unsupported("axis=0 mixes the images of a batch")
    after = context.full_shape(node.output)
    if before == after:
        return Read(same_as=value)
    if len(after) == 2:
        return _flatten(node, context, after[1])
    made = context.made_shape(value)
    flattened = context.producers.get(context.raw_source(value))
    if isinstance(flattened, Flatten) and after[1:] == context.made_shape(flattened.inputs[0]) == (*made, 1, 1):
        return Read(same_as=flattened.inputs[0], order=(0, 1, 2, 3))  # the axes that were squeezed come back
    order = _same(before, context.order(value), after)
    if order is not None:
        return Read(same_as=value, order=order)
    plain = context.order(value) == tuple(range(len(before)))
    if plain and len(after) == 3 and after[1] == made[0] and after[2] == prod(made[1:]):
        return Read(same_as=value, order=(0, 1, 2))  # rows and columns as one axis, for a mean over it
    raise Unsupported(f"it reshapes {before} to {after}; only flattening to (N, features) is supported")


def _flatten(node: OnnxNode, context: Context, size: int) -> Read:
    value = node.inputs[0]
    made = context.made_shape(value)
    if prod(made) != size:
        raise Unsupported(f"it reshapes {made} per image to {size}, which mixes the images of a batch; use Flatten")
    if len(made) == 1:
        return Read(same_as=value)
    features = None
    order = context.order(value)
    shape = context.shape(value)
    inverse = np.argsort(order)  # from channels first back to the file's order
    if len(shape) > 1 and order != tuple(range(len(order))):
        ours = np.arange(size).reshape(1, *shape).transpose(inverse).reshape(-1)
        features = None if (ours == np.arange(size)).all() else ours
    return Read((Flatten(node.name, (context.raw_source(value),), node.output, (size,)),), features=features)


def _same(before: tuple[int, ...], order: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...] | None:
    """Give the order of axes of a result that differs only by axes of size 1, or None.

    The shape channels first stays; the file's numbers, read one after the other, belong to the same elements.
    """
    shape = tuple(before[axis] for axis in order)
    for candidate in (tuple(range(len(after))), _CHANNELS_LAST, _ROWS_SQUEEZED):
        if sorted(candidate) != list(range(len(after))):
            continue
        found = tuple(after[axis] for axis in candidate)
        longer, shorter = (shape, found) if len(shape) >= len(found) else (found, shape)
        # axes of size 1 may be missing behind
        if longer[: len(shorter)] != shorter or any(size != 1 for size in longer[len(shorter) :]):
            continue
        ours = [axis for axis in np.argsort(order) if shape[axis] > 1]
        theirs = [axis for axis in np.argsort(candidate) if found[axis] > 1]
        if ours == theirs:
            return candidate
    return None


READERS = {"Flatten": read_reshape, "Reshape": read_reshape, "Squeeze": read_reshape, "Unsqueeze": read_reshape}
