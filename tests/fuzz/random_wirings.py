"""Draws small networks in which every node kind meets every other, in sizes that are no multiple of anything."""

from collections.abc import Callable
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.windows import windows
from tests.runtime.wirings import Net

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

CHANNELS = (1, 2, 3, 5, 7, 15, 16, 17, 24, 31, 32, 33, 48, 64, 70)


class RandomWiring:
    """A network while it is drawn.

    Attributes
    ----------
    spikes : list of str
        Nodes whose spikes may be read: neurons, and what only moves, joins or adds up spikes.
    currents : list of str
        Weighted nodes, sums of them, and the largest of their windows.
    gated : list of str
        Those among the spikes that a gate may read: neurons, and gates themselves.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.net = Net(rng=rng)
        self.spikes: list[str] = []
        self.currents: list[str] = []
        self.layers: list[str] = []
        self.gated: list[str] = []
        self._names = 0

    def build(self) -> SpikingNetwork:
        """Draw all of it."""
        height, width = (int(n) for n in self.rng.integers(1, 9, 2))
        # `start` adds its neurons as every network's first layer
        self.net.start(self._channels(), height, width, **self._neuron_fields((1, 1, 1)))
        self.layers, self.spikes, self.gated = ["n0"], ["n0"], ["n0"]
        for _ in range(int(self.rng.integers(1, 6))):
            self._layer()
        return self._finish()

    def _layer(self) -> None:
        """Add neurons that read one to three currents, and perhaps somebody else's."""
        term = self._term(None)
        shape = self.net.shape(term)
        terms = [term] + [self._term(shape) for _ in range(int(self.rng.choice([0, 0, 1, 2])))]
        if self._chance(0.15):
            # an edge twice is an input twice
            terms.append(str(self.rng.choice(terms)))
        self.layers.append(self.net.neurons(self._name("n"), *terms, **self._neuron_fields(shape)))
        self.spikes.append(self.layers[-1])
        self.gated.append(self.layers[-1])

    def _term(self, shape: Shape | None) -> str:
        """Add a current, of this shape if one is given."""
        kinds: list[tuple[Callable[[Shape | None], str], float]] = [
            (self._conv, 8.0),
            (self._dense, 2.0),
            (self._scale, 3.0),
            (self._constant, 1.0),
            (self._again, 1.0),
            (self._sum, 1.0),
            (self._largest, 1.0),
        ]
        weights = np.array([weight for _, weight in kinds])
        self.currents.append(kinds[int(self.rng.choice(len(kinds), p=weights / weights.sum()))][0](shape))
        return self.currents[-1]

    def _conv(self, shape: Shape | None, source: str | None = None) -> str:
        net, rng = self.net, self.rng
        source = source or self._source()
        if len(net.shape(source)) != 3:
            return self._dense(shape, source)
        if shape is not None and len(shape) != 3:
            return self._dense(shape, source)
        out = self._channels() if shape is None else shape[0]
        kernel, dilations = self._pair(1, 5, often=3), self._pair(1, 3, often=1)
        if shape is not None:
            # the size stays: as many empty places as the kernel takes off, on either side
            source = self._fitted(source, (net.shape(source)[0], *shape[1:]))
            total = [d * (k - 1) for k, d in zip(kernel, dilations, strict=True)]
            before = [n // 2 if self._chance(0.7) else int(rng.integers(0, n + 1)) for n in total]
            pads, strides = (*before, *(n - b for n, b in zip(total, before, strict=True))), (1, 1)
        else:
            pads = (1, 1, 1, 1) if self._chance(0.6) else tuple(int(p) for p in rng.integers(0, 3, 4))
            strides = self._pair(1, 4, often=1)
        inputs = net.shape(source)
        sizes = [windows(inputs[1 + a], kernel[a], strides[a], pads[a], pads[a + 2], dilations[a]) for a in (0, 1)]
        if min(sizes) < 1:
            kernel, pads, dilations = (1, 1), (0, 0, 0, 0), (1, 1)
        groups = int(rng.choice([g for g in (1, 1, 1, 1, 2, 3, 4, 5, 7, 8) if out % g == 0 and inputs[0] % g == 0]))
        if self._chance(0.1) and out % inputs[0] == 0:
            groups = inputs[0]
        return net.conv(
            self._name("c"), source, out, kernel, strides=strides, pads=pads, dilations=dilations, groups=groups
        )

    def _dense(self, shape: Shape | None, source: str | None = None) -> str:
        if shape is not None and len(shape) != 1:
            return self._conv(shape, source) if source is None else self._scale(shape)
        source = self._flat(source or self._source())
        return self.net.dense(self._name("d"), source, self._channels() if shape is None else shape[0])

    def _scale(self, shape: Shape | None) -> str:
        source = self._source() if shape is None else self._fitted(self._source(), shape)
        wide = self.net.shape(source)
        offset = {"offset": self.rng.normal(0.1, 0.2, (wide[0], *(1,) * (len(wide) - 1)))} if self._chance(0.4) else {}
        return self.net.scale(self._name("s"), source, places=self._chance(0.15), **offset)

    def _constant(self, shape: Shape | None) -> str:
        """Add a current that the image makes."""
        return self._conv(shape, "image") if shape is None or len(shape) == 3 else self._dense(shape, "image")

    def _again(self, shape: Shape | None) -> str:
        """Read somebody's current, or multiply it once more."""
        same = [name for name in self.currents if shape in (None, self.net.shape(name))]
        if not same:
            return self._conv(shape)
        name = str(self.rng.choice(same))
        return self._conv(shape, name) if self._chance(0.4) else name

    def _sum(self, shape: Shape | None) -> str:
        first = self._conv(shape)
        shape = self.net.shape(first)
        other = self._constant(shape) if self._chance(0.3) else self._conv(shape)
        return self.net.put(ir.Sum, self._name("sum"), first, other)

    def _largest(self, shape: Shape | None) -> str:
        """Add the maximum of somebody's current, or of a new one's, over windows."""
        same = [
            name for name in self.currents if len(self.net.shape(name)) == 3 and shape in (None, self.net.shape(name))
        ]
        source = str(self.rng.choice(same)) if same and self._chance(0.5) else self._conv(shape)
        if len(self.net.shape(source)) != 3:
            return source
        if shape is None:
            return self._max_pool(source, ir.MaxPoolCurrent)
        # the size stays: windows of odd size with as many empty places around
        kernel = tuple(int(k) for k in self.rng.choice([1, 3], 2))
        pads = tuple(k // 2 for k in kernel) * 2
        return self.net.pool(self._name("max"), source, kernel, (1, 1), pads, ir.MaxPoolCurrent)

    def _max_pool(self, name: str, kind: type[Any]) -> str:
        """Add a maximum over windows that hold more than padding."""
        shape = self.net.shape(name)
        kernel = tuple(min(int(k), n) for k, n in zip(self.rng.integers(1, 4, 2), shape[1:], strict=True))
        pads = tuple(int(self.rng.integers(0, k)) for k in (*kernel, *kernel))
        return self.net.pool(self._name("max"), name, kernel, self._pair(1, 4), pads, kind)

    def _source(self) -> str:
        """Give spikes to read, as they are or moved, joined, added up."""
        name = str(self.rng.choice(self.spikes))
        if self._chance(0.7):
            return name
        self.spikes.append(self._moved(name))
        return self.spikes[-1]

    def _moved(self, name: str) -> str:
        net, shape = self.net, self.net.shape(name)
        kind = self.rng.choice(["select", "concat", "sum", "pool", "max", "flatten"])
        if kind == "select":
            return self._cut(name)
        if kind == "pool" and len(shape) == 3:
            kernel = tuple(min(int(k), n) for k, n in zip(self.rng.integers(1, 4, 2), shape[1:], strict=True))
            pads = tuple(int(p) for p in self.rng.choice([0, 0, 0, 1], 4))
            return net.pool(self._name("pool"), name, kernel, self._pair(1, 4), pads)
        if kind == "max" and len(shape) == 3:
            gate = name in self.gated and self._chance(0.6)
            made = self._max_pool(name, ir.MaxPoolGate if gate else ir.MaxPoolCurrent)
            self.gated += [made] if gate else []
            return made
        if kind == "flatten" and len(shape) == 3:
            return self._flat(name)
        other = str(self.rng.choice(self.spikes))
        if kind == "concat" and np.prod(shape) < 10000:
            axis = int(self.rng.integers(0, len(shape)))
            rest = net.shape(other)[axis] if len(net.shape(other)) == len(shape) else 1 + int(self.rng.integers(0, 5))
            other = self._fitted(other, (*shape[:axis], rest, *shape[axis + 1 :]))
            return net.put(ir.Concat, self._name("join"), name, other, axis=axis)
        return net.put(ir.Sum, self._name("sum"), name, self._fitted(other, shape))

    def _cut(self, name: str) -> str:
        """Slice each axis and pad it."""
        cuts = []
        for axis, size in enumerate(self.net.shape(name)):
            start = int(self.rng.integers(0, size)) if self._chance(0.4) else 0
            stop = int(self.rng.integers(start + 1, size + 1)) if self._chance(0.4) else size
            # every so many channels is rare: the kernel leaves it to NumPy
            step = int(self.rng.integers(1, 4)) if self._chance(0.1 if axis == 0 else 0.4) else 1
            pads = (
                tuple(int(p) for p in self.rng.integers(0, 20 if axis == 0 else 3, 2)) if self._chance(0.4) else (0, 0)
            )
            cuts.append((start, stop, step, pads))
        starts, stops, steps, padding = zip(*cuts, strict=True)
        return self.net.select(self._name("cut"), name, starts=starts, stops=stops, steps=steps, pads=padding)

    def _fitted(self, name: str, shape: Shape) -> str:
        """Cut and pad until it has this shape."""
        if len(self.net.shape(name)) != len(shape):
            name = self._flat(name) if len(shape) == 1 else "n0"
        if self.net.shape(name) == shape:
            return name
        cuts = []
        for size, wanted in zip(self.net.shape(name), shape, strict=True):
            start = int(self.rng.integers(0, max(1, size - wanted + 1)))
            before = int(self.rng.integers(0, max(1, wanted - size + 1)))
            cuts.append((start, min(size, start + wanted), (before, max(0, wanted - size - before))))
        starts, stops, pads = zip(*cuts, strict=True)
        return self.net.select(self._name("fit"), name, starts=starts, stops=stops, pads=pads)

    def _flat(self, name: str) -> str:
        return name if len(self.net.shape(name)) == 1 else self.net.put(ir.Flatten, self._name("flat"), name)

    def _neuron_fields(self, shape: Shape) -> dict[str, Any]:
        """Draw what neurons are; what is not drawn is as `Net` makes it."""
        fields: dict[str, Any] = {}
        if self._chance(0.3):
            fields["reset"] = ir.Reset.ZERO
        if self._chance(0.2):
            fields["leak"] = self.rng.uniform(0.3, 1.0, self._broadcasting(shape))
        if self._chance(0.3):
            fields["threshold"] = self.rng.uniform(0.2, 1.5, self._broadcasting(shape))
        if self._chance(0.3):
            fields["initial_potential"] = self.rng.uniform(-2, 2, self._broadcasting(shape))
        if self._chance(0.15):
            fields["spike_value"] = np.asarray(self.rng.choice([2.0, 3.0, -1.0, -1.0, 0.75]))
        elif self._chance(0.05):
            fields["spike_value"] = self.rng.choice([0.0, 1.0, 2.0], self._broadcasting(shape))
        return fields

    def _broadcasting(self, shape: Shape) -> Shape:
        """Give a shape that broadcasts to this one: one value, one per channel, or any other axes."""
        return () if self._chance(0.2) else tuple(n if self._chance(0.5) else 1 for n in shape)

    def _finish(self) -> SpikingNetwork:
        """Read the last layer, sometimes joined with others, as a current or as spikes; drop what nobody reads."""
        net = self.net
        last = self._flat(self.layers[-1])
        if self._chance(0.3):
            others = [self._flat(str(name)) for name in self.rng.choice(self.layers, 2)]
            last = net.put(ir.Concat, self._name("join"), last, *others, axis=0)
        made = net.dense("logits", last, int(self.rng.integers(1, 20)))
        mode = ir.ReadoutMode.CURRENT
        if self._chance(0.5):
            mode = ir.ReadoutMode.SPIKES
            made = net.neurons("classes", made, **self._neuron_fields(net.shape(made)))
        ties = ir.Ties.MEMBRANE if self._chance(0.5) else ir.Ties.INDEX
        net.put(ir.Readout, "readout", made, mode=mode, ties=ties)
        self._drop_unread()
        return net.network(steps=16)

    def _drop_unread(self) -> None:
        net, read = self.net, {"readout"}
        for node in reversed(net.nodes):
            if node.name in read:
                read |= {edge.source for edge in net.edges if edge.target == node.name}
        net.nodes = [node for node in net.nodes if node.name in read]
        net.edges = [edge for edge in net.edges if edge.target in read]
        net.tensors = {name: value for name, value in net.tensors.items() if name.partition(".")[0] in read}

    def _channels(self) -> int:
        return int(self.rng.choice(CHANNELS))

    def _pair(self, low: int, high: int, often: int | None = None) -> tuple[int, int]:
        if often is not None and self._chance(0.6):
            return often, often
        return int(self.rng.integers(low, high)), int(self.rng.integers(low, high))

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}{self._names}"
