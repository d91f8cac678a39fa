"""``snnconv convert``: an ONNX model and its calibration become a spiking network in a ``.snn`` file."""

import logging
import os
from dataclasses import replace
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from snnconv import __version__, passes
from snnconv.calibration import file as calib_file
from snnconv.calibration.calibration import Calibration
from snnconv.choices import BackendName, Compensation, Shortcut
from snnconv.commands.verify import Inputs, ParitySummary, given_images, preprocessed, verified
from snnconv.conversion.compensation.check import check as check_compensation
from snnconv.conversion.convert import convert as build
from snnconv.conversion.methods import METHODS
from snnconv.conversion.methods import check as check_method
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.records import Record
from snnconv.conversion.samples import Progress, Samples
from snnconv.data import Layout, check_asked, count_of
from snnconv.errors import DataError, NotRunnableError
from snnconv.files import canonical
from snnconv.files.atomic import check_place
from snnconv.files.hashing import sha256_of_array, sha256_of_file
from snnconv.files.journal import Journal
from snnconv.files.paths import check_file
from snnconv.files.replaced import NETWORK
from snnconv.files.sizes import MEMORY_LIMIT, readable
from snnconv.graph.graph import Graph
from snnconv.graph.reading.reader import opened
from snnconv.ir import file as snn_file
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import choose
from snnconv.runtime.memory import check_memory, check_steps

Array = np.ndarray[Any, Any]

_BATCH, _CHUNK = 16, 32
"""Images and steps at a time of the networks that a method tries, at most."""

_NUMBERS = 1 << 24
"""Numbers that a layer's input may have for the images and steps at a time: some 256 MB in a thread."""

_CHECKED = 8
"""Images that parity is checked on at most, where a method takes more."""

_log = logging.getLogger(__name__)


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
    found: Record | None = None
    """What a search of the method tried and found."""


def convert(
    model: Path | str,
    calibration: Path | str,
    out: Path | str,
    options: ConversionOptions | None = None,
    *,
    data: Path | str | None = None,
    samples: int | None = None,
    layout: Layout = Layout.AUTO,
    verify: bool = True,
    seed: int = 0,
    threads: int = 0,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = lambda what, done, total: None,
) -> tuple[SpikingNetwork, ConversionSummary]:
    """Convert a model and write the spiking network to `out`.

    What a method that looks at images has found so far is kept in ``OUT.unfinished``; when the same is asked for again,
    it goes on from there.

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
        Training images, for a method that looks at some, and for the parity check; without them, the check draws
        inputs within the calibrated range.
    samples : int, optional
        How many of them the method looks at (by default as many as it says), or, with a method that looks at none, the
        check: 8 by default, and fewer, 2 at least, where an image has many values. All, where nobody asks and there are
        fewer.
    layout : Layout
        How to read `data`.
    verify : bool
        Whether to check parity.
    seed : int
        Of inputs that are drawn, and of Poisson trains.
    threads : int
        For simulations; 0 takes one for each core.
    memory_limit : int
        Bytes that the model's tensors, a batch's values, and a simulation of one image and one step may take.
    progress : callable
        Told what is done, and (done, total) of it.

    Returns
    -------
    tuple of SpikingNetwork and ConversionSummary

    Raises
    ------
    InputError
        If an input cannot be used, the network needs too much memory, or parity fails; `out` is then as it was.
    """
    if samples is not None:
        check_asked(samples)
    model, calibration, out = Path(model), Path(calibration), Path(out)
    data = None if data is None else Path(data)
    options = options or ConversionOptions()
    method = METHODS[options.preset]
    check_method(options)
    check_compensation(options)
    wanted = method.samples(options)
    check_place(out, [model, calibration, data], NETWORK)
    check_file(model)
    measured = calib_file.load(calibration)
    if wanted and data is None:
        raise DataError(method.purpose(options))
    # the value that was calibrated as the output is the network's
    found, imported = opened(model, measured.output, memory_limit)
    graph = passes.run(imported, passes.pipeline(options.max_pooling))
    _log.debug("%s: %d nodes after the passes", model.name, len(graph.nodes))
    # as it is without what a method adds: it computes the model, and is what parity is checked of
    exact = {"shortcut": Shortcut.NORMALISED, "compensation": Compensation.NONE}
    twin = build(graph, measured, options.model_copy(update=exact))
    # before anything of the model is run: onnxruntime pads too
    check_memory(twin, memory_limit)
    check_steps(twin, options.steps, memory_limit)
    parity = None
    if verify:
        # before the method, which may take long
        stages: dict[Literal["import", "folding"], Graph] = {"import": imported, "folding": graph}
        # the method's images may be many, or fewer than the check takes
        few = samples is not None and (not wanted or samples < _CHECKED)
        inputs = Inputs(data, samples if few else None, layout, seed)
        parity = verified(twin, found, stages, measured, inputs, memory_limit)
    given = None
    if wanted and data is not None:
        images = _images(twin, measured, data, layout, samples, wanted, memory_limit)
        batch, chunk = _together(twin)
        backend = choose(BackendName.AUTO, twin, batch=batch, chunk=chunk, seed=seed)
        journal = Journal(out, _key(graph, calibration, images, options, seed))
        given = Samples(images, found, backend, threads or os.cpu_count() or 1, progress, journal)
    converted = method.convert(graph, measured, given, options)
    network = _dated(converted.network, calibration)
    if verify and converted.scales is not None:
        twin = build(graph, measured, options.model_copy(update=exact), scales=converted.scales)
        parity = verified(twin, found, stages, measured, inputs, memory_limit)
    snn_file.save(network, out)
    if given is not None and given.journal is not None:
        given.journal.discard()
    return network, _summary(network, out, options, parity, converted.record)


