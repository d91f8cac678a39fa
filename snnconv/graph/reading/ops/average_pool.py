"""Average pooling: windows, the whole map, and means and sums over rows and columns."""

from typing import Any

import numpy as np

from snnconv.graph.graph import AveragePool
from snnconv.graph.reading.context import Context, OnnxNode, Read
from snnconv.graph.reading.padding import Windows, read_windows
from snnconv.graph.reading.whole_map import Window, read_whole_map

Array = np.ndarray[Any, Any]


def read_average_pool(node: OnnxNode, context: Context) -> AveragePool:
    """Read means over windows."""
    windows = read_windows(node, context, "a strided convolution")
    return AveragePool(
        node.name,
        (windows.source,),
        node.output,
        context.shape(node.output),
        kernel=windows.kernel,
        strides=windows.strides,
        pads=windows.reach,
        divisor=_divisor(windows, bool(node.attributes.get("count_include_pad", 0))),
    )


def _divisor(windows: Windows, with_pads: bool) -> Array:
    """Give how many pixels each window is divided by: () or (1, H, W).

    Pads may count; the part of a window that ``ceil_mode`` lets stick out beyond them does not.
    """
    counted = windows.pads if with_pads else (0, 0, 0, 0)
    along = []
    for axis in range(2):
        starts = np.arange(windows.counts[axis]) * windows.strides[axis] - windows.pads[axis]
        first = np.maximum(starts, -counted[axis])
        last = np.minimum(starts + windows.kernel[axis], windows.sizes[axis] + counted[axis + 2])
        along.append(np.maximum(last - first, 1))
    count = np.outer(*along).astype(np.float64)
    return np.asarray(count[0, 0]) if (count == count[0, 0]).all() else count[None]


def read_global_average_pool(node: OnnxNode, context: Context) -> Read:
    """Read the mean, or the sum, over rows and columns."""
    sums = node.op == "ReduceSum"

    def pool(window: Window) -> AveragePool:
        return AveragePool(
            node.name,
            (window.source,),
            window.output,
            window.shape,
            kernel=window.kernel,
            strides=(1, 1),
            pads=(0, 0, 0, 0),
            divisor=np.asarray(1.0 if sums else float(np.prod(window.kernel))),
        )

    return read_whole_map(node, context, pool)


READERS = {
    "AveragePool": read_average_pool,
    "GlobalAveragePool": read_global_average_pool,
    "ReduceMean": read_global_average_pool,
    "ReduceSum": read_global_average_pool,
}
