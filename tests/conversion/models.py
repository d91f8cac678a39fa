"""Small models of every kind of layer, each written by a function of a builder."""

from collections.abc import Callable
from typing import Any

from onnx import helper

Builder = Any

SHAPE = (2, 8, 8)
SAME: dict[str, Any] = {"pads": [1, 1, 1, 1]}


def stem(b: Builder, output: str = "relu", channels: int = 6) -> str:
    return b.relu(b.conv("input", f"{output}_conv", (channels, 2, 3, 3), bias=True, **SAME), output)


def pooled(b: Builder, op: str, x: str, output: str, **attributes: Any) -> str:
    return b.node(op, [x], output, **({"kernel_shape": [2, 2], "strides": [2, 2]} | attributes))


def max_pool_stem(b: Builder) -> None:
    x = pooled(b, "MaxPool", stem(b), "pool", kernel_shape=[3, 3], **SAME)
    b.classifier(b.relu(b.conv(x, "second", (4, 6, 3, 3)), "relu2"), 4)


def max_pools_in_a_row(b: Builder) -> None:
    x = pooled(b, "MaxPool", stem(b), "pool", kernel_shape=[3, 3], strides=[1, 1], **SAME)
    b.classifier(pooled(b, "MaxPool", x, "pool2"), 6)


def max_pool_beside_average(b: Builder) -> None:
    x = stem(b)
    b.classifier(b.add(pooled(b, "MaxPool", x, "pool"), pooled(b, "AveragePool", x, "average"), "sum"), 6)


def max_pool_of_average(b: Builder) -> None:
    x = pooled(b, "AveragePool", stem(b), "average")
    b.classifier(pooled(b, "MaxPool", x, "pool", strides=[1, 1]), 6)


def max_pool_of_concat(b: Builder) -> None:
    x = b.node("Concat", [stem(b), stem(b, "other", 3)], "both", axis=1)
    b.classifier(pooled(b, "MaxPool", x, "pool"), 9)


def max_pool_of_option_a(b: Builder) -> None:
    b.classifier(pooled(b, "MaxPool", b.option_a(stem(b), "selected", 1, 2), "pool"), 9)


def max_pool_of_currents(b: Builder) -> None:
    """Negative values too, which a ReLU and a shortcut read."""
    x = pooled(b, "MaxPool", b.conv("input", "conv", (6, 2, 3, 3), **SAME), "pool")
    b.classifier(b.add(b.relu(b.conv(b.relu(x, "relu"), "second", (6, 6, 1, 1)), "relu2"), x, "sum"), 6)


def global_max(b: Builder) -> None:
    b.gemm(b.node("ReduceMax", [stem(b)], "top", axes=[2, 3], keepdims=0), "logits", 6, 5)


def capped(b: Builder, x: str, output: str, cap: float) -> str:
    return b.node("Clip", [x, b.constant(f"{output}_low", 0), b.constant(f"{output}_high", cap)], output)


def relu6(b: Builder) -> None:
    """The cap lies far below the largest activation, and beyond that of the second layer."""
    x = capped(b, b.conv("input", "conv", (6, 2, 3, 3), **SAME), "first", 0.6)
    b.classifier(capped(b, b.conv(x, "second", (4, 6, 3, 3)), "last", 6e4), 4)


def relu6_by_min(b: Builder) -> None:
    x = b.node("Min", [stem(b), b.constant("cap", 0.5)], "capped")
    b.classifier(b.relu(b.conv(b.node("Div", [x, b.constant("half", 0.5)], "one"), "second", (4, 6, 1, 1)), "relu2"), 4)


def relu_beside_relu6(b: Builder) -> None:
    x = stem(b)
    b.classifier(b.add(x, b.node("Min", [x, b.constant("cap", 0.5)], "capped"), "sum"), 6)


def dense_net(b: Builder) -> None:
    """Concat of spikes of layers of different λ."""
    x = stem(b)
    for i, channels in enumerate((6, 10)):
        y = b.relu(b.conv(x, f"conv{i}", (4, channels, 3, 3), **SAME), f"relu{i}")
        x = b.node("Concat", [x, y], f"joined{i}", axis=1)
    b.classifier(pooled(b, "AveragePool", x, "average"), 14)


def dense_net_before_activation(b: Builder) -> None:
    """Concat of currents, each read by several BatchNorms, as DenseNet has it."""
    x = b.conv("input", "conv", (6, 2, 3, 3), **SAME)
    for i, channels in enumerate((6, 10)):
        y = b.relu(b.batchnorm(x, f"bn{i}", channels), f"relu{i}")
        x = b.node("Concat", [x, b.conv(y, f"conv{i}", (4, channels, 3, 3), **SAME)], f"joined{i}", axis=1)
    b.classifier(b.relu(b.batchnorm(x, "bn_last", 14), "last"), 14)


def concat_of_spikes_and_currents(b: Builder) -> None:
    x = b.conv("input", "conv", (6, 2, 3, 3), **SAME)
    x = b.node("Concat", [x, b.relu(x, "relu")], "joined", axis=1)
    b.classifier(b.relu(b.conv(x, "second", (4, 12, 1, 1)), "relu2"), 4)


def concat_of_itself(b: Builder) -> None:
    x = stem(b)
    b.classifier(b.relu(b.conv(b.node("Concat", [x, x], "joined", axis=1), "second", (4, 12, 1, 1)), "relu2"), 4)


def concat_of_rows(b: Builder) -> None:
    """λ of the rows differ, so they are brought to one."""
    x = b.node("Concat", [stem(b), stem(b, "other")], "joined", axis=2)
    b.classifier(b.relu(b.conv(x, "second", (4, 6, 3, 3)), "relu2"), 4)


