"""Max pooling: windows, and the whole map."""

from snnconv.graph.graph import MaxPool
from snnconv.graph.reading.context import Context, OnnxNode, Read
from snnconv.graph.reading.padding import read_windows
from snnconv.graph.reading.whole_map import Window, read_whole_map


def read_max_pool(node: OnnxNode, context: Context) -> MaxPool:
    """Read largest values of windows."""
    windows = read_windows(node, context, "pooling without dilation")
    return MaxPool(
        node.name,
        (windows.source,),
        node.output,
        context.shape(node.output),
        kernel=windows.kernel,
        strides=windows.strides,
        pads=windows.reach,
    )


def read_global_max_pool(node: OnnxNode, context: Context) -> Read:
    """Read the largest value over rows and columns."""

    def pool(window: Window) -> MaxPool:
        return MaxPool(
            node.name,
            (window.source,),
            window.output,
            window.shape,
            kernel=window.kernel,
            strides=(1, 1),
            pads=(0, 0, 0, 0),
        )

    return read_whole_map(node, context, pool)


READERS = {"GlobalMaxPool": read_global_max_pool, "MaxPool": read_max_pool, "ReduceMax": read_global_max_pool}
