"""Hand-made and random spiking networks, and a slow simulator to compare with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.ir.check import check
from snnconv.ir.flow import Kind
from snnconv.ir.manifest import Provenance
from snnconv.ir.network import SpikingNetwork, topological_order
from snnconv.product import product
from snnconv.transforms.exact_sums import exact_sums

Array = np.ndarray[Any, Any]


@dataclass
class NetworkMaker:
    """Adds nodes one by one and makes a network of them."""

    nodes: list[ir.Node] = field(default_factory=list)
    edges: list[ir.Edge] = field(default_factory=list)
    tensors: dict[str, Array] = field(default_factory=dict)

    def add(self, kind: type[Any], name: str, shape: tuple[int, ...], *sources: str, **fields: Any) -> str:
        """Add a node; arrays among its fields become tensors, and a leak or a reset makes the rule of neurons."""
        for key, value in list(fields.items()):
            if isinstance(value, np.ndarray):
                self.tensors[f"{name}.{key}"] = value
                fields[key] = f"{name}.{key}"
        self.nodes.append(kind(name=name, shape=shape, **with_rule(fields)))
        self.edges += [ir.Edge(source=source, target=name) for source in sources]
        return name

    def network(self, steps: int = 16, exact: bool = True) -> SpikingNetwork:
        """Make the network."""
        made = SpikingNetwork(
            nodes=topological_order(self.nodes, self.edges),
            edges=tuple(self.edges),
            tensors=self.tensors,
            steps=steps,
            provenance=Provenance(tool="test", method="hand-made"),
        )
        return check(exact_sums(made) if exact else made)


def with_rule(fields: dict[str, Any]) -> dict[str, Any]:
    """Make the rule of neurons from the leak and the reset among their fields."""
    given = {key: fields[key] for key in ("leak", "reset") if key in fields}
    if not given:
        return fields
    rule = ir.LeakyIntegrateAndFire if "leak" in given else ir.IntegrateAndFire
    return {key: value for key, value in fields.items() if key not in given} | {"rule": rule(**given)}


@pytest.fixture
def maker() -> NetworkMaker:
    return NetworkMaker()


def _random_network(seed: int, readout: ir.ReadoutMode = ir.ReadoutMode.CURRENT) -> SpikingNetwork:
    """Make a small residual network: odd sizes, strides, dilations, groups, every wiring that the runtime runs."""
    rng = np.random.default_rng(seed)
    m = NetworkMaker()
    channels, height, width = int(rng.choice([1, 2, 3])), int(rng.integers(6, 10)), int(rng.integers(6, 10))
    m.add(ir.Input, "image", (channels, height, width), amplitude=2.0)

    def conv(
        name: str, source: str, shape: tuple[int, ...], out: int, stride: int, groups: int = 1
    ) -> tuple[str, tuple[int, ...]]:
        kernel = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        dilation = (int(rng.integers(1, 3)), int(rng.integers(1, 3)))
        pads = tuple(int(p) for p in rng.integers(0, 3, 4))
        weight = rng.normal(0.15, 0.6, (out, shape[0] // groups, *kernel)) / np.sqrt(shape[0])
        bias = rng.normal(0.05, 0.1, (out, 1, 1))
        size = [
            (shape[1 + a] + pads[a] + pads[a + 2] - dilation[a] * (kernel[a] - 1) - 1) // stride + 1 for a in range(2)
        ]
        made = (out, *size)
        m.add(
            ir.Conv,
            name,
            made,
            source,
            weight=weight,
            bias=bias,
            strides=(stride, stride),
            pads=pads,
            dilations=dilation,
            groups=groups,
        )
        return name, made

    def neurons(name: str, shape: tuple[int, ...], *sources: str) -> str:
        threshold = rng.choice([0.5, 1.0, 2.0], (shape[0], *(1,) * (len(shape) - 1)))
        start = rng.uniform(0, 0.5, (shape[0], *(1,) * (len(shape) - 1)))
        return m.add(ir.Neuron, name, shape, *sources, threshold=threshold, initial_potential=start)

    first, shape = conv("conv1", "image", (channels, height, width), 4, 1)
    spikes = neurons("n1", shape, first)
    second, inner = conv("conv2", spikes, shape, 4, 1, groups=2)
    between = neurons("n2", inner, second)
    # an identity shortcut through a Select that makes the shapes meet
    picked = m.add(
        ir.Select,
        "pick",
        (6, (shape[1] + 1) // 2, (shape[2] + 1) // 2),
        spikes,
        starts=(0, 0, 0),
        stops=shape,
        steps=(1, 2, 2),
        pads_before=(1, 0, 0),
        pads_after=(1, 0, 0),
    )
    target = (6, (shape[1] + 1) // 2, (shape[2] + 1) // 2)
    shortcut = m.add(ir.Scale, "shortcut", target, picked, gain=rng.uniform(0.3, 1.2, (6, 1, 1)))
    pooled = m.add(
        ir.SumPool, "pool", (4, inner[1], inner[2]), between, kernel=(3, 3), strides=(1, 1), pads=(1, 1, 1, 1)
    )
    joined = m.add(ir.Concat, "concat", (8, inner[1], inner[2]), pooled, between, axis=0)
    resized = m.add(
        ir.Select,
        "crop",
        (8, target[1], target[2]),
        joined,
        starts=(0, 0, 0),
        stops=(8, min(inner[1], target[1]), min(inner[2], target[2])),
        steps=(1, 1, 1),
        pads_before=(0, 0, 0),
        pads_after=(0, max(0, target[1] - inner[1]), max(0, target[2] - inner[2])),
    )
    weight = rng.normal(0, 0.2, (6, 8, 1, 1))
    mixed = m.add(ir.Conv, "mix", target, resized, weight=weight, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1))
    out = neurons("n3", target, mixed, shortcut)
    flat = m.add(ir.Flatten, "flat", (int(np.prod(target)),), out)
    logits = m.add(
        ir.Dense, "logits", (5,), flat, weight=rng.normal(0, 0.3, (5, int(np.prod(target)))), bias=rng.normal(0, 0.1, 5)
    )
    if readout is ir.ReadoutMode.SPIKES:
        logits = m.add(ir.Neuron, "classes", (5,), logits, threshold=np.asarray(1.0))
    m.add(ir.Readout, "readout", (5,), logits, mode=readout)
    return m.network()


@pytest.fixture
def random_network() -> Callable[..., SpikingNetwork]:
    return _random_network


@dataclass
class SlowResult:
    """Spikes by layer (T, N, ...), SynOps by node (T, N), the readout's sums (T, N, classes)."""

    spikes: dict[str, Array]
    synops: dict[str, Array]
    scores: Array


