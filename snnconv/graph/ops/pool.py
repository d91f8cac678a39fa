"""Average pooling: windows, the whole map, and ReduceMean over rows and columns."""

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import AveragePool


def read_average_pool(node: OnnxNode, context: Context) -> AveragePool:
    """Read means over windows."""
    kernel = node.ints("kernel_shape", ())
    spatial = len(kernel)
    if spatial != 2:
        raise Unsupported(f"it has {spatial} spatial axes, 2 are expected")
    auto_pad = node.text("auto_pad", "NOTSET")
    if auto_pad not in ("NOTSET", "VALID"):
        raise Unsupported(f"auto_pad={auto_pad} is not supported; export with explicit pads")
    pads = node.ints("pads", (0,) * 2 * spatial)
    if auto_pad == "VALID" and any(pads):
        raise Unsupported(f"auto_pad=VALID contradicts pads {pads}")
    if any(pads) and not node.attributes.get("count_include_pad", 0):
        raise Unsupported("count_include_pad=0 with padding is not supported")
    if node.attributes.get("ceil_mode", 0):
        raise Unsupported("ceil_mode=1 is not supported")
    if any(dilation != 1 for dilation in node.ints("dilations", (1,) * spatial)):
        raise Unsupported("dilated pooling is not supported")
    strides = node.ints("strides", (1,) * spatial)
    return AveragePool(
        node.name,
        node.inputs[:1],
        node.output,
        context.shape(node.output),
        kernel=kernel,
        strides=strides,
        pads=pads,
    )


def read_global_average_pool(node: OnnxNode, context: Context) -> AveragePool:
    """Read the mean over the whole map, which keeps its axes."""
    kernel = context.shape(node.inputs[0])[1:]
    if len(kernel) != 2:
        raise Unsupported(f"it has {len(kernel)} spatial axes, 2 are expected")
    return AveragePool(
        node.name,
        node.inputs[:1],
        node.output,
        context.shape(node.output),
        kernel=kernel,
        strides=(1, 1),
        pads=(0, 0, 0, 0),
    )


def read_reduce_mean(node: OnnxNode, context: Context) -> AveragePool:
    """Read a mean over rows and columns that keeps its axes."""
    axes = node.ints("axes", ())
    if len(node.inputs) > 1 and node.inputs[1]:
        axes = context.ints(node.inputs[1])
    rank = len(context.shape(node.inputs[0])) + 1
    if sorted(axis % rank for axis in axes) != [2, 3] or not node.attributes.get("keepdims", 1):
        raise Unsupported(f"axes {axes} with keepdims={node.attributes.get('keepdims', 1)}; (2, 3) with 1 is expected")
    return read_global_average_pool(node, context)


READERS = {
    "AveragePool": read_average_pool,
    "GlobalAveragePool": read_global_average_pool,
    "ReduceMean": read_reduce_mean,
}
