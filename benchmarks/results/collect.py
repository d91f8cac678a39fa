"""Reads what experiments made into plain numbers for ``results.json``."""

import datetime
import json
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import places as at
import tool
from experiment import Experiment, Group
from places import Places

from snnconv.ir import file as network_file
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.reporting.decisions import decisions
from snnconv.reporting.intervals import Z95, paired_difference
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.summary import load_summary

_ROW = ("step", "accuracy", "loss_points", "loss_points_low", "loss_points_high", "agreement", "ac_per_mac")
_LAYER = ("name", "neurons", "spikes_per_neuron", "mean_rate")
_DEPTH = ("depth", "name", "highest_rate", "most_active_error", "error", "absolute_error")
_DIAGNOSIS = ("images", "steps", "growth", "error", "absolute_error", "tau_max", "agreement", "choice", "parts")


def record(experiment: Experiment, commands: Sequence[Sequence[str]], places: Places) -> dict[str, Any]:
    """Give what is kept of a finished experiment.

    Parameters
    ----------
    experiment : Experiment
    commands : sequence of sequence of str
        What makes it, in words.
    places : Places

    Returns
    -------
    dict
        JSON values: shares in [0, 1], losses in percentage points.
    """
    model = experiment.model
    made: dict[str, Any] = {
        "model": model.name,
        "kind": experiment.kind,
        "commands": [" ".join(words) for words in commands],
        "training": at.training(model, places),
        "network": _network(experiment, places),
        "found": _found(experiment, places),
        "runs": [_run(name, seed, places) for name, seed in experiment.runs.items()],
        "date": _date(experiment, places),
    }
    if experiment.diagnose:
        told = json.loads(places.path(at.diagnosis(experiment)).read_text("utf-8"))
        layers = [{key: layer[key] for key in _DEPTH} for layer in told["layers"]]
        made["diagnosis"] = {key: told[key] for key in _DIAGNOSIS} | {"layers": layers}
    return made


def _network(experiment: Experiment, places: Places) -> dict[str, Any]:
    network = network_file.load(places.path(at.network(experiment)))
    provenance = network.provenance.model_dump(mode="json")
    # what a method found of each layer is in `found`, and makes long files
    plain = {key: value for key, value in provenance["options"].items() if not isinstance(value, dict | list)}
    path = places.path(at.revision(experiment))
    revision = path.read_text("utf-8") or None if path.exists() else None
    return {
        "source_sha256": provenance["source_sha256"],
        "options": plain,
        "revision": revision,
        "shortcuts": _shortcuts(network),
    }


def _shortcuts(network: SpikingNetwork) -> list[float] | None:
    """Give the least and the largest weight of identity shortcuts; None where there are none."""
    scales = [node for node in network.nodes if isinstance(node, ir.Scale)]
    # what follows a pooling is no shortcut
    after_pools = {edge.target for edge in network.edges if isinstance(network.by_name[edge.source], ir.SumPool)}
    gains = [float(network.tensor(node.gain, 1.0).mean()) for node in scales if node.name not in after_pools]
    return [round(value, 3) for value in (min(gains), max(gains))] if gains else None


def _date(experiment: Experiment, places: Places) -> str:
    """Give the day on which the last of an experiment's files was made."""
    files = [at.network(experiment), at.diagnosis(experiment)]
    files += [f"WORK/runs/{name}/summary.json" for name in experiment.runs]
    times = [path.stat().st_mtime for path in map(places.path, files) if path.exists()]
    return datetime.datetime.fromtimestamp(max(times), datetime.UTC).date().isoformat()


def _found(experiment: Experiment, places: Places) -> dict[str, Any] | None:
    """Give what a method found; None where it finds nothing, or its words were not kept beside the network."""
    path = places.path(at.summary(experiment))
    found: dict[str, Any] | None = json.loads(path.read_text("utf-8"))["found"] if path.exists() else None
    if found is not None and found["kind"] == "layerwise":
        keep = ("layer", "factor", "highest_rate")
        found["layers"] = [{key: layer[key] for key in keep} for layer in found["layers"]]
    return found


