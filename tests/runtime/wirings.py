"""What hand-made wirings are built from, and what is known of each: which nodes the event-driven kernel takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.check import check
from snnconv.ir.network import SpikingNetwork
from tests.spiking import NetworkMaker, with_rule

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]


@dataclass
class Net(NetworkMaker):
    """A NetworkMaker that knows the shapes and draws the weights.

    Drives are such that most layers fire at rates between 0.1 and 0.6.
    """

    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def shape(self, name: str) -> tuple[int, ...]:
        """Give the shape of a node that is there, channels first."""
        return next(node.shape for node in self.nodes if node.name == name)

    def put(self, kind: type[Any], name: str, *sources: str, **fields: Any) -> str:
        """Add a node whose shape follows from its inputs."""
        plain = {key: key if isinstance(value, np.ndarray) else value for key, value in fields.items()}
        weight = fields["weight"].shape if "weight" in fields else ()
        shape = kind(name=name, shape=(1,), **with_rule(plain)).output_shape([self.shape(s) for s in sources], weight)
        return self.add(kind, name, shape, *sources, **fields)

    def start(self, channels: int = 5, height: int = 6, width: int = 5, **fields: Any) -> str:
        """Add the image, a convolution, and the neurons ``n0`` that spike for everything behind them."""
        self.add(ir.Input, "image", (2, height, width), amplitude=2.0)
        return self.neurons("n0", self.conv("c0", "image", channels), **fields)

    def conv(
        self,
        name: str,
        source: str,
        out: int,
        kernel: Pair = (3, 3),
        *,
        pads: tuple[int, ...] = (1, 1, 1, 1),
        strides: Pair = (1, 1),
        dilations: Pair = (1, 1),
        groups: int = 1,
        bias: Array | None = None,
    ) -> str:
        """Add a convolution; its bias is drawn per channel where none is given."""
        inputs = self.shape(source)[0] // groups
        weight = self.rng.normal(0.15, 0.7, (out, inputs, *kernel)) / np.sqrt(inputs * kernel[0] * kernel[1])
        return self.put(
            ir.Conv,
            name,
            source,
            weight=weight,
            bias=self.rng.normal(0.2, 0.2, (out, 1, 1)) if bias is None else bias,
            pads=pads,
            strides=strides,
            dilations=dilations,
            groups=groups,
        )

    def dense(self, name: str, source: str, out: int) -> str:
        """Add a full connection with a bias."""
        inputs = self.shape(source)[0]
        weight = self.rng.normal(0.1, 1.0, (out, inputs)) / np.sqrt(inputs)
        return self.put(ir.Dense, name, source, weight=weight, bias=self.rng.normal(0.2, 0.2, out))

    def scale(self, name: str, source: str, places: bool = False, **fields: Any) -> str:
        """Add a synapse per channel, or per element."""
        shape = self.shape(source)
        gain = self.rng.uniform(0.2, 0.9, shape if places else (shape[0], *(1,) * (len(shape) - 1)))
        return self.put(ir.Scale, name, source, gain=gain, **fields)

    def neurons(self, name: str, *sources: str, **fields: Any) -> str:
        """Add neurons with a threshold and an initial potential per channel."""
        shape = self.shape(sources[0])
        wide = (shape[0], *(1,) * (len(shape) - 1))
        given = {"threshold": self.rng.choice([0.5, 1.0, 2.0], wide), "initial_potential": self.rng.uniform(0, 1, wide)}
        return self.put(ir.Neuron, name, *sources, **(given | fields))

    def select(
        self, name: str, source: str, *, starts: Any = None, stops: Any = None, steps: Any = None, pads: Any = None
    ) -> str:
        """Add a slice; what is not given changes nothing. Pads are (before, after) for each axis."""
        shape = self.shape(source)
        before, after = zip(*(pads or [(0, 0)] * len(shape)), strict=True)
        return self.put(
            ir.Select,
            name,
            source,
            starts=starts or (0,) * len(shape),
            stops=stops or shape,
            steps=steps or (1,) * len(shape),
            pads_before=before,
            pads_after=after,
        )

    def pool(
        self,
        name: str,
        source: str,
        kernel: Pair,
        strides: Pair = (1, 1),
        pads: tuple[int, ...] = (0, 0, 0, 0),
        kind: type[Any] = ir.SumPool,
    ) -> str:
        """Add sums over windows, or the maximum of them."""
        return self.put(kind, name, source, kernel=kernel, strides=strides, pads=pads)

    def finish(self, source: str, exact: bool = True, steps: int = 16) -> SpikingNetwork:
        """Add a full connection to 3 classes and the readout of its current."""
        if len(self.shape(source)) > 1:
            source = self.put(ir.Flatten, "flat", source)
        self.put(ir.Readout, "readout", self.dense("logits", source, 3), mode=ir.ReadoutMode.CURRENT)
        return self.network(steps=steps, exact=exact)


@dataclass(frozen=True, eq=False)
class Wiring:
    """A network, and what the plan says of it.

    Attributes
    ----------
    name : str
    build : callable
        Makes the network with a ``Net``.
    layers, currents, bits : frozenset of str
        The nodes in the plan's attributes of these names.
    numpy : mapping of str to str
        The nodes that run in NumPy, each with a part of the reason.
    steps : int
        T.
    exact : bool
        Whether its sums are exact, whatever the chunk.
    """

    name: str
    build: Callable[[Net], SpikingNetwork]
    layers: frozenset[str]
    currents: frozenset[str]
    bits: frozenset[str]
    numpy: Mapping[str, str]
    steps: int
    exact: bool

    def network(self) -> SpikingNetwork:
        """Build it; always the same."""
        return self.build(Net())


WIRINGS: dict[str, Wiring] = {}


def wiring(
    layers: str = "n0 n1",
    currents: str = "logits",
    bits: str = "",
    numpy: Mapping[str, str] | None = None,
    steps: int = 130,
    exact: bool = True,
) -> Callable[[Callable[[Net], SpikingNetwork]], Callable[[Net], SpikingNetwork]]:
    """Name a wiring after the function that builds it, with the nodes that the kernel is to take."""

    def keep(build: Callable[[Net], SpikingNetwork]) -> Callable[[Net], SpikingNetwork]:
        name = build.__name__
        names = [frozenset(text.split()) for text in (layers, currents, bits)]
        WIRINGS[name] = Wiring(name, build, *names, numpy or {}, steps, exact)
        return build

    return keep


def with_tensors(network: SpikingNetwork, **tensors: Array) -> SpikingNetwork:
    """Give the network with other tensors, past all rounding; ``n1_threshold`` names the tensor ``n1.threshold``."""
    changed = {name.replace("_", ".", 1): value for name, value in tensors.items()}
    assert set(changed) <= set(network.tensors)
    return check(replace(network, tensors={**network.tensors, **changed}))
