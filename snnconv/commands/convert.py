"""``snnconv convert``: an ONNX model and its calibration become a spiking network in a ``.snn`` file."""

import logging
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from snnconv import passes
from snnconv.calibration import file as calib_file
from snnconv.choices import Shortcut
from snnconv.commands.verify import Inputs, ParitySummary, verified
from snnconv.conversion.convert import convert as build
from snnconv.conversion.options import ConversionOptions
from snnconv.data import Layout
from snnconv.errors import DataError
from snnconv.files.atomic import check_place
from snnconv.files.hashing import sha256_of_file
from snnconv.files.sizes import MEMORY_LIMIT
from snnconv.graph.reader import opened
from snnconv.ir import file as snn_file
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.memory import check_memory

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
        Bytes that the model's tensors, a batch's values, and a simulation of one image and one step may take.

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
        inputs = Inputs(data, samples, layout, seed)
        parity = verified(twin, found, {"import": imported, "folding": graph}, measured, inputs, memory_limit)
    snn_file.save(network, out)
    return network, _summary(network, out, options, parity)


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
