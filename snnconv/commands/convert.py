"""``snnconv convert``: an ONNX model and its calibration become a spiking network in a ``.snn`` file."""

import logging
from collections.abc import Iterator
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from snnconv import passes
from snnconv.calibration import file as calib_file
from snnconv.calibration.calibration import Calibration
from snnconv.choices import Shortcut
from snnconv.conversion.convert import convert as build
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.parity import TOLERANCE, check_parity
from snnconv.data import Layout, open_images
from snnconv.errors import DataError, ParityError
from snnconv.files.atomic import check_place
from snnconv.files.hashing import sha256_of_file
from snnconv.files.sizes import MEMORY_LIMIT
from snnconv.graph.graph import Graph
from snnconv.graph.reader import Survey, opened
from snnconv.graph.stages import stage_deviations
from snnconv.ir import file as snn_file
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.memory import check_memory, copy_bytes
from snnconv.runtime.nodes.maxpool import state_bytes

Array = np.ndarray[Any, Any]

_PARITY_IMAGES, _LEAST_IMAGES = 8, 2  # fewer where one image takes long
_STAGE_IMAGES = 1  # the stages before are compared value by value too, which takes more time and memory an image
_PARITY_BYTES = 1 << 28  # every value of the network is held for the images that are compared at a time
_BYTES_PER_VALUE = 32

_log = logging.getLogger(__name__)


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


class ConversionSummary(BaseModel):
    """What ``snnconv convert --json`` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["snnconv.conversion-summary"] = "snnconv.conversion-summary"
    version: Literal[1] = 1
    file: str
    method: str
    options: dict[str, Any]
    nodes: dict[str, int]
    """How many nodes of each kind."""
    neurons: int
    parameters: int
    steps: int
    parity: ParitySummary | None
    """None with --no-verify."""


def convert(
    model: Path | str,
    calibration: Path | str,
    out: Path | str,
    options: ConversionOptions | None = None,
    *,
    data: Path | None = None,
    samples: int | None = None,
    layout: Layout = Layout.AUTO,
    verify: bool = True,
    seed: int = 0,
    memory_limit: int = MEMORY_LIMIT,
) -> tuple[SpikingNetwork, ConversionSummary]:
    """Convert a model and write the spiking network to `out`.

    Parameters
    ----------
    model : Path
        The ONNX file.
    calibration : Path
        Its ``.calib`` file.
    out : Path
        The ``.snn`` file to write.
    options : ConversionOptions, optional
        The method and its options.
    data : Path, optional
        Images for the parity check; without them, inputs are drawn within the calibrated range.
    samples : int, optional
        How many of them; 8 by default, and fewer, 2 at least, where an image has many values.
    layout : Layout
        How to read `data`.
    verify : bool
        Whether to check parity.
    seed : int
        Of the inputs that are drawn.
    memory_limit : int
        Bytes that the model's tensors, the values of a batch, and a simulation of one image and one step may take.

    Returns
    -------
    tuple of SpikingNetwork and ConversionSummary

    Raises
    ------
    InputError
        If an input cannot be used, the network needs too much memory, or parity fails; `out` is then as it was.
    """
    if samples is not None and samples < 1:
        raise DataError(f"{samples} samples were asked for; ask for at least 1")
    model, calibration, out = Path(model), Path(calibration), Path(out)
    options = options or ConversionOptions()
    check_place(out)
    measured = calib_file.load(calibration)
    # the value that was calibrated as the output is the network's
    found, imported = opened(model, measured.output, memory_limit)
    graph = passes.run(imported, passes.pipeline(options.max_pooling))
    _log.debug("%s: %d nodes after the passes", model.name, len(graph.nodes))
    network = build(graph, measured, options, sha256_of_file(calibration))
    # before anything of the model is run: onnxruntime pads too
    check_memory(network, memory_limit)
    parity = None
    if verify:
        # the control weighs identity shortcuts wrongly on purpose: its normalised twin is what must compute the model
        twin = network
        if options.shortcut is not Shortcut.NORMALISED:
            twin = build(graph, measured, options.model_copy(update={"shortcut": Shortcut.NORMALISED}))
        together = _together(network, memory_limit)
        count = max(_LEAST_IMAGES, together) if samples is None else samples
        if data is None:
            given = _drawn(measured, seed, count, together)
        else:
            given = _given(measured, data, layout, count, together)
        parity = _verified(found, {"import": imported, "folding": graph}, twin, given)
        parity = parity.model_copy(update={"drawn": data is None})
    snn_file.save(network, out)
    return network, _summary(network, out, options, parity)


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
        for deviation in deviations:
            if not deviation.error < TOLERANCE:
                raise ParityError(
                    f"{stage}: the graph deviates from {found.file.path.name} at {deviation.value} "
                    f"(node {deviation.node}): max|x̂ − x| / max|x| is {deviation.error:.2e}, less than {TOLERANCE:.0e} "
                    "is expected; report this model"
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


def _given(calibration: Calibration, data: Path, layout: Layout, count: int, together: int) -> Iterator[Array]:
    """Give the first `count` images, preprocessed, a few at a time."""
    preprocessing = calibration.preprocessing
    images = open_images(data, input_shape=preprocessing.input_shape, layout=layout, geometry=preprocessing.geometry)
    if count > images.count:
        raise DataError(f"{images.name} has {images.count} images, {count} were asked for; ask for fewer")
    return (preprocessing.apply(batch.images) for batch in images.batches(together, stop=count))


def _summary(
    network: SpikingNetwork, out: Path, options: ConversionOptions, parity: ParitySummary | None
) -> ConversionSummary:
    kinds: dict[str, int] = {}
    for node in network.nodes:
        kinds[node.kind] = kinds.get(node.kind, 0) + 1
    return ConversionSummary(
        file=out.name,
        method=options.preset.value,
        options=options.model_dump(mode="json"),
        nodes=kinds,
        neurons=network.neuron_count,
        parameters=network.parameter_count,
        steps=network.steps,
        parity=parity,
    )
