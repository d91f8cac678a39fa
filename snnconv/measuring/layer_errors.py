"""The propagation errors of one layer, added up image by image."""

from typing import Any

import numpy as np

from snnconv.errors import ModelError, NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.activity import Activity
from snnconv.runs.observation import LayerErrors

Array = np.ndarray[Any, Any]


def carries_one(network: SpikingNetwork, node: ir.Neuron) -> bool:
    """Say whether the spikes of a layer carry 1: only then is a rate a part of λ."""
    return not (network.tensor(node.spike_value, 1.0) != 1).any()


class MeasuredLayer:
    """A layer of neurons that stands for a value of the ONNX model.

    Parameters
    ----------
    network : SpikingNetwork
    node : Neuron
        Has a source.
    depth, steps : int
        l and T.

    Raises
    ------
    NotRunnableError
        If its spikes carry something else than 1: a rate would not be a part of λ then.
    """

    def __init__(self, network: SpikingNetwork, node: ir.Neuron, depth: int, steps: int) -> None:
        if not carries_one(network, node):
            raise NotRunnableError(
                f"node {node.name}: spikes carry something else than 1, so their rates are not compared with "
                "activations; measure the network with unit spikes"
            )
        self.name, self.source = node.name, node.source or ""
        self._depth, self._steps = depth, steps
        self._neurons = int(np.prod(node.shape))
        self._threshold = network.tensor(node.threshold, 1.0).astype(np.float64)
        scale = network.tensor(node.source_scale, 1.0).astype(np.float64)
        # (C,) -> (C, 1, 1)
        self._scale = scale.reshape(-1, *(1,) * (len(node.shape) - 1)) if scale.ndim else scale
        self._shape = node.shape

    def wanted(self, activations: Array) -> Array:
        """Give a/λ, (N, C, H, W) float64, of activations (N, ...) float32.

        Raises
        ------
        ModelError
            If one is not finite.
        """
        if not np.isfinite(activations).all():
            raise ModelError(
                f"the ONNX model's value {self.source} is not finite, so rates cannot be compared with it; "
                "use other images, or simulate with --observe 0"
            )
        scaled: Array = activations.reshape(len(activations), *self._shape) / self._scale
        return scaled

    def sums(self, found: Activity, activations: Array) -> dict[str, Array]:
        """Add up over the neurons.

        Parameters
        ----------
        found : Activity
            What they did.
        activations : ndarray (N, ...) float32
            a.

        Returns
        -------
        dict of str to ndarray (N,)
            One number for each image.
        """
        images = len(activations)
        spikes = found.counts[self.name].reshape(images, -1)
        rates = found.value(self.name).reshape(images, -1)
        wanted = self.wanted(activations).reshape(images, -1)
        left = (found.membranes[self.name] / (self._threshold * self._steps)).reshape(images, -1)
        errors = np.clip(wanted, 0.0, 1.0) - rates
        most_active = spikes.argmax(axis=1)
        return {
            "rate": rates.sum(axis=1),
            "highest": rates.max(axis=1),
            "lowest": rates.min(axis=1),
            "local": left.sum(axis=1),
            "absolute_local": np.abs(left).sum(axis=1),
            "error": errors.sum(axis=1),
            "absolute": np.abs(errors).sum(axis=1),
            "most_active": errors[np.arange(images), most_active],
            "saturated": (wanted > 1).sum(axis=1),
            "silent": ((spikes == 0) & (wanted > 0)).sum(axis=1),
            "wanted": wanted.sum(axis=1),
            "largest_wanted": wanted.max(axis=1),
            "least_wanted": wanted.min(axis=1),
            "rate_rate": (rates * rates).sum(axis=1),
            "wanted_wanted": (wanted * wanted).sum(axis=1),
            "rate_wanted": (rates * wanted).sum(axis=1),
        }

    def summary(self, total: "Total") -> LayerErrors:
        """Give the layer's errors over all images."""
        each, images = total.images * self._neurons, total.images
        return LayerErrors(
            depth=self._depth,
            name=self.name,
            source=self.source,
            neurons=self._neurons,
            mean_rate=total["rate"] / each,
            highest_rate=total.largest["highest"],
            mean_highest_rate=total["highest"] / images,
            local_error=total["local"] / each,
            absolute_local_error=total["absolute_local"] / each,
            error=total["error"] / each,
            absolute_error=total["absolute"] / each,
            most_active_error=total["most_active"] / images,
            saturated=total["saturated"] / each,
            silent=total["silent"] / each,
            correlation=_correlation(total, each),
        )


class Total:
    """Sums and extremes over images, image by image: they do not depend on how the images were batched.

    Attributes
    ----------
    images : int
    largest, least : dict of str to float
    """

    def __init__(self) -> None:
        self.images = 0
        self._sums: dict[str, float] = {}
        self.largest: dict[str, float] = {}
        self.least: dict[str, float] = {}

    def __getitem__(self, name: str) -> float:
        return self._sums[name]

    def add(self, sums: dict[str, Array]) -> None:
        """Add the next images, (N,) for each name."""
        for name, values in sums.items():
            total = self._sums.get(name, 0.0)
            for value in values.tolist():
                total += value
            self._sums[name] = total
            self.largest[name] = max(self.largest.get(name, -np.inf), float(values.max()))
            self.least[name] = min(self.least.get(name, np.inf), float(values.min()))
        self.images += len(next(iter(sums.values())))


def _correlation(total: Total, count: int) -> float | None:
    if total.largest["highest"] == total.least["lowest"]:
        return None
    if total.largest["largest_wanted"] == total.least["least_wanted"]:
        return None
    rate, wanted = total["rate"] / count, total["wanted"] / count
    product = total["rate_wanted"] / count - rate * wanted
    spreads = (total["rate_rate"] / count - rate**2) * (total["wanted_wanted"] / count - wanted**2)
    # a spread far below the mean may be lost in rounding
    return float(np.clip(product / np.sqrt(spreads), -1.0, 1.0)) if spreads > 0 else None
