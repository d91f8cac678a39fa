"""Slice, Pad and Split: parts of a value, and what is padded around it (He et al.'s option-A shortcut does both)."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from snnconv.graph.graph import Affine, Select, Shape
from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported
from snnconv.graph.reading.moves import moved

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

_LARGEST_FILL = 1e6
"""What stands for minus infinity is larger."""


def select(
    node: OnnxNode,
    context: Context,
    value: str,
    shape: Shape,
    bounds: Sequence[slice],
    zeros: tuple[Sequence[int], Sequence[int]] | None = None,
    output: str | None = None,
) -> Select:
    """Make a node that takes a part of a value, and pads it with zeros.

    Parameters
    ----------
    node : OnnxNode
    context : Context
    value : str
        Of the file, what a part is taken of.
    shape : tuple of int
        Of what is made, for one image, channels first.
    bounds : sequence of slice
        Start, stop and step along each axis.
    zeros : pair of sequences of int, optional
        How many before and behind the part, along each axis. None: none.
    output : str, optional
        Which of the node's outputs it is; None is the first.
    """
    before, after = zeros or ((0,) * len(bounds), (0,) * len(bounds))
    return Select(
        node.name,
        (context.source(value),),
        node.output if output is None else output,
        shape,
        starts=tuple(bound.start for bound in bounds),
        stops=tuple(bound.stop for bound in bounds),
        steps=tuple(bound.step for bound in bounds),
        pads_before=tuple(before),
        pads_after=tuple(after),
    )


def read_slice(node: OnnxNode, context: Context) -> Select:
    """Read a slice with constant bounds and positive steps."""
    value = node.inputs[0]
    if "starts" in node.attributes:  # opset 9 and older
        starts, ends = node.ints("starts", ()), node.ints("ends", ())
        axes, steps = node.ints("axes", tuple(range(len(starts)))), (1,) * len(starts)
    else:
        starts, ends = context.ints(node.inputs[1]), context.ints(node.inputs[2])
        axes = context.ints(node.inputs[3]) if node.has(3) else tuple(range(len(starts)))
        steps = context.ints(node.inputs[4]) if node.has(4) else (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise Unsupported(f"it has {len(starts)} starts for {len(ends)} ends, {len(axes)} axes and {len(steps)} steps")
    shape = context.shape(value)
    bounds = [slice(0, size, 1) for size in shape]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if axis % len(context.order(value)) == 0 and start == 0 and end >= context.full_shape(value)[0] and step == 1:
            continue  # all images of the batch
        index = context.axis(value, axis)
        if step < 1:
            raise Unsupported(f"its step {step} is not positive")
        bounds[index] = slice(*slice(start, end, step).indices(shape[index]))
    return _sliced(node, context, node.output, bounds)


def read_split(node: OnnxNode, context: Context) -> Read:
    """Read a value cut into parts: a slice for each."""
    value = node.inputs[0]
    axis = context.axis(value, int(node.attributes.get("axis", 0)))
    parts, first = [], 0
    for output in node.outputs:
        shape = context.full_shape(output)
        size = shape[context.order(value)[axis + 1]]
        bounds = [slice(0, length, 1) for length in context.shape(value)]
        bounds[axis] = slice(first, first + size, 1)
        parts.append(_sliced(node, context, output, bounds))
        first += size
    return Read(tuple(parts))


def _sliced(node: OnnxNode, context: Context, output: str, bounds: list[slice]) -> Select:
    value = node.inputs[0]
    sizes = tuple(len(range(bound.start, bound.stop, bound.step)) for bound in bounds)
    if min(sizes) < 1:
        raise Unsupported(f"it leaves nothing of {context.shape(value)}")
    return select(node, context, value, sizes, bounds, output=output)


def read_pad(node: OnnxNode, context: Context) -> Select | Read:
    """Read padding, with a number or with the elements at the border; negative pads cut off."""
    value = node.inputs[0]
    mode = node.text("mode", "constant")
    if mode != "constant":
        return moved(node, context, f"it makes too much of {context.shape(value)}; train with padding by zeros")
    if "pads" in node.attributes:  # opset 10 and older
        pads, fill = node.ints("pads", ()), node.number("value", 0.0)
    else:
        pads = context.ints(node.inputs[1])
        fill = float(context.constant(node.inputs[2], finite=False).reshape(-1)[0]) if node.has(2) else 0.0
    if not isfinite(fill) or abs(fill) > _LARGEST_FILL:
        raise Unsupported(f"it pads with {fill:g}; before a MaxPool give it the pads, else train with padding by zeros")
    rank = len(context.order(value))
    axes = context.ints(node.inputs[3]) if node.has(3) else tuple(range(rank))
    if len(pads) != 2 * len(axes):
        raise Unsupported(f"it has {len(pads)} pads for {len(axes)} axes, two for each are expected")
    shape = context.shape(value)
    before, after = [0] * len(shape), [0] * len(shape)
    for position, axis in enumerate(axes):
        begin, end = pads[position], pads[position + len(axes)]
        if begin or end:
            index = context.axis(value, axis)
            before[index], after[index] = begin, end
    padded = _padded(node, context, shape, before, after)
    return padded if fill == 0 else filled(node, context, padded, _beyond(padded) * fill)


def filled(node: OnnxNode, context: Context, padded: Select, offset: Array) -> Read:
    """Add what a part is padded with.

    Parameters
    ----------
    node : OnnxNode
    context : Context
    padded : Select
        The part, padded with zeros.
    offset : ndarray
        Of the padded shape; 0 where the part is.
    """
    inner = replace(padded, name=f"{node.name}/zeros", output=context.inner(f"{node.output}/zeros"))
    gain = np.ones((1,) * offset.ndim)
    return Read((inner, Affine(node.name, (inner.output,), node.output, inner.shape, gain=gain, offset=offset)))


def _beyond(padded: Select) -> Array:
    """Give 1 for what is padded, 0 for the part."""
    sizes = zip(padded.shape, padded.pads_before, padded.pads_after, strict=True)
    part = np.zeros([size - before - after for size, before, after in sizes])
    return np.pad(part, tuple(zip(padded.pads_before, padded.pads_after, strict=True)), constant_values=1.0)


def _padded(node: OnnxNode, context: Context, shape: Shape, before: list[int], after: list[int]) -> Select:
    bounds = [
        slice(max(0, -begin), size + min(0, end), 1) for begin, size, end in zip(before, shape, after, strict=True)
    ]
    if any(bound.stop <= bound.start for bound in bounds):
        raise Unsupported(f"its negative pads leave nothing of {shape}")
    zeros = [max(0, begin) for begin in before], [max(0, end) for end in after]
    return select(node, context, node.inputs[0], context.shape(node.output), bounds, zeros)


READERS = {"Pad": read_pad, "Slice": read_slice, "Split": read_split}
