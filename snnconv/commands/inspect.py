"""``snnconv inspect``: what a file or run folder holds, after all checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.calibration import file as calib_file
from snnconv.commands.calibrate import summarise
from snnconv.commands.thresholds import thresholds
from snnconv.data import Preprocessing, size_text
from snnconv.data.classes import ONE_NUMBER, decides
from snnconv.errors import InputError
from snnconv.files.names import plain
from snnconv.files.paths import is_folder
from snnconv.ir import file as snn_file
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.reporting.decisions import decisions
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.run_record import load_record
from snnconv.runs.summary import extent_of, load_summary


@dataclass(frozen=True)
class Table:
    """A table to print; the first `left` columns are texts, and the column `names` has names of nodes or values."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    left: int = 1
    names: int | None = None


@dataclass(frozen=True)
class Inspection:
    """What was found: as JSON values, and as tables."""

    content: dict[str, Any]
    tables: tuple[Table, ...]


def inspect(path: Path | str) -> Inspection:
    """Read a ``.snn``, a ``.calib`` or a run folder, check it, and describe it.

    Raises
    ------
    FileMissingError
        If there is no such path.
    InputError
        If it is damaged or of no known kind.
    """
    path = Path(path)
    if is_folder(path):
        return _run(path)
    if path.suffix == ".snn":
        return _network(path)
    if path.suffix == ".calib":
        return _calibration(path)
    if path.suffix.lower() == ".onnx":
        raise InputError(f"{path} is a .onnx file, a .snn, a .calib or a run folder is expected; `check` shows models")
    raise InputError(f"{path} is of no known kind; give a .snn, a .calib or a run folder")


def _network(path: Path) -> Inspection:
    network = snn_file.load(path)
    found = network.flows
    # a node that is read is named by its number: two long names would not fit beside the node's own
    number = {node.name: str(index) for index, node in enumerate(network.nodes, 1)}
    nodes = [
        (
            number[node.name],
            node.kind,
            node.name,
            "×".join(str(size) for size in node.shape),
            found[node.name].kind.value + (", constant" if found[node.name].constant else ""),
            _details(network, node),
            ", ".join(number[edge.source] for edge in network.incoming[node.name]),
        )
        for node in network.nodes
    ]
    fired_at = thresholds(network)
    provenance = network.provenance
    about = [
        ("made by", provenance.tool),
        ("from", f"{provenance.source_name or 'unknown'}, SHA-256 {_short(provenance.source_sha256)}"),
        ("method", provenance.method),
        ("time steps", str(network.steps)),
        ("encoding", network.encoding.value),
        ("preprocessing", "none recorded" if network.preprocessing is None else _preprocessing(network.preprocessing)),
        ("neurons", f"{sum(int(np.prod(node.shape)) for node in network.neurons):,}"),
    ]
    return Inspection(
        snn_file.manifest_of(network).model_dump(mode="json") | {"thresholds": [layer.to_json() for layer in fired_at]},
        (
            Table(plain(path.name), ("", ""), about, left=2),
            *_options(network),
            Table("nodes", ("", "kind", "name", "shape", "gives", "parameters", "reads"), nodes, left=7, names=2),
            Table(
                "thresholds by layer",
                ("layer", "neurons", "threshold", "λ", "reset", "V(0)"),
                [layer.cells() for layer in fired_at],
                names=0,
            ),
        ),
    )


def _options(network: SpikingNetwork) -> tuple[Table, ...]:
    """Give the table of the method's options, one a row, without those that stand above it; none without options."""
    options = network.provenance.options
    said = {"preset": network.provenance.method, "steps": network.steps, "encoding": network.encoding.value}
    rows = [
        (key.replace("_", " "), _value(value))
        for key, value in options.items()
        if key not in said or value != said[key]
    ]
    return (Table("options", ("", ""), rows, left=2),) if rows else ()


def _value(value: Any) -> str:
    """Say an option's value; values by layer have their place in ``--json``."""
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return f"{len(value)} layers"
        case _:
            return str(value)


def _short(sha256: str | None) -> str:
    """Give the beginning of a hash; ``--json`` has all of it."""
    return "unknown" if sha256 is None else f"{sha256[:12]}…"


