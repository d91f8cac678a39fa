"""Conv: two-dimensional convolutions with any stride, dilation, groups and explicit pads."""

import numpy as np

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import Conv


def read_conv(node: OnnxNode, context: Context) -> Conv:
    """Read a convolution."""
    weight = context.weights(node.inputs[1])
    spatial = weight.ndim - 2
    if spatial != 2:
        raise Unsupported(f"it has {spatial} spatial axes, 2 are expected")
    kernel = node.ints("kernel_shape", weight.shape[2:])
    if kernel != weight.shape[2:]:
        raise Unsupported(f"kernel_shape={kernel} contradicts its weight of shape {weight.shape}")
    auto_pad = node.text("auto_pad", "NOTSET")
    if auto_pad not in ("NOTSET", "VALID"):
        raise Unsupported(f"auto_pad={auto_pad} is not supported; export with explicit pads")
    has_bias = len(node.inputs) > 2 and node.inputs[2]
    bias = context.weights(node.inputs[2]) if has_bias else np.zeros(weight.shape[0])
    pads = node.ints("pads", (0,) * 2 * spatial)
    if auto_pad == "VALID" and any(pads):
        raise Unsupported(f"auto_pad=VALID contradicts pads {pads}")
    if min(pads) < 0:
        raise Unsupported(f"pads {pads} are negative")
    return Conv(
        node.name,
        node.inputs[:1],
        node.output,
        context.shape(node.output),
        weight=weight,
        bias=bias,
        strides=node.ints("strides", (1,) * spatial),
        pads=pads,
        dilations=node.ints("dilations", (1,) * spatial),
        groups=int(node.attributes.get("group", 1)),
    )


READERS = {"Conv": read_conv}
