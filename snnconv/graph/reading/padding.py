"""Where the windows of a convolution or pooling lie: explicit pads, ``auto_pad`` and rounded-up sizes."""

from collections.abc import Sequence
from dataclasses import dataclass

from snnconv.graph.reading.context import Context, OnnxNode, Unsupported

Ints = tuple[int, ...]


@dataclass(frozen=True)
class Windows:
    """The windows of a pooling over rows and columns.

    Attributes
    ----------
    source : str
        Our name of what is pooled.
    sizes, counts : tuple of int
        Rows and columns that are read, and windows along them.
    kernel, strides : tuple of int
    pads : tuple of int
        As the file has them: begins, then ends.
    reach : tuple of int
        Pads whose ends reach as far as the windows do.
    """

    source: str
    sizes: Ints
    counts: Ints
    kernel: Ints
    strides: Ints
    pads: Ints
    reach: Ints


def read_windows(node: OnnxNode, context: Context, instead: str) -> Windows:
    """Read where an AveragePool's or MaxPool's windows lie.

    Parameters
    ----------
    node : OnnxNode
    context : Context
    instead : str
        What to use instead of dilated pooling, for the message.

    Raises
    ------
    Unsupported
        If it is dilated, not over two axes, does not read channels first, or has pads that cannot be read.
    """
    source = context.channels_first(node.inputs[0])
    kernel = two_axes(node.ints("kernel_shape", ()), "kernel")
    strides = two_axes(node.ints("strides", (1, 1)), "strides attribute")
    if any(dilation != 1 for dilation in node.ints("dilations", (1, 1))):
        raise Unsupported(f"dilated pooling is not supported; use {instead}")
    sizes, counts = context.shape(node.inputs[0])[1:], context.shape(node.output)[1:]
    pads = pads_of(node, sizes, kernel, strides, (1, 1))
    return Windows(source, sizes, counts, kernel, strides, pads, reaching(sizes, counts, kernel, strides, pads))


def pads_of(node: OnnxNode, sizes: Sequence[int], kernel: Ints, strides: Ints, dilations: Ints) -> Ints:
    """Give a node's pads, begins and then ends.

    Parameters
    ----------
    node : OnnxNode
        With ``pads`` or ``auto_pad``.
    sizes : sequence of int
        Rows and columns of what it reads.
    kernel, strides, dilations : tuple of int
        One number for each of them.

    Raises
    ------
    Unsupported
        If pads are negative or contradict ``auto_pad``.
    """
    auto_pad = node.text("auto_pad", "NOTSET")
    pads = node.ints("pads", (0,) * 2 * len(sizes))
    if auto_pad not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise Unsupported(f"auto_pad={auto_pad} is no value that ONNX knows")
    if auto_pad != "NOTSET" and any(pads):
        raise Unsupported(f"auto_pad={auto_pad} contradicts pads {pads}")
    if len(pads) != 2 * len(sizes) or min(pads) < 0:
        raise Unsupported(f"pads {pads} are negative, or not two for each axis")
    if auto_pad in ("NOTSET", "VALID"):
        return pads
    begins, ends = [], []
    for size, k, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        windows = -(-size // stride)
        total = max(0, (windows - 1) * stride + dilation * (k - 1) + 1 - size)
        less, more = total // 2, total - total // 2
        begins.append(less if auto_pad == "SAME_UPPER" else more)
        ends.append(more if auto_pad == "SAME_UPPER" else less)
    return (*begins, *ends)


def reaching(sizes: Sequence[int], windows: Sequence[int], kernel: Ints, strides: Ints, pads: Ints) -> Ints:
    """Give pads whose ends reach as far as the windows do: with ``ceil_mode`` the last ones stick out.

    Parameters
    ----------
    sizes, windows : sequence of int
        Rows and columns that are read, and windows along them.
    kernel, strides : tuple of int
    pads : tuple of int
        Begins, then ends.

    Raises
    ------
    Unsupported
        If a window would lie in the padding alone.
    """
    axes = len(sizes)
    ends = []
    for size, count, k, stride, begin, end in zip(
        sizes, windows, kernel, strides, pads[:axes], pads[axes:], strict=True
    ):
        reach = (count - 1) * stride + k - size - begin
        if begin >= k or (count - 1) * stride - begin >= size:
            raise Unsupported(f"pads {pads} leave a window of {k} pixels without an image")
        fits = (size + begin + end - k) // stride + 1 == count
        ends.append(end if fits else max(0, reach))
    return (*pads[:axes], *ends)


def two_axes(values: Ints, what: str) -> Ints:
    """Refuse what is not two-dimensional.

    Raises
    ------
    Unsupported
    """
    if len(values) != 2:
        raise Unsupported(f"its {what} has {len(values)} spatial axes, 2 are expected")
    return values
