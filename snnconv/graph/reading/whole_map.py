"""Pooling over rows and columns of a whole map: global pooling, and reductions that keep their axes or not."""

from collections.abc import Callable
from dataclasses import dataclass

from snnconv.graph.graph import Flatten, Node, Shape
from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported

Ints = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """What is pooled: the source, the value that the pooling makes and its shape (C, H, W), rows and columns."""

    source: str
    output: str
    shape: Shape
    kernel: Ints


def read_whole_map(node: OnnxNode, context: Context, pool: Callable[[Window], Node]) -> Read:
    """Read a pooling of all rows, all columns, or both.

    Parameters
    ----------
    node : OnnxNode
        A ``Global…Pool``, or a reduction with axes.
    context : Context
    pool : callable
        Makes the pooling node.

    Raises
    ------
    Unsupported
        If channels or images are reduced, or part of what was reshaped.
    """
    value = node.inputs[0]
    made, file_shape = context.made_shape(value), context.shape(value)
    if len(made) != 3:
        raise Unsupported(f"it reads {value} of shape {made}, (C, H, W) is expected")
    merged = len(file_shape) == 2 and file_shape[1] == made[1] * made[2] and made[2] > 1
    if not merged and made != (*file_shape, *(1,) * (3 - len(file_shape))):
        raise Unsupported(f"it reads {value}, reshaped from {made} to {file_shape}")
    reduced = _reduced(node, context)
    if 0 in reduced:
        raise Unsupported("it reduces the channels; rows and columns are expected")
    axes = {1, 2} if merged else reduced
    kernel = tuple(made[axis] if axis in axes else 1 for axis in (1, 2))
    shape = (made[0], *(1 if axis in axes else made[axis] for axis in (1, 2)))
    keeps = node.op.startswith("Global") or bool(node.attributes.get("keepdims", 1))
    if keeps and merged:
        raise Unsupported(f"it reads {value}, whose rows and columns are one axis; reduce it with keepdims=0")
    if keeps:
        return Read((pool(Window(context.raw_source(value), node.output, shape, kernel)),))
    pooled = pool(Window(context.raw_source(value), context.inner(f"{node.output}/pooled"), shape, kernel))
    twins = {pooled.output: node.output}
    if shape[1:] == (1, 1) and len(context.full_shape(node.output)) == 2:
        flatten = Flatten(f"{node.name}/flatten", (pooled.output,), node.output, shape[:1])
        return Read((pooled, flatten), twins=twins)
    if shape[1] == 1:
        raise Unsupported(
            f"it reduces {made} to {shape} and drops the rows alone; reduce both, or keep them (keepdims=1)"
        )
    return Read((pooled,), same_as=pooled.output, order=_order_of_the_rest(context.order(value), reduced), twins=twins)


def _order_of_the_rest(order: Ints, reduced: set[int]) -> Ints:
    """Give the order of the axes that are left: that of a value (N, H, W, C) without its columns is (0, 2, 1)."""
    left = [axis for place, axis in enumerate(order) if place - 1 not in reduced]
    return tuple(sorted(left).index(axis) for axis in left)


def _reduced(node: OnnxNode, context: Context) -> set[int]:
    """Give the axes that are reduced, 0 for the channels."""
    value = node.inputs[0]
    if node.op.startswith("Global"):
        context.channels_first(value)
        return {1, 2}
    axes = context.ints(node.inputs[1]) if node.has(1) else node.ints("axes", ())
    rank = len(context.full_shape(value))
    if not axes:
        if node.attributes.get("noop_with_empty_axes", 0):
            raise Unsupported("it has no axes, so it does nothing; leave it out")
        axes = tuple(range(rank))
    return {context.axis(value, axis) for axis in axes}
