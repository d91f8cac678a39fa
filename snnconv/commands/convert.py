"""``snnconv convert``: an ONNX model and its calibration become a spiking network in a ``.snn`` file."""

import logging
from collections.abc import Iterator
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
from snnconv.errors import DataError
from snnconv.files.atomic import check_place
from snnconv.files.hashing import sha256_of_file
from snnconv.graph.reader import read
from snnconv.ir import file as snn_file
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]

_PARITY_IMAGES = 8
_PARITY_BATCH = 8  # images at a time: every value of the network is held for them

_log = logging.getLogger(__name__)


class ParitySummary(BaseModel):
    """How the network was compared with the ONNX model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int
    drawn: bool
    """True: inputs drawn within the calibrated range; False: images of --data."""
    largest_error: float
    value: str
    tolerance: float = TOLERANCE


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
        How many of them; 8 by default.
    layout : Layout
        How to read `data`.
    verify : bool
        Whether to check parity.
    seed : int
        Of the inputs that are drawn.

    Returns
    -------
    tuple of SpikingNetwork and ConversionSummary

    Raises
    ------
    InputError
        If an input cannot be used, or parity fails; `out` is then as it was.
    """
    model, calibration, out = Path(model), Path(calibration), Path(out)
    options = options or ConversionOptions()
    check_place(out)
    measured = calib_file.load(calibration)
    graph = passes.run(read(model))
    _log.debug("%s: %d nodes after the passes", model.name, len(graph.nodes))
    network = build(graph, measured, options, sha256_of_file(calibration))
    parity = None
    if verify:
        count = _PARITY_IMAGES if samples is None or data is None else samples
        batches = iter([_drawn(measured, seed)]) if data is None else _given(measured, data, layout, count)
        # the control weighs identity shortcuts wrongly on purpose: its normalised twin is what must compute the model
        twin = network
        if options.shortcut is not Shortcut.NORMALISED:
            twin = build(graph, measured, options.model_copy(update={"shortcut": Shortcut.NORMALISED}))
        worst = check_parity(twin, model, batches)
        _log.debug("parity: the largest error is %.2e, at %s", worst.error, worst.value)
        parity = ParitySummary(images=count, drawn=data is None, largest_error=worst.error, value=worst.value)
    snn_file.save(network, out)
    return network, _summary(network, out, options, parity)


def _drawn(calibration: Calibration, seed: int) -> Array:
    """Draw inputs evenly within the range of each channel."""
    shape = calibration.preprocessing.input_shape
    low, high = (limit[:, None, None] for limit in (calibration.input_low, calibration.input_high))
    random = np.random.default_rng(seed).random((_PARITY_IMAGES, *shape), dtype=np.float32)
    return (low + (high - low) * random).astype(np.float32)


def _given(calibration: Calibration, data: Path, layout: Layout, count: int) -> Iterator[Array]:
    """Give the first `count` images, preprocessed, a few at a time."""
    preprocessing = calibration.preprocessing
    images = open_images(data, input_shape=preprocessing.input_shape, layout=layout, geometry=preprocessing.geometry)
    if count < 1:
        raise DataError(f"{count} samples were asked for; ask for at least 1")
    if count > images.count:
        raise DataError(f"{images.name} has {images.count} images, {count} were asked for; ask for fewer")
    return (preprocessing.apply(batch.images) for batch in images.batches(_PARITY_BATCH, stop=count))


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
        neurons=sum(int(np.prod(node.shape)) for node in network.neurons),
        parameters=sum(array.size for name, array in network.tensors.items() if name.endswith((".weight", ".bias"))),
        steps=network.steps,
        parity=parity,
    )
