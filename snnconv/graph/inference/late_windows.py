"""Windows of a pooling that ``ceil_mode`` would let begin in the padding behind the image."""

import onnx

Ints = tuple[int, ...]


def without_late_windows(node: onnx.NodeProto, read: Ints, made: Ints) -> Ints:
    """Give the shape that a pooling makes in onnxruntime, from the one that onnx's shape inference gives.

    A window that would begin behind the image and the padding before it is none. The standard says so from opset 22
    on, and onnxruntime has it so for all opsets; onnx's inference counts such windows before opset 22.

    Parameters
    ----------
    node : NodeProto
        An AveragePool or MaxPool.
    read, made : tuple of int
        Shapes, (N, C, *sizes), of what it reads and of what inference says that it makes.
    """
    given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    axes = len(read) - 2
    if not given.get("ceil_mode", 0) or given.get("auto_pad", b"").startswith(b"SAME") or len(made) != len(read):
        return made
    strides, pads = given.get("strides", [1] * axes), given.get("pads", [0] * 2 * axes)
    if len(strides) != axes or len(pads) != 2 * axes:
        return made
    sizes = zip(made[2:], read[2:], strides, pads[:axes], strict=True)
    return (*made[:2], *(count - ((count - 1) * s >= size + begin) for count, size, s, begin in sizes))
