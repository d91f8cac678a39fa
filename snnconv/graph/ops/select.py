"""Slice and Pad: the option-A shortcut of He et al., which drops pixels and pads channels."""

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import Select


def read_slice(node: OnnxNode, context: Context) -> Select:
    """Read a slice with constant bounds and positive steps."""
    shape = context.shape(node.inputs[0])
    if "starts" in node.attributes:  # opset 9 and older
        starts, ends = node.ints("starts", ()), node.ints("ends", ())
        axes, steps = node.ints("axes", tuple(range(len(starts)))), (1,) * len(starts)
    else:
        starts, ends = context.ints(node.inputs[1]), context.ints(node.inputs[2])
        axes = context.ints(node.inputs[3]) if len(node.inputs) > 3 and node.inputs[3] else tuple(range(len(starts)))
        steps = context.ints(node.inputs[4]) if len(node.inputs) > 4 and node.inputs[4] else (1,) * len(starts)
    bounds = [slice(0, size, 1) for size in shape]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        index = axis % (len(shape) + 1) - 1  # the batch axis is left out
        if index < 0:
            raise Unsupported("it slices the batch axis")
        if step < 1:
            raise Unsupported(f"its step {step} is not positive")
        bounds[index] = slice(*slice(start, end, step).indices(shape[index]))
    return Select(
        node.name,
        node.inputs[:1],
        node.output,
        context.shape(node.output),
        starts=tuple(bound.start for bound in bounds),
        stops=tuple(bound.stop for bound in bounds),
        steps=tuple(bound.step for bound in bounds),
        pads_before=(0,) * len(shape),
        pads_after=(0,) * len(shape),
    )


def read_pad(node: OnnxNode, context: Context) -> Select:
    """Read padding with zeros."""
    shape = context.shape(node.inputs[0])
    rank = len(shape) + 1
    if node.text("mode", "constant") != "constant":
        raise Unsupported(f"mode={node.text('mode', '')} is not supported, constant is")
    if "pads" in node.attributes:  # opset 10 and older
        pads, value = node.ints("pads", ()), float(node.attributes.get("value", 0.0))
    else:
        pads = context.ints(node.inputs[1])
        value = float(context.constant(node.inputs[2]).reshape(-1)[0]) if len(node.inputs) > 2 and node.inputs[2] else 0
    if value != 0:
        raise Unsupported(f"it pads with {value}, 0 is expected")
    axes = context.ints(node.inputs[3]) if len(node.inputs) > 3 and node.inputs[3] else tuple(range(rank))
    before, after = [0] * rank, [0] * rank
    for position, axis in enumerate(axes):
        before[axis % rank], after[axis % rank] = pads[position], pads[position + len(axes)]
    if before[0] or after[0] or min(before + after) < 0:
        raise Unsupported(f"pads {pads} touch the batch axis or are negative")
    return Select(
        node.name,
        node.inputs[:1],
        node.output,
        context.shape(node.output),
        starts=(0,) * len(shape),
        stops=shape,
        steps=(1,) * len(shape),
        pads_before=tuple(before[1:]),
        pads_after=tuple(after[1:]),
    )


READERS = {"Pad": read_pad, "Slice": read_slice}
