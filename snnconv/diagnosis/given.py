"""What a diagnosis begins with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.calibration.calibration import Calibration
from snnconv.choices import BackendName
from snnconv.diagnosis.case import Paths
from snnconv.graph.reading.reader import Survey
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.propagation_error import Target

Array = np.ndarray[Any, Any]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Given:
    """What is examined.

    Attributes
    ----------
    paths : Paths
    network : SpikingNetwork
    survey : Survey
        Of the model.
    calibration : Calibration or None
    targets : callable
        Gives the images and what the model makes of them, from the beginning at each call.
    labels : ndarray (N,) int64 or None
    count, steps, seed, threads : int
    backend : BackendName
    tolerance : float
    progress : callable
    """

    paths: Paths
    network: SpikingNetwork
    survey: Survey
    calibration: Calibration | None
    targets: Callable[[], Iterator[Target]]
    labels: Array | None
    count: int
    steps: int
    seed: int
    threads: int
    backend: BackendName
    tolerance: float
    progress: Progress
