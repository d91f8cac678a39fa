"""The layers whose values are compared with the ONNX model's, and sums of what is found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.layer_errors import Total
from snnconv.measuring.propagation_error import Target

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Layer:
    """A layer of neurons that stands for a value of the ONNX model.

    Attributes
    ----------
    name, source : str
        Of the layer; of the value.
    shape : tuple of int
    scale : ndarray () or (C, 1, 1)
        λ.
    """

    name: str
    source: str
    shape: tuple[int, ...]
    scale: Array

    @property
    def neurons(self) -> int:
        """How many."""
        return int(np.prod(self.shape))

    def wanted(self, target: Target) -> Array:
        """Give a/λ of some images, (N, neurons) float64; 0 where the model's value is negative, as logits may be."""
        a = np.maximum(target.activations[self.source], 0).reshape(len(target.images), *self.shape)
        result: Array = (a / self.scale).reshape(len(a), -1).astype(np.float64)
        return result


def layers_of(network: SpikingNetwork) -> tuple[Layer, ...]:
    """Give the layers of a network that stand for values of the model, from the input on."""
    return tuple(
        Layer(node.name, node.source, node.shape, _wide(network, node))
        for node in network.neurons
        if node.source is not None
    )


@dataclass(frozen=True)
class Outcome:
    """What a stage made of all images.

    Attributes
    ----------
    decisions : ndarray (N,) int64
    errors : mapping of str to float
        Mean |a/λ − value| of each layer, its neurons and the images.
    """

    decisions: Array
    errors: Mapping[str, float]

    def error(self, layers: Iterable[Layer]) -> float:
        """Give the mean over all neurons."""
        sizes = {layer.name: layer.neurons for layer in layers}
        return sum(self.errors[name] * size for name, size in sizes.items()) / sum(sizes.values())


class Sums:
    """Sums over images for each of some layers; they do not depend on how the images were batched."""

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._layers = tuple(layers)
        self._totals = {layer.name: Total() for layer in self._layers}

    def add(self, found: Mapping[str, dict[str, Array]]) -> None:
        """Add the next images: (N,) sums by layer and by name."""
        for name, sums in found.items():
            self._totals[name].add(sums)

    def means(self, name: str) -> dict[str, float]:
        """Give the means of one of the sums over neurons and images, by layer."""
        return {
            layer.name: self._totals[layer.name][name] / (self._totals[layer.name].images * layer.neurons)
            for layer in self._layers
        }

    def total(self, layer: str) -> Total:
        """Give the sums of a layer."""
        return self._totals[layer]


def _wide(network: SpikingNetwork, node: ir.Neuron) -> Array:
    scale = network.tensor(node.source_scale, 1.0).astype(np.float64)
    return scale.reshape(-1, *(1,) * (len(node.shape) - 1)) if scale.ndim else scale
