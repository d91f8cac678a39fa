"""Conv: two-dimensional convolutions with any stride, dilation, groups and padding."""

import numpy as np

from snnconv.graph.graph import Conv
from snnconv.graph.reading.context import Context, OnnxNode, Unsupported
from snnconv.graph.reading.padding import pads_of, two_axes


def read_conv(node: OnnxNode, context: Context) -> Conv:
    """Read a convolution."""
    weight = context.weights(node.inputs[1])
    two_axes(weight.shape[2:], "weight")
    source = context.channels_first(node.inputs[0])
    kernel = node.ints("kernel_shape", weight.shape[2:])
    if kernel != weight.shape[2:]:
        raise Unsupported(f"kernel_shape={kernel} contradicts its weight of shape {weight.shape}")
    shape = context.shape(node.inputs[0])
    groups = int(node.attributes.get("group", 1))
    if weight.shape[1] * groups != shape[0] or weight.shape[0] % groups:
        raise Unsupported(f"its weight {weight.shape} in {groups} groups does not fit its input {shape}")
    bias = context.weights(node.inputs[2]) if node.has(2) else np.zeros(weight.shape[0])
    if bias.shape != weight.shape[:1]:
        raise Unsupported(f"its bias has shape {bias.shape}, {weight.shape[:1]} is expected")
    strides, dilations = node.ints("strides", (1, 1)), node.ints("dilations", (1, 1))
    return Conv(
        node.name,
        (source,),
        node.output,
        context.shape(node.output),
        weight=weight,
        bias=bias,
        strides=two_axes(strides, "strides attribute"),
        pads=pads_of(node, shape[1:], kernel, strides, dilations),
        dilations=two_axes(dilations, "dilations attribute"),
        groups=groups,
    )


READERS = {"Conv": read_conv}