def _preprocessing(recorded: Preprocessing) -> str:
    """Say in a line what is done to the images."""
    parts = [f"{recorded.dtype} / {recorded.scale:g}"]
    for sign, values in (("−", recorded.mean), ("/", recorded.std)):
        per_pixel = values.shape[1:] != (1, 1)
        parts.append(f"{sign} " + ("an image" if per_pixel else ", ".join(f"{v:g}" for v in values.reshape(-1))))
    geometry = recorded.geometry
    steps = [f"resize {size_text(geometry.resize)} ({geometry.interpolation.value})"] if geometry.resize else []
    steps += [f"crop {size_text(geometry.crop)}"] if geometry.crop else []
    steps += [geometry.channels.value]
    return "; ".join(parts + steps)


def _details(network: SpikingNetwork, node: ir.Node) -> str:
    """Give a node's parameters in short; those of neurons have a table of their own."""
    parts = []
    if isinstance(node, ir.Conv):
        size = "×".join(str(k) for k in network.tensors[node.weight].shape[2:])
        parts.append(size if node.strides[0] == 1 else f"{size}, stride {node.strides[0]}")
    if isinstance(node, ir.Weighted):
        grid = [] if node.grid is None else sorted({int(q) for q in network.tensors[node.grid].reshape(-1)})
        parts.append(
            "no grid" if not grid else "grid 2^-" + (f"{grid[0]}" if len(grid) == 1 else f"{grid[0]}…{grid[-1]}")
        )
    if isinstance(node, ir.Neuron):
        parts.append(node.rule.kind)
    if isinstance(node, ir.Readout):
        parts.append(node.mode.value)
    return "; ".join(parts)


def _calibration(path: Path) -> Inspection:
    calibration = calib_file.load(path)
    summary = summarise(calibration, path)
    sources = [(source.name, str(source.images), _short(source.sha256)) for source in calibration.sources]
    values = [
        (
            v.name,
            v.kind,
            str(v.channels),
            f"{v.percentile_99_9:.4g}",
            f"{v.percentile_99_99:.4g}",
            f"{v.largest:.4g}",
        )
        for v in summary.values
    ]
    accuracy = "no labels" if summary.accuracy is None else f"{100 * summary.accuracy:.2f} %"
    about = [
        ("images", str(summary.images)),
        ("accuracy of the model on them", accuracy),
        ("preprocessing", _preprocessing(calibration.preprocessing)),
        ("largest input", f"{summary.input_amplitude:.4g}"),
    ]
    content = summary.model_dump(mode="json")
    content["preprocessing"] = calibration.preprocessing.to_manifest() | {
        "mean": calibration.preprocessing.mean.tolist(),
        "std": calibration.preprocessing.std.tolist(),
    }
    content["sources"] = [source.__dict__ for source in calibration.sources]
    return Inspection(
        content,
        (
            Table(plain(f"{path.name}: calibration of {calibration.model_name}"), ("", ""), about, left=2),
            Table("images", ("data", "images", "hash of the choice"), sources),
            Table("activations", ("value", "kind", "channels", "99.9 %", "99.99 %", "largest"), values, 2, names=0),
        ),
    )


def _run(path: Path) -> Inspection:
    folder = RunFolder(path)
    record, summary = load_record(folder), load_summary(folder)
    if summary.images:
        decisions(folder, summary)
    # the summary may be behind the parts
    images = sum(len(part.labels) for part in folder.parts(extent_of(summary)))
    content = summary.model_dump(mode="json")
    accuracy = summary.accuracy
    rows = [
        ("complete", "yes" if summary.complete else "no"),
        ("images", str(summary.images)),
        ("planned images", str(summary.planned_images)),
        ("images in parts", str(images)),
        ("steps", str(summary.steps)),
        ("backend", summary.backend),
        ("seconds", f"{summary.seconds:.2f}"),
        ("accuracy by step", _no_accuracy(summary.classes) if accuracy is None else _by_step(accuracy)),
        ("command", " ".join(record.command_line)),
    ]
    return Inspection(
        {"run": record.values(), "summary": content},
        (Table(plain(path.name), ("", ""), rows, left=2),),
    )


def _no_accuracy(classes: int) -> str:
    return "no labels" if decides(classes) else f"not measured, the network gives {ONE_NUMBER}"


def _by_step(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{step}: {100 * part:.2f} %" for step, part in parts.items())
