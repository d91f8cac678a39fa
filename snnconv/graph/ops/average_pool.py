"""Average pooling: windows, the whole map, and means over rows and columns."""

from typing import Any

import numpy as np

from snnconv.graph.context import Context, OnnxNode, Read, Unsupported
from snnconv.graph.graph import AveragePool
from snnconv.graph.padding import pads_of, reaching, two_axes
from snnconv.graph.whole_map import Window, read_whole_map

Array = np.ndarray[Any, Any]


def read_average_pool(node: OnnxNode, context: Context) -> AveragePool:
    """Read means over windows."""
    source = context.channels_first(node.inputs[0])
    kernel = two_axes(node.ints("kernel_shape", ()), "kernel")
    strides = two_axes(node.ints("strides", (1, 1)), "strides attribute")
    if any(dilation != 1 for dilation in node.ints("dilations", (1, 1))):
        raise Unsupported("dilated pooling is not supported; use a strided convolution")
    sizes, windows = context.shape(node.inputs[0])[1:], context.shape(node.output)[1:]
    pads = pads_of(node, sizes, kernel, strides, (1, 1))
    with_pads = bool(node.attributes.get("count_include_pad", 0))
    return AveragePool(
        node.name,
        (source,),
        node.output,
        context.shape(node.output),
        kernel=kernel,
        strides=strides,
        pads=reaching(sizes, windows, kernel, strides, pads),
        divisor=_divisor(sizes, windows, kernel, strides, pads if with_pads else None, pads),
    )


def _divisor(
    sizes: tuple[int, ...],
    windows: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    counted: tuple[int, ...] | None,
    pads: tuple[int, ...],
) -> Array:
    """Give how many pixels each window is divided by: () or (1, H, W).

    Pads count where `counted` names them; the part of a window that ``ceil_mode`` lets stick out beyond them does not.
    """
    along = []
    for axis in range(2):
        before, after = (counted[axis], counted[axis + 2]) if counted is not None else (0, 0)
        starts = np.arange(windows[axis]) * strides[axis] - pads[axis]
        first = np.maximum(starts, -before)
        last = np.minimum(starts + kernel[axis], sizes[axis] + after)
        along.append(np.maximum(last - first, 1))
    count = np.outer(*along).astype(np.float64)
    return np.asarray(count[0, 0]) if (count == count[0, 0]).all() else count[None]


def read_global_average_pool(node: OnnxNode, context: Context) -> Read:
    """Read the mean over rows and columns."""

    def pool(window: Window) -> AveragePool:
        return AveragePool(
            node.name,
            (window.source,),
            window.output,
            window.shape,
            kernel=window.kernel,
            strides=(1, 1),
            pads=(0, 0, 0, 0),
            divisor=np.asarray(float(np.prod(window.kernel))),
        )

    return read_whole_map(node, context, pool)


READERS = {
    "AveragePool": read_average_pool,
    "GlobalAveragePool": read_global_average_pool,
    "ReduceMean": read_global_average_pool,
}
