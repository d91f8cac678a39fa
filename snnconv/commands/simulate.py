"""``snnconv simulate``: runs a spiking network on images and writes a run folder."""

import logging
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from snnconv import __version__
from snnconv.commands.inputs import open_for, preprocessing_of, source_model
from snnconv.commands.observing import Observing
from snnconv.commands.simulate_options import SimulateOptions as SimulateOptions
from snnconv.commands.sitting import Sitting
from snnconv.data import check_enough
from snnconv.errors import InputError, RunError
from snnconv.files.atomic import check_new_folder
from snnconv.files.hashing import sha256_of_file, sha256_of_path
from snnconv.files.names import plain_values
from snnconv.files.paths import check_file, is_folder
from snnconv.graph.running.reference import ReferenceModel
from snnconv.ir import file
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.nodes import Encoding
from snnconv.reporting.chance import of_run
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.run_record import RunRecord, RunRequest, load_record
from snnconv.runs.summary import RunSummary
from snnconv.runtime.backends import choose
from snnconv.runtime.memory import check_memory, check_steps

_log = logging.getLogger(__name__)


def simulate(
    network: Path | str,
    data: Path | str,
    out: Path | str,
    options: SimulateOptions | None = None,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    observing: Callable[[int, int], None] = lambda done, total: None,
) -> RunSummary:
    """Simulate a network on images; a run that was interrupted goes on.

    Parameters
    ----------
    network : Path
        The ``.snn`` file.
    data : Path
        Images: ``.npz``, ``.npy``, folder or ``.zip``.
    out : Path
        The run folder.
    options : SimulateOptions, optional
    progress : callable
        Told (done, total) images.
    observing : callable
        Told (done, total) images that are looked at once more when all are simulated, the first one twice.

    Returns
    -------
    RunSummary
        As written to ``summary.json``.

    Raises
    ------
    InputError
        If an input cannot be used, or `out` cannot be made.
    RunError
        If `out` holds a run with other inputs or options.
    """
    network, data, out = Path(network), Path(data), Path(out)
    options = options or SimulateOptions()
    check_new_folder(out)
    _check_paths(network, data, options)
    loaded = file.load(network)
    if options.encoding is not None:
        loaded = replace(loaded, encoding=options.encoding)
    steps = options.steps or loaded.steps
    check_memory(loaded, options.memory_limit)
    check_steps(loaded, steps, options.memory_limit)
    backend = choose(options.backend, loaded, options.batch_size, seed=options.seed)
    preprocessing = preprocessing_of(loaded)
    images = open_for(loaded, preprocessing, data, options.layout, options.labels, options.classes)
    planned = images.count if options.limit is None else options.limit
    check_enough(images, planned)
    model = None if options.reference is None else source_model(loaded, options.reference, options.memory_limit)
    # one thread: the simulator's own threads use the cores
    reference = None if model is None else ReferenceModel(model, threads=1)
    request = _request(network, data, loaded, steps, planned, reference, options)
    folder = RunFolder(out)
    with folder.locked():
        _begin(folder, request, options)
        run = Sitting(
            folder, loaded, preprocessing, images, backend, steps, planned, options.threads, options.batch_size
        )
        try:
            summary = run.go_on(reference, request, progress)
        except InputError:
            # an input that fails before its first piece is done leaves nothing to keep
            if not run.images and not folder.begins:
                folder.discard()
            raise
        _warn_near_chance(summary)
        if options.observe:
            observation = Observing(
                network=loaded,
                network_sha256=request["network"]["sha256"],
                preprocessing=preprocessing,
                images=images,
                model=model,
                backend=backend,
                steps=steps,
                count=min(options.observe, planned),
                threads=options.threads or os.cpu_count() or 1,
                seed=request.get("seed"),
            )
            observation.keep(folder, observing)
        return summary


def _warn_near_chance(summary: RunSummary) -> None:
    """Say so where the model, or the network, is hardly better than guessing."""
    accuracy = None if summary.accuracy is None else summary.accuracy[str(summary.steps)]
    right, model = (None if x is None else round(x * summary.images) for x in (accuracy, summary.reference_accuracy))
    found = of_run(right, model, summary.images, summary.classes)
    if found is not None:
        _log.warning("warning: %s", found)


def _check_paths(network: Path, data: Path, options: SimulateOptions) -> None:
    """Refuse paths that cannot be read, before anything waits for them."""
    for path in (network, options.reference, options.labels, options.classes):
        if path is not None:
            check_file(path)
    is_folder(data)


def _request(
    path: Path,
    data: Path,
    network: SpikingNetwork,
    steps: int,
    planned: int,
    reference: ReferenceModel | None,
    options: SimulateOptions,
) -> dict[str, Any]:
    """Give what a run depends on: two runs with the same request may be one.

    Batches, pieces and threads are not in it: the result does not depend on them.
    """
    provenance = network.provenance
    request = {
        "network": {
            "name": path.name,
            "sha256": sha256_of_file(path),
            "source_name": provenance.source_name,
            "method": provenance.method,
            "options": provenance.options,
            "citations": list(provenance.citations),
        },
        "data": {"name": data.name, "sha256": sha256_of_path(data)},
        "steps": steps,
        "images": planned,
        "encoding": network.encoding.value,
        "reference": None if reference is None else reference.sha256,
        "layout": options.layout.value,
        "labels": None if options.labels is None else sha256_of_file(options.labels),
        "classes": None if options.classes is None else sha256_of_file(options.classes),
    }
    if network.encoding is Encoding.POISSON:
        request["seed"] = options.seed
    values: dict[str, Any] = plain_values(request)
    return values


def _begin(folder: RunFolder, request: dict[str, Any], options: SimulateOptions) -> None:
    """Begin a run, or see that the one that is there is the same."""
    if options.overwrite or not folder.exists or not folder.begins:
        versions = {"snnconv": __version__, "numpy": np.__version__, "python": platform.python_version()}
        record = RunRecord(request=RunRequest(**request), versions=versions, command_line=tuple(options.command_line))
        folder.begin(record.values())
        return
    found = load_record(folder).request.values()
    differing = [key for key in request if found.get(key) != request[key]]
    if differing:
        key = differing[0]
        raise RunError(
            f"{folder.path} holds a run with other {', '.join(differing)} "
            f"({_short(found.get(key))}, now {_short(request[key])}); name another folder or add --overwrite"
        )


def _short(value: Any) -> str:
    if isinstance(value, dict) and "sha256" in value:
        return f"{value.get('name')} {str(value['sha256'])[:12]}…"
    return "none" if value is None else str(value)[:60]
