"""Max pooling: windows, and the whole map."""

from snnconv.graph.context import Context, OnnxNode, Read, Unsupported
from snnconv.graph.graph import MaxPool
from snnconv.graph.padding import pads_of, reaching, two_axes
from snnconv.graph.whole_map import Window, read_whole_map


def read_max_pool(node: OnnxNode, context: Context) -> MaxPool:
    """Read largest values of windows."""
    source = context.channels_first(node.inputs[0])
    kernel = two_axes(node.ints("kernel_shape", ()), "kernel")
    strides = two_axes(node.ints("strides", (1, 1)), "strides attribute")
    if any(dilation != 1 for dilation in node.ints("dilations", (1, 1))):
        raise Unsupported("dilated pooling is not supported; use pooling without dilation")
    sizes, windows = context.shape(node.inputs[0])[1:], context.shape(node.output)[1:]
    pads = pads_of(node, sizes, kernel, strides, (1, 1))
    return MaxPool(
        node.name,
        (source,),
        node.output,
        context.shape(node.output),
        kernel=kernel,
        strides=strides,
        pads=reaching(sizes, windows, kernel, strides, pads),
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
