"""The images that a method is fitted to, and what it needs to run networks on them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnconv.conversion.propagation_error import Target, reference_model, targets
from snnconv.graph.reader import Survey
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import Backend

Array = np.ndarray[Any, Any]

Progress = Callable[[str, int, int], None]
"""Told what is done, and (done, total) of it."""

_TOGETHER = 16
"""Images that the ONNX model takes at a time."""


def _quiet(what: str, done: int, total: int) -> None:
    del what, done, total


@dataclass(frozen=True)
class Samples:
    """Training images, held in memory: a method looks at a subset, many times.

    Attributes
    ----------
    images : ndarray (N, C, H, W) float32
        Preprocessed.
    model : Survey
        The ONNX model that is converted.
    backend : Backend
        Runs candidates; the result does not depend on it.
    threads : int
    progress : callable
    """

    images: Array
    model: Survey
    backend: Backend
    threads: int = 1
    progress: Progress = field(default=_quiet)

    def targets(self, network: SpikingNetwork) -> list[Target]:
        """Give the activations of the ONNX model that the layers of a network stand for."""
        reference = reference_model(network, self.model, self.threads)
        pieces = (self.images[first : first + _TOGETHER] for first in range(0, len(self.images), _TOGETHER))
        return list(targets(reference, pieces))
