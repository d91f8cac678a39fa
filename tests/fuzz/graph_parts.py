"""Parts of values in random graphs: slices, pads, splits, and windows of poolings."""

from dataclasses import replace
from typing import Any

import numpy as np

from tests.fuzz.graph_layers import like, to_first
from tests.fuzz.graph_writer import GraphWriter, Value

Ints = list[int]


def cut(w: GraphWriter, v: Value, starts: Ints, stops: Ints, steps: Ints) -> Value:
    """Slice channels, rows and columns; steps other than 1 need opset 10."""
    axes = [i for i in range(3) if (starts[i], stops[i], steps[i]) != (0, v.shape[i], 1)] or [1]
    sizes = [len(range(starts[i], stops[i], steps[i])) for i in range(3)]
    first = [starts[i] if w.chance(0.6) or not starts[i] else starts[i] - v.shape[i] for i in axes]
    last = []
    for i in axes:
        ways = [stops[i]] if stops[i] < v.shape[i] else [stops[i], 2**31 - 1, 2**63 - 1]
        last.append(w.pick(ways))
    lists = [first, last, [v.axis(i) - (4 if w.chance(0.2) and w.opset >= 10 else 0) for i in axes]]
    if w.opset < 10:
        name = w.node("Slice", [v.name], **dict(zip(("starts", "ends", "axes"), lists, strict=True)))
    else:
        if any(steps[i] != 1 for i in axes) or w.chance(0.5):
            lists.append([steps[i] for i in axes])
        name = w.node("Slice", [v.name, *(w.constant("bounds", part, np.int64) for part in lists)])
    return replace(v, name=name, shape=(sizes[0], sizes[1], sizes[2]))


def pad(w: GraphWriter, v: Value, before: Ints, after: Ints) -> Value:
    """Put zeros around, or cut off where a pad is negative."""
    sizes = [n + b + a for n, b, a in zip(v.shape, before, after, strict=True)]
    full = [[0] * 4, [0] * 4]
    for i in range(3):
        full[0][v.axis(i)], full[1][v.axis(i)] = before[i], after[i]
    if w.opset < 11:
        attributes: dict[str, Any] = w.pick([{}, {"mode": "constant"}, {"mode": "constant", "value": 0.0}])
        name = w.node("Pad", [v.name], pads=full[0] + full[1], **attributes)
    else:
        axes = [0, 1, 2, 3]
        if w.opset >= 18 and w.chance(0.5):
            axes = [axis for axis in axes if full[0][axis] or full[1][axis]] or [2]
        inputs = [v.name, w.constant("pads", [part[axis] for part in full for axis in axes], np.int64)]
        if w.chance(0.5) or len(axes) < 4:
            inputs.append(w.constant("fill", 0.0) if w.chance(0.7) else "")
        if len(axes) < 4:
            inputs.append(w.constant("axes", axes, np.int64))
        name = w.node("Pad", inputs)
    return replace(v, name=name, shape=(sizes[0], sizes[1], sizes[2]), rectified=False)


def split(w: GraphWriter, v: Value, sizes: Ints, ours: int = 0) -> list[Value]:
    """Cut a value into parts along channels (0), rows or columns."""
    axis = v.axis(ours)
    even = len(set(sizes)) == 1
    attributes: dict[str, Any] = {"axis": axis}
    inputs = [v.name]
    if w.opset >= 18 and even and w.chance(0.5):
        attributes["num_outputs"] = len(sizes)
    elif w.opset >= 13 and not (even and w.opset < 18 and w.chance(0.4)):
        inputs.append(w.constant("split", sizes, np.int64))
    elif w.opset < 13 and not (even and w.chance(0.4)):
        attributes["split"] = sizes
    names = w.node("Split", inputs, len(sizes), **attributes)
    parts = []
    for name, size in zip(names, sizes, strict=True):
        shape = tuple(size if i == ours else n for i, n in enumerate(v.shape))
        parts.append(replace(v, name=name, shape=(shape[0], shape[1], shape[2])))
    return parts


def join(w: GraphWriter, values: list[Value], ours: int = 0) -> Value:
    """Concatenate values along channels (0), rows or columns."""
    first = values[0]
    values = [first, *(like(w, v, first) for v in values[1:])]
    axis = first.axis(ours) - (4 if w.chance(0.2) and w.opset >= 11 else 0)
    shape = [sum(v.shape[i] for v in values) if i == ours else n for i, n in enumerate(first.shape)]
    name = w.node("Concat", [v.name for v in values], axis=axis)
    return replace(first, name=name, shape=(shape[0], shape[1], shape[2]), rectified=False)


def pool(w: GraphWriter, v: Value, op: str) -> Value:
    """Add a MaxPool or AveragePool of any geometry whose windows all hold a pixel."""
    v = to_first(w, v)
    ceil = w.opset >= 10 and w.chance(0.4)
    auto = w.pick(["", "", "", "", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"])
    kernel, strides, pads, sizes = [], [], [], []
    for n in v.sizes:
        begin, end, k, s = (0, 0, 1, 1)
        for _ in range(20):
            k, s = w.integer(1, 4), w.integer(1, 3)
            begin, end = (w.integer(0, k - 1), w.integer(0, k - 1)) if auto in ("", "NOTSET") else (0, 0)
            # onnxruntime does not run SAME where windows leave pixels out
            if n + begin + end >= k and not (auto.startswith("SAME") and (-(-n // s) - 1) * s + k < n):
                break
        else:
            k, s, begin, end = 1, 1, 0, 0
        if auto.startswith("SAME"):
            size = -(-n // s)
        else:
            room = n + begin + end - k
            size = (-(-room // s) if ceil else room // s) + 1
            # a window that would begin in the padding behind is none
            size -= ceil and (size - 1) * s >= n + begin
        kernel.append(k)
        strides.append(s)
        pads.append((begin, end))
        sizes.append(size)
    attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": strides}
    flat = [p[0] for p in pads] + [p[1] for p in pads]
    if auto:
        attributes["auto_pad"] = auto
    if any(flat) or (not auto and w.chance(0.5)):
        attributes["pads"] = flat
    if w.opset >= 10 and (ceil or w.chance(0.3)):
        attributes["ceil_mode"] = int(ceil)
    if op == "AveragePool" and w.chance(0.6):
        attributes["count_include_pad"] = w.integer(0, 1)
    name = w.node(op, [v.name], **attributes)
    return Value(name, (v.channels, sizes[0], sizes[1]))