def _slow_simulate(network: SpikingNetwork, images: Array, steps: int, trains: Array | None = None) -> SlowResult:
    """Simulate synapse by synapse, channels first, image by image: nothing here is shared with the runtime.

    With `trains` (T, N, C, H, W) of −1, 0 and 1 these enter, each spike as the amplitude, in the place of the images.
    """
    count = len(images)
    spikes = {n.name: np.zeros((steps, count, *n.shape)) for n in network.neurons}
    synops = {n.name: np.zeros((steps, count), dtype=np.int64) for n in network.nodes if isinstance(n, ir.Weighted)}
    scores = np.zeros((steps, count, *network.readout.shape))
    found = network.flows
    for i in range(count):
        pools = {n.name: _SlowMaxPool(n) for n in network.nodes if isinstance(n, ir.MaxPool)}
        membrane = {n.name: np.zeros(n.shape) + network.tensor(n.initial_potential, 0.0) for n in network.neurons}
        total = np.zeros(network.readout.shape)
        for t in range(steps):
            values: dict[str, Array] = {}
            for node in network.nodes:
                inputs = [values[e.source] for e in network.incoming[node.name]]
                if isinstance(node, ir.Input):
                    if trains is not None:
                        values[node.name] = trains[t, i].astype(np.float64)
                        continue
                    values[node.name] = np.rint(images[i].astype(np.float64) * 2**28) / 2**28
                    continue
                x = inputs[0] if isinstance(node, ir.Concat) else sum(inputs)
                if isinstance(node, ir.Weighted):
                    reads_train = any(found[e.source].train for e in network.incoming[node.name])
                    times = network.input.amplitude if reads_train else 1.0
                    values[node.name], operations = _slow_weighted(network, node, x, times)
                    if any(found[e.source].kind is Kind.CURRENT for e in network.incoming[node.name]):
                        grid = np.asarray(network.tensors[node.grid], dtype=np.int64)
                        grid = grid.reshape(-1, *(1,) * (len(node.shape) - 1)) if grid.ndim else grid
                        values[node.name] = np.ldexp(np.rint(np.ldexp(values[node.name], grid)), -grid)
                    else:
                        synops[node.name][t, i] = operations
                elif isinstance(node, ir.Neuron):
                    v = membrane[node.name] + x
                    threshold = np.broadcast_to(network.tensor(node.threshold, 1.0), node.shape)
                    fired = v >= threshold
                    membrane[node.name] = v - np.where(fired, threshold, 0.0)
                    spikes[node.name][t, i] = fired
                    values[node.name] = fired * np.asarray(network.tensor(node.spike_value, 1.0))
                elif node.name in pools:
                    values[node.name] = pools[node.name].step(x)
                elif isinstance(node, ir.Readout):
                    total = total + x
                    scores[t, i] = total
                else:
                    values[node.name] = _slow_passive(node, inputs)
    return SlowResult(spikes, synops, scores)


