"""The images that a method is fitted to, and what it needs to run networks on them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from snnconv.errors import InputError
from snnconv.files.journal import Journal
from snnconv.graph.reading.reader import Survey
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.propagation_error import Target, reference_model, targets
from snnconv.runtime.backends import Backend

Array = np.ndarray[Any, Any]

T = TypeVar("T")

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
    journal : Journal, optional
        Keeps what is found, so that an interrupted conversion goes on.
    """

    images: Array
    model: Survey
    backend: Backend
    threads: int = 1
    progress: Progress = field(default=_quiet)
    journal: Journal | None = None

    def targets(self, network: SpikingNetwork) -> list[Target]:
        """Give the activations of the ONNX model that the layers of a network stand for."""
        reference = reference_model(network, self.model, self.threads)
        pieces = (self.images[first : first + _TOGETHER] for first in range(0, len(self.images), _TOGETHER))
        return list(targets(reference, pieces))

    def recall(self, name: str, kind: type[T], find: Callable[[], T]) -> T:
        """Give what an interrupted conversion found under a name; else find it now, and keep it.

        Parameters
        ----------
        name : str
        kind : type
            What it is: a pydantic model, or a number.
        find : callable

        Raises
        ------
        InputError
            If what was kept is damaged.
        """
        if self.journal is None:
            return find()
        values = TypeAdapter(kind)
        kept = self.journal.recall(name, lambda: values.dump_python(find(), mode="json"))
        try:
            return values.validate_python(kept)
        except ValidationError as error:
            raise InputError(f"{self.journal.path} is damaged at {name!r}; delete it") from error
