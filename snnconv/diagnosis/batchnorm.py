"""What a model's own BatchNorm says of its input: whether images reach it as its training images did.

A BatchNorm holds the mean and the variance that its input had in training. With the preprocessing of the training,
images of the same kind give nearly the same; with another scale, mean or order of channels they do not. This needs no
labels, but a file whose BatchNorm is not folded into the convolutions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.graph.graph import BatchNorm
from snnconv.graph.reading.reader import Survey
from snnconv.graph.running.reference import ReferenceModel

Array = np.ndarray[Any, Any]

_LAYERS = 3
"""The first few: what is deeper follows from them."""


@dataclass(frozen=True)
class Normalised:
    """The input of a BatchNorm on the diagnosed images, beside what it was in training.

    Attributes
    ----------
    name : str
        Of the node.
    shift : float
        Mean over the channels of |mean − µ|/σ, as far as the choice of images does not explain it.
    spread : float
        Geometric mean over the channels of standard deviation/σ.
    """

    name: str
    shift: float
    spread: float


def normalised(survey: Survey, batches: Iterable[Array], threads: int) -> tuple[Normalised, ...]:
    """Measure the inputs of a model's first BatchNorms.

    Parameters
    ----------
    survey : Survey
        Of the model.
    batches : iterable of ndarray (N, C, H, W) float32
        Preprocessed images.
    threads : int
        For onnxruntime.

    Returns
    -------
    tuple of Normalised
        Empty where the file has no BatchNorm.
    """
    graph = survey.graph
    nodes = [] if graph is None else [node for node in graph.nodes if isinstance(node, BatchNorm)]
    nodes = [node for node in nodes if graph is not None and node.inputs[0] not in graph.internal][:_LAYERS]
    if not nodes:
        return ()
    model = ReferenceModel(survey, [node.inputs[0] for node in nodes], threads)
    inputs = [_Input(node) for node in nodes]
    for images in batches:
        for one, value in zip(inputs, model.run(images), strict=True):
            one.add(value)
    return tuple(one.found() for one in inputs)


class _Input:
    """The input of a BatchNorm: sums over the images of each image's mean and mean square, by channel."""

    def __init__(self, node: BatchNorm) -> None:
        self._node = node
        self._images = 0
        self._means, self._squared_means, self._squares = np.zeros((3, len(node.mean)))

    def add(self, value: Array) -> None:
        # from the mean of the training: no digits are lost to a large mean
        flat = value.reshape(*value.shape[:2], -1).astype(np.float64) - self._node.mean[:, None]
        means = flat.mean(axis=2)
        self._images += len(flat)
        self._means += means.sum(axis=0)
        self._squared_means += (means**2).sum(axis=0)
        self._squares += (flat**2).mean(axis=2).sum(axis=0)

    def found(self) -> Normalised:
        n, node = self._images, self._node
        trained = np.sqrt(node.variance + node.epsilon)
        mean = self._means / n
        # what the choice of so few images may do to their mean: two standard errors
        chance = np.full_like(mean, np.inf)
        if n > 1:
            chance = 2 * np.sqrt(np.maximum(self._squared_means / n - mean**2, 0.0) / (n - 1))
        deviation = np.sqrt(np.maximum(self._squares / n - mean**2, 0.0) + node.epsilon)
        shift = np.maximum(np.abs(mean) - chance, 0.0) / trained
        return Normalised(node.name, float(shift.mean()), float(np.exp(np.log(deviation / trained).mean())))