def _check_samples(network: SpikingNetwork, count: int, limit: int) -> None:
    """Refuse more images than can be held with the values that the network's neurons stand for."""
    each = 4 * (prod(network.input.shape) + network.neuron_count)
    if count * each > limit:
        raise NotRunnableError(
            f"{count} images and their activations take {readable(count * each)}, the limit is {readable(limit)}; "
            "give fewer --samples, or a higher --memory-limit"
        )


def _together(network: SpikingNetwork) -> tuple[int, int]:
    """Give (images, steps) at a time for which the input of the largest layer stays small."""
    largest = max((prod(node.shape) for node in network.neurons), default=1)
    batch = max(1, min(_BATCH, _NUMBERS // (largest * _CHUNK // 2)))
    return batch, max(1, min(_CHUNK, _NUMBERS // (largest * batch)))


def _images(
    network: SpikingNetwork,
    calibration: Calibration,
    data: Path,
    layout: Layout,
    samples: int | None,
    wanted: int,
    memory_limit: int,
) -> Array:
    """Read and preprocess the images that a method looks at, (N, C, H, W) float32."""
    images = given_images(network, calibration, data, layout)
    count = count_of(images, samples, wanted, "--samples")
    if count < wanted and samples is None:
        _log.warning(
            "%s has %d images, and the method looks at these; by default it looks at %d", images.name, count, wanted
        )
    _check_samples(network, count, memory_limit)
    return np.concatenate(list(preprocessed(calibration, images, count, _BATCH)))


def _key(graph: Graph, calibration: Path, images: Array, options: ConversionOptions, seed: int) -> str:
    """Give a hash of all that decides what a method finds."""
    decides = {
        "snnconv": __version__,
        "model": [graph.sha256, graph.output],
        "calibration": sha256_of_file(calibration),
        "images": [list(images.shape), sha256_of_array(images)],
        "options": options.model_dump(mode="json"),
        "seed": seed,
    }
    return sha256(canonical.dumps(decides).encode()).hexdigest()


def _dated(network: SpikingNetwork, calibration: Path) -> SpikingNetwork:
    """Give the network with the hash of its calibration's file."""
    found = {"calibration_sha256": sha256_of_file(calibration)}
    return replace(network, provenance=network.provenance.model_copy(update=found))


def _summary(
    network: SpikingNetwork,
    out: Path,
    options: ConversionOptions,
    parity: ParitySummary | None,
    record: Record | None,
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
        found=record,
    )
