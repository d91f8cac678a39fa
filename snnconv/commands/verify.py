"""The parity check of a conversion: its inputs, a few at a time, and every stage against the ONNX model."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from snnconv.calibration.calibration import Calibration
from snnconv.data import ImageSet, Layout, count_of, open_images
from snnconv.data.classes import decides
from snnconv.errors import ParityError
from snnconv.graph.graph import Graph
from snnconv.graph.guarding.input_type import is_whole
from snnconv.graph.reading.reader import Survey
from snnconv.graph.running.stages import (
    StageDeviation,
    first_deviation,
    own_rounding,
    rounding_limits,
    stage_deviations,
)
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.parity import TOLERANCE, check_parity
from snnconv.runtime.memory import copy_bytes
from snnconv.runtime.nodes.max_pool import state_bytes

Array = np.ndarray[Any, Any]

_PARITY_IMAGES, _LEAST_IMAGES = 8, 2  # fewer where one image takes long
_STAGE_IMAGES = 1  # the stages before are compared value by value too, which takes more time and memory an image
_PARITY_BYTES = 1 << 28  # every value of the network is held for the images that are compared at a time
_BYTES_PER_VALUE = 32

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inputs:
    """What a network is compared on.

    Attributes
    ----------
    data : Path, optional
        Images; without them, inputs are drawn within the calibrated range.
    samples : int, optional
        How many; 8 by default, and fewer, 2 at least, where an image has many values, or all where there are fewer.
    layout : Layout
        How to read `data`.
    seed : int
        Of the inputs that are drawn.
    """

    data: Path | None = None
    samples: int | None = None
    layout: Layout = Layout.AUTO
    seed: int = 0


class StageParity(BaseModel):
    """How a stage before the spiking network was compared with the ONNX model, both in onnxruntime."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: Literal["import", "folding"]
    images: int
    largest_error: float
    value: str


class ParitySummary(BaseModel):
    """How the network, its neurons replaced by ReLUs, was compared with the ONNX model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int
    drawn: bool
    """True: inputs drawn within the calibrated range; False: images of --data."""
    largest_error: float
    value: str
    tolerance: float = TOLERANCE
    stages: tuple[StageParity, ...] = ()
    """The graph as it was read, and after the passes."""


def verified(
    network: SpikingNetwork,
    found: Survey,
    graphs: dict[Literal["import", "folding"], Graph],
    calibration: Calibration,
    inputs: Inputs,
    memory_limit: int,
) -> ParitySummary:
    """Compare a network, and the stages before it, with the ONNX model.

    Parameters
    ----------
    network : SpikingNetwork
        With shortcuts as the model has them.
    found : Survey
        Of the model.
    graphs : dict of str to Graph
        The stages; the last is what the network was built from.
    calibration : Calibration
        Of the model.
    inputs : Inputs
    memory_limit : int
        Bytes that the values of the images that are compared at a time may take.

    Returns
    -------
    ParitySummary

    Raises
    ------
    DataError
        If there are too few images, or an image cannot be used.
    ParityError
        Naming what deviates.
    """
    together = _together(network, memory_limit)
    usual = max(_LEAST_IMAGES, together)
    if inputs.data is None:
        count = inputs.samples or usual
        given = _drawn(calibration, inputs.seed, count, together)
        if is_whole(found.file.input_type):
            given = map(np.rint, given)
    else:
        images = given_images(network, calibration, inputs.data, inputs.layout)
        count = count_of(images, inputs.samples, usual, "--samples")
        given = preprocessed(calibration, images, count, together)
    first = next(given)
    stages = _stages(found, graphs, first[:_STAGE_IMAGES])

    def noise(value: str) -> float:
        return _rounding(own_rounding(graphs["folding"], found, first[:_STAGE_IMAGES]), value)

    worst = check_parity(network, found, chain([first], given), graphs["folding"].caps, noise)
    _log.debug("parity: the largest error is %.2e, at %s", worst.error, worst.value)
    return ParitySummary(
        images=count,
        drawn=inputs.data is None,
        largest_error=worst.error,
        value=worst.value,
        stages=stages,
    )


def _rounding(roundings: list[StageDeviation], value: str) -> float:
    """Give how far float32 moves a value or one before it; of one that is not known, all."""
    known = [each.value for each in roundings]
    up_to = known.index(value) + 1 if value in known else len(known)
    return max((each.error for each in roundings[:up_to]), default=0.0)


def _together(network: SpikingNetwork, memory_limit: int) -> int:
    """Give how many images are compared at a time, at least 1: their values and padded copies fit."""
    values = sum(prod(node.shape) for node in network.nodes)
    each = _BYTES_PER_VALUE * values + state_bytes(network) + copy_bytes(network)
    return max(1, min(_PARITY_IMAGES, min(_PARITY_BYTES, memory_limit) // each))


def _stages(found: Survey, graphs: dict[Literal["import", "folding"], Graph], images: Array) -> tuple[StageParity, ...]:
    """Compare the stages before the spiking network with the ONNX model.

    Raises
    ------
    ParityError
        Naming the stage and the first value that deviates.
    """
    result = []
    for stage, graph in graphs.items():
        deviations = stage_deviations(graph, found, images)
        if first_deviation(deviations, TOLERANCE) is not None:
            limits = rounding_limits(own_rounding(graph, found, images), TOLERANCE)
            wrong = first_deviation(deviations, limits)
            if wrong is not None:
                limit = limits[deviations.index(wrong)]
                raise ParityError(
                    f"{stage}: the graph deviates from {found.file.path.name} at {wrong.value} "
                    f"(node {wrong.node}): max|x̂ − x| / max|x| is {wrong.error:.2e}, at most {limit:.1e} is expected; "
                    "report this model"
                )
        worst = max(deviations, key=lambda deviation: deviation.error)
        result.append(StageParity(stage=stage, images=len(images), largest_error=worst.error, value=worst.value))
    return tuple(result)


def _drawn(calibration: Calibration, seed: int, count: int, together: int) -> Iterator[Array]:
    """Draw inputs evenly within the range of each channel, a few at a time."""
    shape = calibration.preprocessing.input_shape
    low, high = (limit[:, None, None] for limit in (calibration.input_low, calibration.input_high))
    generator = np.random.default_rng(seed)
    for first in range(0, count, together):
        drawn = generator.random((min(together, count - first), *shape), dtype=np.float32)
        yield (low + (high - low) * drawn).astype(np.float32)


def given_images(network: SpikingNetwork, calibration: Calibration, data: Path, layout: Layout) -> ImageSet:
    """Open images as those of the calibration were opened."""
    preprocessing = calibration.preprocessing
    outputs = network.readout.shape[0]
    return open_images(
        data,
        input_shape=preprocessing.input_shape,
        layout=layout,
        geometry=preprocessing.geometry,
        classes=calibration.classes,
        # a method needs no labels, so some of the classes are enough; where there are no classes, folders are none
        class_count=None if decides(outputs) else outputs,
    )


def preprocessed(calibration: Calibration, images: ImageSet, count: int, together: int) -> Iterator[Array]:
    """Give the first `count` images, preprocessed, a few at a time."""
    return (calibration.preprocessing.apply(batch.images) for batch in images.batches(together, stop=count))
