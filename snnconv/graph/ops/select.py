"""Slice, Pad and Split: parts of a value, and zeros around it (He et al.'s option-A shortcut does both)."""

from snnconv.graph.context import Context, OnnxNode, Read, Unsupported
from snnconv.graph.graph import Select, Shape

Ints = tuple[int, ...]


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
    return _select(node, context, node.output, bounds)


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
        parts.append(_select(node, context, output, bounds))
        first += size
    return Read(tuple(parts))


def _select(node: OnnxNode, context: Context, output: str, bounds: list[slice]) -> Select:
    shape = context.shape(node.inputs[0])
    sizes = tuple(len(range(bound.start, bound.stop, bound.step)) for bound in bounds)
    if min(sizes) < 1:
        raise Unsupported(f"it leaves nothing of {shape}")
    return Select(
        node.name,
        (context.source(node.inputs[0]),),
        output,
        sizes,
        starts=tuple(bound.start for bound in bounds),
        stops=tuple(bound.stop for bound in bounds),
        steps=tuple(bound.step for bound in bounds),
        pads_before=(0,) * len(shape),
        pads_after=(0,) * len(shape),
    )


def read_pad(node: OnnxNode, context: Context) -> Select:
    """Read padding with zeros; negative pads cut off."""
    value = node.inputs[0]
    mode = node.text("mode", "constant")
    if mode != "constant":
        raise Unsupported(f"mode={mode} is not supported, constant is")
    if "pads" in node.attributes:  # opset 10 and older
        pads, fill = node.ints("pads", ()), node.number("value", 0.0)
    else:
        pads = context.ints(node.inputs[1])
        fill = float(context.constant(node.inputs[2]).reshape(-1)[0]) if node.has(2) else 0.0
    if fill != 0:
        raise Unsupported(f"it pads with {fill:g}, 0 is expected")
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
    return _padded(node, context, shape, before, after)


def _padded(node: OnnxNode, context: Context, shape: Shape, before: list[int], after: list[int]) -> Select:
    starts = tuple(max(0, -begin) for begin in before)
    stops = tuple(size + min(0, end) for size, end in zip(shape, after, strict=True))
    if any(stop <= start for start, stop in zip(starts, stops, strict=True)):
        raise Unsupported(f"its negative pads leave nothing of {shape}")
    return Select(
        node.name,
        (context.source(node.inputs[0]),),
        node.output,
        context.shape(node.output),
        starts=starts,
        stops=stops,
        steps=(1,) * len(shape),
        pads_before=tuple(max(0, begin) for begin in before),
        pads_after=tuple(max(0, end) for end in after),
    )


READERS = {"Pad": read_pad, "Slice": read_slice, "Split": read_split}