class _SlowMaxPool:
    """A MaxPoolCurrent or a MaxPoolGate of one image, window by window."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._sums: Any = 0.0
        self._leaders: dict[tuple[int, ...], tuple[int, ...]] = {}

    def step(self, x: Array) -> Array:
        before, self._sums = np.zeros(x.shape) + self._sums, self._sums + x.astype(np.float64)
        out = np.zeros(self._node.shape)
        for window in np.ndindex(self._node.shape):
            places = list(self._places(window, x.shape))
            largest = max(self._sums[place] for place in places)
            if isinstance(self._node, ir.MaxPoolCurrent):
                out[window] = largest - max(before[place] for place in places)
                continue
            leader = self._leaders.get(window)
            if leader is None or self._sums[leader] < largest:
                leader = next(place for place in places if self._sums[place] == largest)
            self._leaders[window] = leader
            out[window] = x[leader]
        return out

    def _places(self, window: tuple[int, ...], shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        node = self._node
        for offset in np.ndindex(node.kernel):
            place = [
                index * stride + k - pad
                for index, stride, k, pad in zip(window[1:], node.strides, offset, node.pads, strict=False)
            ]
            if all(0 <= index < size for index, size in zip(place, shape[1:], strict=True)):
                yield (window[0], *place)


def _slow_weighted(network: SpikingNetwork, node: Any, x: Array, times: Any = 1.0) -> tuple[Array, int]:
    def on_spikes(value: Array) -> Array:
        if times == 1.0:
            return value.astype(np.float64)
        grid = np.asarray(network.tensors[node.grid], dtype=np.int64)
        grid = grid.reshape(-1, *(1,) * (value.ndim - 1)) if grid.ndim else grid
        return np.ldexp(np.rint(np.ldexp(value.astype(np.float64) * times, grid)), -grid)

    offset = node.addend
    out = np.zeros(node.shape) + (0.0 if offset is None else network.tensors[offset].astype(np.float64))
    if isinstance(node, ir.Scale):
        gain = np.zeros((len(x), *(1,) * (x.ndim - 1))) + network.tensors[node.gain]
        return out + on_spikes(gain) * x, int(np.abs(x).sum())
    weight = on_spikes(network.tensors[node.weight])
    if isinstance(node, ir.Dense):
        return out + product(weight, x), int(np.abs(x).sum()) * node.shape[0]
    operations = 0
    per_group_out, per_group_in = node.shape[0] // node.groups, weight.shape[1]
    for o in range(node.shape[0]):
        for y in range(node.shape[1]):
            for z in range(node.shape[2]):
                for c in range(per_group_in):
                    for a in range(weight.shape[2]):
                        for b in range(weight.shape[3]):
                            row = y * node.strides[0] + a * node.dilations[0] - node.pads[0]
                            column = z * node.strides[1] + b * node.dilations[1] - node.pads[1]
                            channel = o // per_group_out * per_group_in + c
                            if 0 <= row < x.shape[1] and 0 <= column < x.shape[2] and x[channel, row, column]:
                                out[o, y, z] += weight[o, c, a, b] * x[channel, row, column]
                                operations += int(abs(x[channel, row, column]))
    return out, operations


def _slow_passive(node: Any, inputs: list[Array]) -> Array:
    x = inputs[0]
    if isinstance(node, ir.Concat):
        return np.concatenate(inputs, axis=node.axis)
    if isinstance(node, ir.Flatten):
        return x.reshape(-1)
    if isinstance(node, ir.Sum):
        return sum(inputs)
    if isinstance(node, ir.Select):
        cut = x[tuple(slice(*b) for b in zip(node.starts, node.stops, node.steps, strict=True))]
        return np.pad(cut, list(zip(node.pads_before, node.pads_after, strict=True)))
    padded = np.pad(x, [(0, 0), (node.pads[0], node.pads[2]), (node.pads[1], node.pads[3])])
    out = np.zeros(node.shape)
    for y in range(node.shape[1]):
        for z in range(node.shape[2]):
            top, left = y * node.strides[0], z * node.strides[1]
            out[:, y, z] = padded[:, top : top + node.kernel[0], left : left + node.kernel[1]].sum(axis=(1, 2))
    return out


@pytest.fixture
def slow_simulate() -> Callable[[SpikingNetwork, Array, int], SlowResult]:
    return _slow_simulate
