"""Blocks of random graphs: the residual, dense and branching blocks of published networks, with odd details."""

from collections.abc import Callable

from tests.fuzz.graph_layers import affine, conv, free_conv, like, moved, norm, passing, relu, to_first, to_last
from tests.fuzz.graph_parts import cut, join, pad, pool, split
from tests.fuzz.graph_writer import GraphWriter, Value

Block = Callable[[GraphWriter, Value], Value]

_MOST_CHANNELS = 8
_SIZES = (1, 2, 3, 4, 4, 6, 8)


def _divisors(a: int, b: int) -> list[int]:
    return [g for g in range(1, min(a, b) + 1) if a % g == 0 and b % g == 0]


def _groups(w: GraphWriter, v: Value, out: int) -> int:
    return w.pick(_divisors(v.channels, out)) if w.chance(0.25) else 1


def _strides(w: GraphWriter) -> tuple[int, int]:
    return w.pick([(1, 1), (1, 1), (2, 2), (2, 2), (2, 1), (3, 3)])


def layer(w: GraphWriter, v: Value, out: int, strides: tuple[int, int] = (1, 1), gain: float = 1.0) -> Value:
    """Add a convolution and what usually stands behind it, without a ReLU."""
    v = conv(w, v, out, strides=strides, groups=_groups(w, v, out), gain=gain)
    if w.chance(0.75):
        v = norm(w, v)
    return affine(w, v) if w.chance(0.1) else v


def add(w: GraphWriter, *values: Value) -> Value:
    """Add up values of one shape, in one of the ways in which files have it."""
    first, *others = values
    others = [like(w, v, first) for v in others]
    if len(others) == 1 and w.chance(0.1):
        pair = [first.name, others[0].name]
        return Value(w.node("Sub", pair[:: w.pick([1, -1])]), first.shape, first.last)
    if len(others) > 1 or w.chance(0.1):
        return Value(w.node("Sum", [first.name, *(v.name for v in others)]), first.shape, first.last)
    pair = [first.name, others[0].name]
    return Value(w.node("Add", pair[:: w.pick([1, -1])]), first.shape, first.last)


def shortcut(w: GraphWriter, v: Value, out: int, strides: tuple[int, int]) -> Value:
    """Give a shortcut: identity, option A (zeros), B and C (projections), or with average pooling (ResNet-D)."""
    if (out, strides) == (v.channels, (1, 1)) and w.chance(0.8):
        return v
    if out >= v.channels and w.chance(0.4):
        return _option_a(w, v, out, strides)
    if strides != (1, 1) and w.chance(0.4):
        v, strides = _average(w, v, strides), (1, 1)
    v = conv(w, v, out, kernel=(1, 1), strides=strides, gain=0.7)
    return norm(w, v) if w.chance(0.7) else v


