"""The output shape of a node from the shapes of its inputs, channels first and without the batch."""

from collections.abc import Sequence

from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir

Shape = tuple[int, ...]


def windows(size: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1) -> int:
    """Give how many windows of a convolution or pooling fit along one axis."""
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def output_shape(node: ir.Node, inputs: Sequence[Shape], weight: Shape | None) -> Shape:
    """Compute a node's shape.

    Parameters
    ----------
    node : Node
        Any node but an ``Input``.
    inputs : sequence of tuple of int
        The shapes of its incoming edges, in order.
    weight : tuple of int, optional
        The shape of its weight, for ``Conv`` and ``Dense``.

    Returns
    -------
    tuple of int
        The shape of its output.

    Raises
    ------
    NetworkError
        If the inputs do not fit the node.
    """
    first = inputs[0]
    if not isinstance(node, ir.Concat):
        for shape in inputs[1:]:
            if shape != first:
                raise NetworkError(f"node {node.name}: summed inputs differ in shape: {first} and {shape}")
    match node:
        case ir.Conv():
            return _conv(node, first, weight or ())
        case ir.Dense():
            if len(first) != 1 or weight is None or len(weight) != 2 or weight[1] != first[0]:
                raise NetworkError(f"node {node.name}: weight {weight} does not fit the input {first}")
            return (weight[0],)
        case ir.SumPool() | ir.MaxPoolGate() | ir.MaxPoolCurrent():
            return _pool(node, first)
        case ir.Select():
            return _select(node, first)
        case ir.Flatten():
            size = 1
            for axis in first:
                size *= axis
            return (size,)
        case ir.Concat():
            return _concat(node, inputs)
        case _:
            return first


def _conv(node: ir.Conv, shape: Shape, weight: Shape) -> Shape:
    spatial = len(shape) - 1
    lengths = {len(weight) - 2, len(node.strides), len(node.dilations)}
    if spatial < 1 or lengths != {spatial} or len(node.pads) != 2 * spatial:
        raise NetworkError(f"node {node.name}: weight {weight}, strides, pads or dilations do not fit {shape}")
    if weight[1] * node.groups != shape[0] or weight[0] % node.groups:
        raise NetworkError(f"node {node.name}: weight {weight} in {node.groups} groups does not fit {shape}")
    sizes = tuple(
        windows(
            shape[1 + a],
            weight[2 + a],
            node.strides[a],
            node.pads[a],
            node.pads[a + spatial],
            node.dilations[a],
        )
        for a in range(spatial)
    )
    return _positive(node, (weight[0], *sizes))


def _pool(node: ir.SumPool | ir.MaxPoolGate | ir.MaxPoolCurrent, shape: Shape) -> Shape:
    spatial = len(shape) - 1
    if spatial < 1 or {len(node.kernel), len(node.strides)} != {spatial} or len(node.pads) != 2 * spatial:
        raise NetworkError(f"node {node.name}: kernel, strides or pads do not fit the input {shape}")
    sizes = tuple(
        windows(shape[1 + a], node.kernel[a], node.strides[a], node.pads[a], node.pads[a + spatial])
        for a in range(spatial)
    )
    if not isinstance(node, ir.SumPool):
        _check_windows(node, shape[1:], sizes)
    return _positive(node, (shape[0], *sizes))


def _check_windows(node: ir.MaxPoolGate | ir.MaxPoolCurrent, shape: Shape, sizes: Shape) -> None:
    """Refuse windows of nothing but padding: they have no largest value."""
    for axis, (size, count) in enumerate(zip(shape, sizes, strict=True)):
        before, last = node.pads[axis], (count - 1) * node.strides[axis] - node.pads[axis]
        if before >= node.kernel[axis] or last >= size:
            raise NetworkError(
                f"node {node.name}: pads {node.pads} make a window of nothing but padding, "
                f"expected fewer than the kernel {node.kernel}"
            )


def _select(node: ir.Select, shape: Shape) -> Shape:
    fields = (node.starts, node.stops, node.steps, node.pads_before, node.pads_after)
    if {len(field) for field in fields} != {len(shape)}:
        raise NetworkError(f"node {node.name}: starts, stops, steps or pads do not fit the input {shape}")
    sizes = []
    for size, start, stop, step, before, after in zip(shape, *fields, strict=True):
        if stop > size:
            raise NetworkError(f"node {node.name}: stop {stop} lies behind an axis of {size}")
        sizes.append(len(range(start, stop, step)) + before + after)
    return _positive(node, tuple(sizes))


def _concat(node: ir.Concat, shapes: Sequence[Shape]) -> Shape:
    first = shapes[0]
    if node.axis >= len(first):
        raise NetworkError(f"node {node.name}: axis {node.axis} is outside the input {first}")
    for shape in shapes[1:]:
        if len(shape) != len(first) or any(
            a != b for i, (a, b) in enumerate(zip(shape, first, strict=True)) if i != node.axis
        ):
            raise NetworkError(f"node {node.name}: inputs {first} and {shape} differ outside axis {node.axis}")
    joined = sum(shape[node.axis] for shape in shapes)
    return (*first[: node.axis], joined, *first[node.axis + 1 :])


def _positive(node: ir.Node, shape: Shape) -> Shape:
    if min(shape) < 1:
        raise NetworkError(f"node {node.name}: its output would have the empty shape {shape}")
    return shape