def _run(name: str, seed: int | None, places: Places) -> dict[str, Any]:
    told = json.loads(tool.run(["report", f"WORK/runs/{name}", "--json"], places))
    run = told["run"]
    return {
        "seed": seed,
        "images": run["images"],
        "steps": run["steps"],
        "data_sha256": run["data"]["sha256"] if isinstance(run.get("data"), dict) else None,
        "seconds": round(run["seconds"], 1),
        "threads": run["threads"],
        "backend": run["backend"],
        "ann_accuracy": told["ann"]["accuracy"],
        "synops_per_mac": told["synops_per_mac"],
        "by_step": [{key: row.get(key) for key in _ROW} for row in told["accuracy_by_step"]],
        "layers": [{key: layer.get(key) for key in _LAYER} for layer in told["layers"] if layer["neurons"]],
    }


def compared(group: Group, done: Sequence[str], places: Places) -> list[dict[str, Any]]:
    """Compare the runs of a group on the same images, where both of a pair are done.

    Parameters
    ----------
    group : Group
    done : sequence of str
        Names of its finished experiments.
    places : Places

    Returns
    -------
    list of dict
        ``gain``: accuracy of the first kind minus that of the second, in points, with its paired 95 % interval.
        ``ratio``: loss of the first minus `times` the loss of the second, with its 95 % interval.
    """
    kinds: dict[str, set[str]] = {}
    for experiment in group.experiments:
        if experiment.name in done and experiment.simulate and not experiment.seeds:
            kinds.setdefault(experiment.model.name, set()).add(experiment.kind)
    made: list[dict[str, Any]] = []
    for model, found in kinds.items():
        wanted = [pair for pair in (*group.pairs, *(ratio[:2] for ratio in group.ratios)) if found >= set(pair)]
        if not wanted:
            continue
        right = {
            kind: _right(places.work / "runs" / f"{model}-{kind}") for kind in sorted({k for p in wanted for k in p})
        }
        made += [_gain(model, *pair, right) for pair in group.pairs if pair in wanted]
        made += [_ratio(model, *ratio, right) for ratio in group.ratios if ratio[:2] in wanted]
    return made


def without(experiment: Experiment, comparisons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the comparisons that an experiment has no part in: those that hold when it is made anew."""
    model, kind = experiment.model.name, experiment.kind
    return [made for made in comparisons if made["model"] != model or kind not in (made["first"], made["second"])]


def merged(group: Group, earlier: Sequence[dict[str, Any]], made: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put comparisons in the order of the list; of two of the same, the one just made counts.

    The earlier ones stay where their runs are no longer in WORK.
    """
    found = {_key(comparison): comparison for comparison in (*earlier, *made)}
    models = dict.fromkeys(experiment.model.name for experiment in group.experiments)
    kinds = [("gain", *pair) for pair in group.pairs] + [("ratio", *ratio[:2]) for ratio in group.ratios]
    order = [(what, model, first, second) for model in models for what, first, second in kinds]
    return [found[key] for key in order if key in found]


def _key(comparison: dict[str, Any]) -> tuple[str, str, str, str]:
    what, model, first, second = (comparison[name] for name in ("what", "model", "first", "second"))
    return what, model, first, second


def _right(folder: Path) -> tuple[Any, Any]:
    """Give which images the spiking network and the ONNX model decide rightly at the last step, (N,) bool each."""
    run = RunFolder(folder)
    summary = load_summary(run)
    found = decisions(run, summary)
    if found.right is None or found.ann_right is None:
        raise ValueError(f"{folder} has no labels or no reference")
    return found.right[summary.steps], found.ann_right


def _gain(model: str, first: str, second: str, right: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    one, other = right[first][0], right[second][0]
    made = paired_difference(int((one & ~other).sum()), int((~one & other).sum()), len(one))
    return _comparison("gain", model, first, second, len(one)) | {
        "points": made.points,
        "low": made.low,
        "high": made.high,
    }


def _ratio(model: str, first: str, second: str, times: float, right: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    """Compare two losses by their weighted difference: unlike a quotient it has an interval near a loss of 0."""
    (one, ann), (other, _) = right[first], right[second]
    # of each image: what the first loses, minus `times` what the second loses
    each = 100 * ((ann * 1.0 - one) - times * (ann * 1.0 - other))
    points, half = float(each.mean()), Z95 * float(np.std(each, ddof=1)) / sqrt(len(each))
    return _comparison("ratio", model, first, second, len(each)) | {
        "times": times,
        "first_loss": 100 * float((ann * 1.0 - one).mean()),
        "second_loss": 100 * float((ann * 1.0 - other).mean()),
        "points": points,
        "low": points - half,
        "high": points + half,
    }


def _comparison(what: str, model: str, first: str, second: str, images: int) -> dict[str, Any]:
    return {"what": what, "model": model, "first": first, "second": second, "images": images}