def pre_activation(b: Builder) -> None:
    x = b.conv("input", "conv", (6, 2, 3, 3), **SAME)
    for i in range(2):
        y = b.conv(b.relu(b.batchnorm(x, f"bn{i}", 6), f"relu{i}"), f"conv{i}", (6, 6, 3, 3), **SAME)
        x = b.add(y, x, f"add{i}")
    b.classifier(b.relu(b.batchnorm(x, "bn_last", 6), "last"), 6)


def average_with_border(b: Builder) -> None:
    x = pooled(b, "AveragePool", stem(b), "average", kernel_shape=[3, 3], **SAME)
    b.classifier(b.relu(b.conv(x, "second", (4, 6, 1, 1)), "relu2"), 4)


def average_of_currents_with_border(b: Builder) -> None:
    x = b.conv("input", "conv", (6, 2, 3, 3), **SAME)
    x = pooled(b, "AveragePool", x, "average", kernel_shape=[3, 3], **SAME)
    b.classifier(b.relu(b.conv(x, "second", (4, 6, 1, 1)), "relu2"), 4)


def mean_of_columns_then_rows(b: Builder) -> None:
    x = b.node("ReduceMean", [stem(b)], "columns", axes=[3], keepdims=0)
    b.gemm(b.node("ReduceMean", [x], "features", axes=[2], keepdims=0), "logits", 6, 5)


def relu_read_twice(b: Builder) -> None:
    x = stem(b)
    y = b.add(b.conv(x, "a", (6, 6, 3, 3), **SAME), b.conv(x, "b", (6, 6, 1, 1)), "sum")
    b.classifier(b.relu(b.add(y, x, "shortcut"), "last"), 6)


def doubled_spikes(b: Builder) -> None:
    x = stem(b)
    b.classifier(b.relu(b.add(x, x, "double"), "last"), 6)


def doubled_current(b: Builder) -> None:
    x = b.conv("input", "conv", (6, 2, 3, 3), **SAME)
    b.classifier(b.relu(b.node("Sum", [x, x, x], "triple"), "last"), 6)


def depthwise(b: Builder) -> None:
    x = b.relu(b.conv(stem(b), "deep", (6, 1, 3, 3), group=6, **SAME), "relu2")
    b.classifier(b.relu(b.conv(x, "point", (8, 6, 1, 1)), "relu3"), 8)


def depthwise_twice(b: Builder) -> None:
    b.classifier(b.relu(b.conv(stem(b), "deep", (12, 2, 3, 3), group=3, **SAME), "relu2"), 12)


def difference(b: Builder) -> None:
    b.classifier(b.relu(b.node("Sub", [stem(b), stem(b, "other")], "difference"), "last"), 6)


def difference_of_currents(b: Builder) -> None:
    x, y = (b.conv("input", name, (6, 2, 3, 3), **SAME) for name in ("a", "b"))
    b.classifier(b.relu(b.node("Sub", [x, y], "difference"), "last"), 6)


def both_signs(b: Builder) -> None:
    """CReLU: what a ReLU cuts off is read by another."""
    x = b.conv("input", "conv", (6, 2, 3, 3), **SAME)
    parts = [b.relu(x, "positive"), b.relu(b.node("Neg", [x], "turned"), "negative")]
    b.classifier(b.node("Concat", parts, "joined", axis=1), 12)


def per_pixel(b: Builder) -> None:
    """Scales and offsets of pixels, rows and channels; a row has as many pixels as there are channels."""
    x = b.node("Mul", ["input", b.constant("gain", b.random.uniform(0.5, 2, SHAPE))], "scaled")
    x = b.add(x, b.constant("offset", b.random.normal(size=SHAPE)), "moved")
    x = b.conv(x, "conv", (8, 2, 3, 3), **SAME)
    x = b.relu(b.node("Mul", [x, b.constant("row", b.random.uniform(0.5, 2, (1, 1, 8)))], "rows"), "relu")
    x = b.node("Sub", [b.constant("one", b.random.normal(size=(8, 1, 1))), x], "turned")
    b.classifier(b.relu(x, "last"), 8)


def halves(b: Builder) -> None:
    b.nodes.append(helper.make_node("Split", [stem(b)], ["left", "right"], axis=1, name="SPLIT"))
    y = b.relu(b.conv("right", "second", (3, 3, 1, 1)), "relu2")
    b.classifier(b.node("Concat", [y, "left"], "shuffled", axis=1), 6)


def channels_last(b: Builder) -> None:
    x = b.node("Transpose", [b.conv("input", "conv", (6, 2, 3, 3), **SAME)], "last", perm=[0, 2, 3, 1])
    x = b.relu(b.add(x, b.constant("bias", b.random.normal(size=6)), "moved"), "relu")
    b.gemm(b.node("Flatten", [x], "flat"), "logits", 384, 5)


def softmax(b: Builder) -> None:
    b.node("Softmax", [b.classifier(stem(b), 6)], "probabilities")


MODELS: dict[str, Callable[[Builder], None]] = {
    model.__name__: model
    for model in (
        max_pool_stem,
        max_pools_in_a_row,
        max_pool_beside_average,
        max_pool_of_average,
        max_pool_of_concat,
        max_pool_of_option_a,
        max_pool_of_currents,
        global_max,
        relu6,
        relu6_by_min,
        relu_beside_relu6,
        dense_net,
        dense_net_before_activation,
        concat_of_spikes_and_currents,
        concat_of_itself,
        concat_of_rows,
        pre_activation,
        average_with_border,
        average_of_currents_with_border,
        mean_of_columns_then_rows,
        relu_read_twice,
        doubled_spikes,
        doubled_current,
        depthwise,
        depthwise_twice,
        difference,
        difference_of_currents,
        both_signs,
        per_pixel,
        halves,
        channels_last,
        softmax,
    )
}
