"""Small networks for the comparison, as weights: the script makes them in PyTorch and here, the tests here.

Weights, images and leaks are whole multiples of a power of two and inputs stay below the threshold, so that float32
sums are exact. The seeds are such that no membrane ends on the threshold: snnTorch spikes above it, snnconv from it on.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.check import check
from snnconv.ir.manifest import Provenance
from snnconv.ir.network import SpikingNetwork
from snnconv.transforms.exact_sums import exact_sums

Array = np.ndarray[Any, Any]

STEPS = 6
IMAGES = 4
GRID = 2.0**-9


@dataclass(frozen=True)
class Layer:
    """A layer of a network in words that both sides know.

    Attributes
    ----------
    kind : str
        ``conv``, ``scale``, ``linear``, ``sum_pool``, ``flatten`` or ``neurons``.
    reads : tuple of str
        The layers whose outputs it adds up.
    weight, bias : ndarray or None
    stride, padding, groups : int
    leak : float or None
        Of LIF neurons.
    """

    name: str
    kind: str
    reads: tuple[str, ...]
    weight: Array | None = None
    bias: Array | None = None
    stride: int = 1
    padding: int = 0
    groups: int = 1
    leak: float | None = None


@dataclass(frozen=True)
class Case:
    """A network and its images, (N, C, H, W) float32."""

    name: str
    layers: tuple[Layer, ...]
    images: Array


class _Draw:
    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def weights(self, shape: tuple[int, ...], largest: float = 0.9) -> Array:
        """Draw weights, a quarter of them 0; those of an output add up to `largest` at most."""
        drawn = self._rng.uniform(-0.4, 1, shape) * (self._rng.random(shape) > 0.25)
        total = np.abs(drawn).reshape(shape[0], -1).sum(axis=1).reshape(-1, *(1,) * (len(shape) - 1))
        return np.trunc(drawn / np.maximum(total, 1e-9) * largest / GRID).astype(np.float32) * np.float32(GRID)

    def bias(self, count: int) -> Array:
        """Draw small biases."""
        return np.trunc(self._rng.uniform(0, 0.09, count) / GRID).astype(np.float32) * np.float32(GRID)

    def images(self, shape: tuple[int, ...], binary: bool = False) -> Array:
        """Draw images with pixels that are 0."""
        drawn = self._rng.integers(0, 2 if binary else 65, (IMAGES, *shape)) / (1 if binary else 64)
        return (drawn * (self._rng.random((IMAGES, *shape)) > 0.3)).astype(np.float32)


def cases() -> tuple[Case, ...]:
    """Give the networks: strides, padding and groups; a shortcut and graded spikes; LIF neurons on binary images."""
    return _convolutions(), _residual(), _leaky()


def _convolutions() -> Case:
    draw = _Draw(1)
    return Case(
        "convolutions",
        (
            Layer("c0", "conv", ("image",), draw.weights((4, 2, 3, 3)), draw.bias(4), stride=2, padding=1),
            Layer("n0", "neurons", ("c0",)),
            Layer("c1", "conv", ("n0",), draw.weights((6, 2, 3, 3)), draw.bias(6), padding=1, groups=2),
            Layer("n1", "neurons", ("c1",)),
            Layer("flat", "flatten", ("n1",)),
            Layer("logits", "linear", ("flat",), draw.weights((3, 6 * 4 * 5)), draw.bias(3)),
        ),
        draw.images((2, 7, 9)),
    )


def _residual() -> Case:
    draw = _Draw(4)
    return Case(
        "residual",
        (
            Layer("c0", "conv", ("image",), draw.weights((4, 3, 3, 3)), draw.bias(4), padding=1),
            Layer("n0", "neurons", ("c0",)),
            Layer("c1", "conv", ("n0",), draw.weights((4, 4, 3, 3), 0.45), draw.bias(4), padding=1),
            Layer("s1", "scale", ("n0",), np.asarray([0.25, 0.375, 0, 0.4375], dtype=np.float32)),
            Layer("n1", "neurons", ("c1", "s1")),
            Layer("pool", "sum_pool", ("n1",), stride=2),
            Layer("c2", "conv", ("pool",), draw.weights((5, 4, 1, 1)) / np.float32(4), draw.bias(5)),
            Layer("n2", "neurons", ("c2",)),
            Layer("flat", "flatten", ("n2",)),
            Layer("logits", "linear", ("flat",), draw.weights((3, 5 * 3 * 3)), draw.bias(3)),
        ),
        draw.images((3, 6, 6)),
    )


def _leaky() -> Case:
    draw = _Draw(3)
    return Case(
        "leaky",
        (
            Layer("flat", "flatten", ("image",)),
            Layer("d0", "linear", ("flat",), draw.weights((9, 12)), draw.bias(9)),
            Layer("n0", "neurons", ("d0",), leak=0.875),
            Layer("d1", "linear", ("n0",), draw.weights((8, 9)), draw.bias(8)),
            Layer("n1", "neurons", ("d1",), leak=0.875),
            Layer("logits", "linear", ("n1",), draw.weights((3, 8)), None),
        ),
        draw.images((1, 3, 4), binary=True),
    )


def spiking(case: Case) -> SpikingNetwork:
    """Make the network here; LIF neurons have no exact grid."""
    shapes: dict[str, tuple[int, ...]] = {"image": case.images.shape[1:]}
    nodes: list[ir.Node] = [ir.Input(name="image", shape=shapes["image"], amplitude=1.0)]
    tensors: dict[str, Array] = {}
    edges: list[ir.Edge] = []
    for layer in case.layers:
        fields = _fields(layer, len(shapes[layer.reads[0]]) - 1, tensors)
        weight = () if layer.weight is None else layer.weight.shape
        made = _KINDS[layer.kind](name=layer.name, shape=(1,), **fields)
        shape = made.output_shape([shapes[name] for name in layer.reads], weight)
        shapes[layer.name] = shape
        nodes.append(made.model_copy(update={"shape": shape}))
        edges += [ir.Edge(source=name, target=layer.name) for name in layer.reads]
    last = case.layers[-1].name
    nodes.append(ir.Readout(name="readout", shape=shapes[last], mode=ir.ReadoutMode.CURRENT))
    edges.append(ir.Edge(source=last, target="readout"))
    provenance = Provenance(tool="benchmark", method="hand-made")
    network = SpikingNetwork(tuple(nodes), tuple(edges), tensors, STEPS, provenance)
    leaky = any(layer.leak is not None for layer in case.layers)
    return check(network if leaky else exact_sums(network))


_KINDS: dict[str, Any] = {
    "conv": ir.Conv,
    "scale": ir.Scale,
    "linear": ir.Dense,
    "sum_pool": ir.SumPool,
    "flatten": ir.Flatten,
    "neurons": ir.Neuron,
}


def _fields(layer: Layer, spatial: int, tensors: dict[str, Array]) -> dict[str, Any]:
    def tensor(field: str, value: Array) -> str:
        tensors[f"{layer.name}.{field}"] = value
        return f"{layer.name}.{field}"

    wide = (-1, *(1,) * spatial)
    if layer.kind == "neurons":
        fields: dict[str, Any] = {"threshold": tensor("threshold", np.asarray(1, dtype=np.float32))}
        if layer.leak is not None:
            leak = tensor("leak", np.asarray(layer.leak, dtype=np.float32))
            fields["rule"] = ir.LeakyIntegrateAndFire(leak=leak)
        return fields
    if layer.kind == "sum_pool":
        return {"kernel": (layer.stride,) * spatial, "strides": (layer.stride,) * spatial, "pads": (0,) * 2 * spatial}
    if layer.kind == "scale" and layer.weight is not None:
        return {"gain": tensor("gain", layer.weight.reshape(wide))}
    if layer.weight is None:
        return {}
    fields = {"weight": tensor("weight", layer.weight)}
    if layer.bias is not None:
        fields["bias"] = tensor("bias", layer.bias.reshape(wide) if layer.kind == "conv" else layer.bias)
    if layer.kind == "conv":
        fields |= {"strides": (layer.stride,) * spatial, "pads": (layer.padding,) * 2 * spatial}
        fields |= {"dilations": (1,) * spatial, "groups": layer.groups}
    return fields