def _option_a(w: GraphWriter, v: Value, out: int, strides: tuple[int, int]) -> Value:
    if strides != (1, 1):
        if w.opset >= 10 and w.chance(0.6):
            v = cut(w, v, [0, 0, 0], list(v.shape), [1, *strides])
        else:  # as it was written before slices had steps
            v = to_first(w, v)
            sizes = [-(-n // s) for n, s in zip(v.sizes, strides, strict=True)]
            name = w.node(w.pick(["MaxPool", "AveragePool"]), [v.name], kernel_shape=[1, 1], strides=list(strides))
            v = Value(name, (v.channels, sizes[0], sizes[1]))
    more = out - v.channels
    if not more:
        return v
    if more == v.channels and w.chance(0.2):  # torch.cat([x, 0 * x], dim=1)
        zeros = Value(w.node("Mul", [v.name, w.constant("zero", 0.0)]), v.shape, v.last)
        return join(w, [v, zeros])
    if w.batch is not None and w.chance(0.3):
        shape = list(v.file_shape)
        shape[v.axis(0) - 1] = more
        zeros = Value(w.constant("zeros", w.rng.normal(size=(w.batch, *shape)) * 0), (more, *v.sizes), v.last)
        return join(w, w.pick([[v, zeros], [zeros, v]]))
    before = w.pick([0, more // 2, more])
    return pad(w, v, [before, 0, 0], [more - before, 0, 0])


def _average(w: GraphWriter, v: Value, strides: tuple[int, int]) -> Value:
    """Average to ⌈size / stride⌉."""
    v = to_first(w, v)
    sizes = [-(-n // s) for n, s in zip(v.sizes, strides, strict=True)]
    attributes = {"kernel_shape": list(strides), "strides": list(strides), "count_include_pad": w.integer(0, 1)}
    if w.opset >= 10 and w.chance(0.6) and all(n >= s for n, s in zip(v.sizes, strides, strict=True)):
        attributes["ceil_mode"] = 1
        name = w.node("AveragePool", [v.name], **attributes)
    else:
        name = w.node("AveragePool", [v.name], auto_pad=w.pick(["SAME_UPPER", "SAME_LOWER"]), **attributes)
    return Value(name, (v.channels, sizes[0], sizes[1]))


def plain(w: GraphWriter, v: Value) -> Value:
    return relu(w, layer(w, v, w.pick(_SIZES), _strides(w)))


def free(w: GraphWriter, v: Value) -> Value:
    v = free_conv(w, v, w.pick(_SIZES))
    return relu(w, v) if w.chance(0.8) else v


def basic(w: GraphWriter, v: Value) -> Value:
    out, strides = w.pick([v.channels, v.channels, *_SIZES]), _strides(w)
    y = relu(w, layer(w, v, out, strides))
    values = [layer(w, y, out, gain=0.7), shortcut(w, v, out, strides)]
    if w.chance(0.1):
        values.append(layer(w, v, out, strides, gain=0.5))
    total = add(w, *(values[::-1] if w.chance(0.3) else values))
    total = norm(w, total) if w.chance(0.15) else total
    return relu(w, total) if w.chance(0.85) else total


def bottleneck(w: GraphWriter, v: Value) -> Value:
    """ResNet's, ResNeXt's and MobileNetV2's: narrow or wide in the middle, in groups or each channel by itself."""
    out, middle, strides = w.pick([v.channels, *_SIZES]), w.pick([2, 4, 6, 8]), _strides(w)
    y = relu(w, norm(w, conv(w, v, middle, kernel=(1, 1))))
    groups = w.pick([1, 2, middle])
    y = relu(w, norm(w, conv(w, y, middle, kernel=(3, 3), strides=strides, groups=groups)))
    y = norm(w, conv(w, y, out, kernel=(1, 1), gain=0.7))
    total = add(w, y, shortcut(w, v, out, strides))
    return relu(w, total) if w.chance(0.7) else total


def preactivated(w: GraphWriter, v: Value) -> Value:
    """He et al.'s second form: the sum stays a current, which the next block and the shortcut read."""
    out, strides = w.pick([v.channels, v.channels, *_SIZES]), _strides(w)
    x = relu(w, norm(w, v))
    y = relu(w, layer(w, x, out, strides))
    y = conv(w, y, out, kernel=(3, 3), gain=0.7)
    return add(w, y, shortcut(w, w.pick([v, v, x]), out, strides))


def dense(w: GraphWriter, v: Value) -> Value:
    """DenseNet's: what was is joined with what is new, before or after the ReLU."""
    grown = max(1, min(3, _MOST_CHANNELS - v.channels))
    y = layer(w, relu(w, norm(w, v)) if w.chance(0.5) else v, grown)
    y = relu(w, y) if w.chance(0.6) else y
    joined = join(w, w.pick([[v, y], [y, v], [v, y, y]]))
    return relu(w, norm(w, joined)) if w.chance(0.5) else joined


def separable(w: GraphWriter, v: Value) -> Value:
    multiplier = w.pick([1, 1, 2])
    y = conv(w, v, v.channels * multiplier, kernel=(3, 3), strides=_strides(w), groups=v.channels)
    y = relu(w, norm(w, y)) if w.chance(0.7) else y
    return relu(w, norm(w, conv(w, y, w.pick(_SIZES), kernel=(1, 1))))


def pooling(w: GraphWriter, v: Value) -> Value:
    v = pool(w, v, w.pick(["MaxPool", "AveragePool"]))
    return w.pick([v, v, affine(w, v)]) if w.chance(0.3) else v


def branches(w: GraphWriter, v: Value) -> Value:
    """Parts of a value, treated apart and joined or added up."""
    ours = w.pick([0, 0, 0, 1, 2])
    n = v.shape[ours]
    if n < 2:
        return basic(w, v)
    first = n // 2 if w.chance(0.7) else w.integer(1, n - 1)
    parts = split(w, v, [first, n - first], ours)
    if w.chance(0.1):
        return parts[w.integer(0, 1)]
    if first * 2 == n and w.chance(0.4):
        return relu(w, add(w, *parts))
    parts[0] = relu(w, layer(w, parts[0], first if ours == 0 else v.channels))
    return join(w, parts[:: w.pick([1, -1])], ours)


def cropped(w: GraphWriter, v: Value) -> Value:
    """Slices and pads along any axis."""
    if w.chance(0.5):
        steps = [1, *(w.pick([1, 1, 2]) for _ in range(2))] if w.opset >= 10 else [1, 1, 1]
        starts = [w.integer(0, max(0, n // 2 - 1)) for n in v.shape]
        stops = [w.integer(n // 2 + 1, n) for n in v.shape]
        return cut(w, v, starts, stops, steps)
    before = [0, w.integer(0, 2), w.integer(0, 2)]
    after = [w.integer(0, 1), *(w.integer(-1 if n > 3 else 0, 2) for n in v.sizes)]
    return pad(w, v, before, after)


def turned(w: GraphWriter, v: Value) -> Value:
    """Go over to the other order of axes."""
    return to_first(w, v) if v.last else to_last(w, v)


def single(w: GraphWriter, v: Value) -> Value:
    """One layer by itself."""
    return w.pick([affine, passing, moved, relu, norm])(w, v)


BLOCKS: tuple[tuple[Block, float], ...] = (
    (plain, 2.0),
    (free, 1.0),
    (basic, 4.0),
    (bottleneck, 2.0),
    (preactivated, 2.0),
    (dense, 1.5),
    (separable, 1.0),
    (pooling, 2.0),
    (branches, 1.2),
    (cropped, 0.8),
    (turned, 1.0),
    (single, 1.5),
)
"""What a network is made of, and how often."""
