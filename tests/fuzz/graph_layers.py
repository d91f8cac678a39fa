"""Layers of random graphs that keep rows and columns or stride over them: convolutions, scales, ReLUs, aliases."""

from dataclasses import replace
from typing import Any

import numpy as np

from tests.fuzz.graph_writer import GraphWriter, Value

Array = np.ndarray[Any, Any]


def to_first(w: GraphWriter, v: Value) -> Value:
    """Transpose to (N, C, H, W) where the file has another order."""
    return v if not v.last else replace(v, name=w.node("Transpose", [v.name], perm=[0, 3, 1, 2]), last=False)


def to_last(w: GraphWriter, v: Value) -> Value:
    """Transpose to (N, H, W, C), as tf2onnx writes sections of a network."""
    return v if v.last else replace(v, name=w.node("Transpose", [v.name], perm=[0, 2, 3, 1]), last=True)


def like(w: GraphWriter, v: Value, other: Value) -> Value:
    """Bring a value into another one's order of axes."""
    return to_last(w, v) if other.last else to_first(w, v)


def _geometry(w: GraphWriter, kernel: tuple[int, int], dilations: tuple[int, int]) -> dict[str, Any]:
    """Draw pads that make an output of ⌈size / stride⌉."""
    total = [d * (k - 1) for k, d in zip(kernel, dilations, strict=True)]
    if dilations == (1, 1) and w.chance(0.2):
        return {"auto_pad": w.pick(["SAME_UPPER", "SAME_LOWER"])}
    if not any(total):
        return w.pick([{}, {"pads": [0, 0, 0, 0]}, {"auto_pad": "VALID"}, {"auto_pad": "NOTSET"}])
    begins = [n // 2 if w.chance(0.8) else w.integer(0, n) for n in total]
    return {"pads": [*begins, *(n - b for n, b in zip(total, begins, strict=True))]}


def conv(
    w: GraphWriter,
    v: Value,
    out: int,
    kernel: tuple[int, int] | None = None,
    strides: tuple[int, int] = (1, 1),
    groups: int = 1,
    gain: float = 1.0,
) -> Value:
    """Add a convolution to ⌈size / stride⌉, its weights of the size of He et al. (2015) times `gain`."""
    v = to_first(w, v)
    kernel = kernel or w.pick([(3, 3), (3, 3), (1, 1), (5, 5), (2, 2), (1, 3), (3, 2)])
    dilations = (w.pick([1, 1, 1, 2]), w.pick([1, 1, 1, 2])) if w.chance(0.3) else (1, 1)
    attributes = _geometry(w, kernel, dilations)
    if strides != (1, 1) or w.chance(0.5):
        attributes["strides"] = list(strides)
    if dilations != (1, 1) or w.chance(0.3):
        attributes["dilations"] = list(dilations)
    if groups > 1 or w.chance(0.3):
        attributes["group"] = groups
    if w.chance(0.8):
        attributes["kernel_shape"] = list(kernel)
    sizes = [-(-n // s) for n, s in zip(v.sizes, strides, strict=True)]
    return Value(_conv_node(w, v, out, kernel, groups, gain, attributes), (out, sizes[0], sizes[1]))


def free_conv(w: GraphWriter, v: Value, out: int) -> Value:
    """Add a convolution of any geometry that leaves a pixel."""
    v = to_first(w, v)
    kernel, strides, dilations, pads, sizes = [], [], [], [], []
    for n in v.sizes:
        k, s, d = w.integer(1, 4), w.integer(1, 3), w.pick([1, 1, 2, 3])
        begin, end = w.integer(0, 3), w.integer(0, 3)
        if n + begin + end < d * (k - 1) + 1:
            k, d = 1, 1
        kernel.append(k)
        strides.append(s)
        dilations.append(d)
        pads.append((begin, end))
        sizes.append((n + begin + end - d * (k - 1) - 1) // s + 1)
    flat = [p[0] for p in pads] + [p[1] for p in pads]
    attributes = {"pads": flat, "strides": strides, "dilations": dilations}
    name = _conv_node(w, v, out, (kernel[0], kernel[1]), 1, 1.0, attributes)
    return Value(name, (out, sizes[0], sizes[1]))


def _conv_node(
    w: GraphWriter, v: Value, out: int, kernel: tuple[int, int], groups: int, gain: float, attributes: dict[str, Any]
) -> str:
    shape = (out, v.channels // groups, *kernel)
    inputs = [v.name, w.constant("weight", w.rng.normal(0, gain * np.sqrt(2 / np.prod(shape[1:])), shape))]
    if w.chance(0.5):
        inputs.append(w.constant("bias", w.rng.normal(0, 0.1, out)))
    elif w.chance(0.1):
        inputs.append("")  # an input left out
    return str(w.node("Conv", inputs, **attributes))


def norm(w: GraphWriter, v: Value) -> Value:
    """Add a batch normalisation with statistics as after training."""
    v = to_first(w, v)
    c = v.channels
    parts = (w.rng.uniform(0.5, 1.5, c), w.rng.normal(0, 0.2, c), w.rng.normal(0, 0.2, c), w.rng.uniform(0.5, 2.0, c))
    inputs = [v.name, *(w.constant("bn", part) for part in parts)]
    attributes: dict[str, Any] = {}
    if w.chance(0.7):
        attributes["epsilon"] = float(w.pick([1e-5, 1e-3]))
    if w.chance(0.3):
        attributes["momentum"] = 0.9
    if w.opset >= 14 and w.chance(0.3):
        attributes["training_mode"] = 0
    if w.opset < 9 and w.chance(0.3):
        attributes["spatial"] = 1
    return Value(w.node("BatchNormalization", inputs, **attributes), v.shape)


def _beside(w: GraphWriter, v: Value, low: float, high: float) -> Array:
    """Draw a constant that broadcasts to a value: one number, one a channel, or one a pixel, in the file's axes."""
    kind = w.pick(["scalar", "channel", "channel", "channel", "pixel", "row", "all"])
    by_axis = {"scalar": (0, 0, 0), "channel": (1, 0, 0), "pixel": (0, 1, 1), "row": (0, 1, 0), "all": (1, 1, 1)}[kind]
    ours = tuple(n if used else 1 for n, used in zip(v.shape, by_axis, strict=True))
    value = w.rng.uniform(low, high, ours)
    value = value.transpose(1, 2, 0) if v.last else value
    while value.ndim and value.shape[0] == 1 and w.chance(0.4):
        value = value[0]  # leading axes of size 1 may be missing
    return value[None] if value.ndim == 3 and w.chance(0.5) else value


def affine(w: GraphWriter, v: Value) -> Value:
    """Multiply, divide, add or subtract a constant."""
    op = w.pick(["Mul", "Div", "Add", "Sub", "from", "Neg"])
    if op == "Neg":
        return replace(v, name=w.node("Neg", [v.name]), rectified=False)
    low, high = (0.5, 1.5) if op in ("Mul", "Div") else (-0.3, 0.6)
    constant = w.constant("factor" if op in ("Mul", "Div") else "offset", _beside(w, v, low, high))
    inputs = [v.name, constant]
    if op == "from" or (op in ("Mul", "Add") and w.chance(0.3)):
        inputs.reverse()
    return replace(v, name=w.node("Sub" if op == "from" else op, inputs), rectified=False)


def passing(w: GraphWriter, v: Value) -> Value:
    """Add an operator that passes its input on."""
    op = w.pick(["Identity", "Dropout", "Cast", "Clip", "PRelu", "Gather", "Tile"])
    inputs, attributes = [v.name], {}
    if op == "Gather":
        ours = w.integer(0, 2)
        attributes["axis"] = v.axis(ours)
        inputs.append(w.constant("numbers", range(v.shape[ours]), np.int64))
    elif op == "Tile":
        inputs.append(w.constant("times", [1] * 4, np.int64))
    if op == "Cast":
        attributes["to"] = 1
    elif op == "Dropout" and w.opset < 12:
        attributes["ratio"] = 0.3
    elif op == "Dropout" and w.chance(0.6):
        inputs.append(w.constant("ratio", 0.3))
        if w.chance(0.5):
            inputs.append(w.constant("training", False, np.bool_))
    elif op == "PRelu":
        inputs.append(w.constant("slope", [1.0]))
    return replace(v, name=w.node(op, inputs, **attributes), rectified=v.rectified)


def relu(w: GraphWriter, v: Value) -> Value:
    """Add a ReLU, in any of the forms in which exporters write it, or now and then another sum of ReLUs."""
    if w.chance(0.08):
        return replace(v, name=_sum_of_relus(w, v), rectified=False)
    made = replace(v, name=_relu_node(w, v), rectified=True)
    if w.chance(0.1):
        cap = w.pick([6.0, 1.0, 2.5])
        name = _clip(w, made, w.pick([0.0, -1.0]), cap) if w.opset < 8 or w.chance(0.5) else _least(w, made, cap)
        made = replace(made, name=name)
    return made


def _relu_node(w: GraphWriter, v: Value) -> str:
    kinds = ["Relu"] * 12 + ["clip", "clip", "leaky", "prelu"] + (["max"] if w.opset >= 8 else [])
    match w.pick(kinds):
        case "clip":
            return _clip(w, v, 0.0, w.pick([6.0, 1.0, None, 3.4028234663852886e38]))
        case "max":
            inputs = [v.name, w.constant("zero", w.pick([0.0, [0.0], [[[0.0]]]]))]
            return str(w.node("Max", inputs[:: w.pick([1, -1])]))
        case "leaky":
            return str(w.node("LeakyRelu", [v.name], alpha=0.0))
        case "prelu":
            return str(w.node("PRelu", [v.name, w.constant("slope", np.zeros((1,) * 3))]))
    return str(w.node("Relu", [v.name]))


def moved(w: GraphWriter, v: Value) -> Value:
    """Take channels, rows or columns by a list, reversed or repeated, or pad with what is at the border."""
    if w.opset >= 11 and w.chance(0.3):
        axis, mode = v.axis(w.integer(1, 2)), w.pick(["reflect", "edge"])
        pads = [0] * 8
        pads[axis], pads[axis + 4] = 1, w.integer(0, 1)
        name = w.node("Pad", [v.name, w.constant("pads", pads, np.int64)], mode=mode)
        ours = [n + (pads[v.axis(i)] + pads[v.axis(i) + 4]) for i, n in enumerate(v.shape)]
        return replace(v, name=name, shape=(ours[0], ours[1], ours[2]), rectified=False)
    of = w.integer(0, 2)
    size = v.shape[of]
    indices = w.pick(
        [list(range(size))[::-1], w.rng.integers(-size, size, size).tolist(), list(w.rng.permutation(size))]
    )
    name = w.node("Gather", [v.name, w.constant("indices", indices, np.int64)], axis=v.axis(of))
    return replace(v, name=name, rectified=False)


def _sum_of_relus(w: GraphWriter, v: Value) -> str:
    """Add an activation with two slopes, a clip, or a comparison with a constant or another value."""
    kinds = ["LeakyRelu", "PRelu", "Abs", "HardSigmoid", "clip"] + ["Max", "Min", "of values"] * (w.opset >= 8)
    match w.pick(kinds):
        case "LeakyRelu":
            return str(w.node("LeakyRelu", [v.name], alpha=w.pick([0.01, 0.25, -0.5])))
        case "PRelu":
            # the slope may not make the value larger, and has its axes
            return str(w.node("PRelu", [v.name, w.constant("slope", _beside(w, v, -0.2, 0.5))]))
        case "clip":
            return _clip(w, v, w.pick([-1.0, -0.3, 0.2]), w.pick([0.9, 2.5, None]))
        case "Max" | "Min" as op:
            inputs = [v.name, w.constant("limit", _beside(w, v, -0.3, 0.6))]
            return str(w.node(op, inputs[:: w.pick([1, -1])]))
        case "of values":
            return str(w.node(w.pick(["Max", "Min"]), [v.name, affine(w, v).name]))
        case op:
            return str(w.node(op, [v.name]))


def _clip(w: GraphWriter, v: Value, low: float, high: float | None) -> str:
    if w.opset < 11:
        limits = {"min": low} | ({} if high is None else {"max": high})
        return str(w.node("Clip", [v.name], **limits))
    inputs = [v.name, w.constant("min", low)]
    if high is not None:
        inputs.append(w.constant("max", high))
    return str(w.node("Clip", inputs))


def _least(w: GraphWriter, v: Value, cap: float) -> str:
    inputs = [v.name, w.constant("cap", w.pick([cap, [cap]]))]
    return str(w.node("Min", inputs[:: w.pick([1, -1])]))
