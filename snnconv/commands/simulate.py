"""``snnconv simulate``: runs a spiking network on images and writes a run folder."""

import logging
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from snnconv import __version__
from snnconv.commands.calibrate import numbered
from snnconv.data import ImageSet, Layout, open_images, read_classes
from snnconv.errors import DataError, InputError, NetworkError, RunError
from snnconv.files.hashing import sha256_of_file, sha256_of_path
from snnconv.files.names import plain, plain_values
from snnconv.files.paths import check_file, is_folder
from snnconv.graph.reference import ReferenceModel
from snnconv.ir import file
from snnconv.ir.network import SpikingNetwork
from snnconv.ir.nodes import Encoding
from snnconv.runtime.backends import Backend, BackendName, choose
from snnconv.runtime.part import Extent
from snnconv.runtime.program import weighted
from snnconv.runtime.run_folder import RunFolder
from snnconv.runtime.simulate import Piece
from snnconv.runtime.simulate import simulate as run_pieces
from snnconv.runtime.summary import (
    DataSummary,
    NetworkSummary,
    Operations,
    RunSummary,
    Tally,
    load_summary,
    operations,
)

_log = logging.getLogger(__name__)

Array = np.ndarray[Any, Any]

PIECE = 16
"""Images in a piece, at least: what an interruption can lose, per thread."""

_SUMMARY_SECONDS = 5.0


@dataclass(frozen=True)
class SimulateOptions:
    """Options of a simulation.

    Attributes
    ----------
    steps : int, optional
        T; None takes the network's.
    limit : int, optional
        Simulate the first so many images.
    backend : BackendName
    encoding : Encoding, optional
        None takes the network's.
    reference : Path, optional
        The ONNX model to run beside it.
    layout, labels, classes
        How to read the data; see `snnconv.data.open_images`.
    batch_size : int, optional
        Images at a time in one thread. The result does not depend on it.
    threads : int
        0 takes one for each core.
    overwrite : bool
        Start anew where the run folder holds a run.
    command_line : sequence of str
        For the record.
    """

    steps: int | None = None
    limit: int | None = None
    backend: BackendName = BackendName.AUTO
    encoding: Encoding | None = None
    reference: Path | None = None
    layout: Layout = Layout.AUTO
    labels: Path | None = None
    classes: Path | None = None
    batch_size: int | None = None
    threads: int = 0
    overwrite: bool = False
    command_line: Sequence[str] = ()


def simulate(
    network: Path | str,
    data: Path | str,
    out: Path | str,
    options: SimulateOptions | None = None,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
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

    Returns
    -------
    RunSummary
        As written to ``summary.json``.

    Raises
    ------
    InputError
        If an input cannot be used.
    RunError
        If `out` holds a run with other inputs or options.
    """
    network, data, out = Path(network), Path(data), Path(out)
    options = options or SimulateOptions()
    _check_paths(network, data, options)
    loaded = file.load(network)
    if options.encoding is not None:
        loaded = replace(loaded, encoding=options.encoding)
    steps = options.steps or loaded.steps
    backend = choose(options.backend, loaded, options.batch_size)
    images = _open(loaded, data, options)
    planned = images.count if options.limit is None else options.limit
    if planned > images.count:
        raise DataError(f"{images.name} has {images.count} images, {planned} were asked for; ask for fewer")
    reference = _reference(loaded, options.reference)
    request = _request(network, data, loaded, steps, planned, reference, options)
    folder = RunFolder(out)
    with folder.locked():
        _begin(folder, request, options)
        run = _Run(folder, loaded, images, backend, steps, planned, options)
        try:
            return run.go_on(reference, request, progress)
        except InputError:
            # an input that fails before its first piece is done leaves nothing to keep
            if not run.images and not folder.begins:
                folder.discard()
            raise


class _Run:
    def __init__(
        self,
        folder: RunFolder,
        network: SpikingNetwork,
        images: ImageSet,
        backend: Backend,
        steps: int,
        planned: int,
        options: SimulateOptions,
    ) -> None:
        self._folder, self._network, self._images, self._backend = folder, network, images, backend
        self._steps, self._planned = steps, planned
        self._threads = options.threads or os.cpu_count() or 1
        # a batch is cut from a piece
        self._piece = max(PIECE, options.batch_size or 0)
        self._tally = Tally(network, steps)
        self._operations: Operations = operations(network)

    @property
    def images(self) -> int:
        """How many images are done."""
        return self._tally.images

    def go_on(
        self, reference: ReferenceModel | None, request: dict[str, Any], progress: Callable[[int, int], None]
    ) -> RunSummary:
        """Simulate what is not done yet."""
        extent = Extent(
            self._steps, self._network.readout.shape[0], len(self._network.neurons), len(weighted(self._network))
        )
        for part in self._folder.parts(extent):
            self._tally.add(part)
        if self.images > self._planned:
            raise RunError(
                f"{self._folder.path} is damaged: its parts hold {self.images} images, {self._planned} are planned; "
                "run simulate with --overwrite"
            )
        if self.images == self._planned:
            _log.warning("%s is finished; nothing is simulated again", plain(str(self._folder.path)))
            return self._finished(request)
        before = self._seconds_before()
        # so that the folder can be read from the beginning on
        self._write(request, before)
        _log.debug(
            "%s backend on %d threads, from image %d to %d",
            self._backend.name,
            self._threads,
            self._tally.images,
            self._planned,
        )
        progress(self._tally.images, self._planned)
        start = written = time.perf_counter()
        parts = run_pieces(
            self._network,
            self._pieces(self._tally.images, reference),
            backend=self._backend,
            steps=self._steps,
            threads=self._threads,
        )
        try:
            with closing(parts):
                for part in parts:
                    self._folder.write_part(part)
                    self._tally.add(part)
                    progress(self._tally.images, self._planned)
                    now = time.perf_counter()
                    if now - written > _SUMMARY_SECONDS:
                        self._write(request, before + now - start)
                        written = now
        finally:
            # an interruption ends here too: what is done is kept and can be read
            summary = self._write(request, before + time.perf_counter() - start)
        return summary

    def _pieces(self, first: int, reference: ReferenceModel | None) -> Iterator[Piece]:
        preprocessing = self._network.preprocessing
        if preprocessing is None:
            raise NetworkError("the network has no preprocessing, so images cannot be brought to its input")
        for batch in self._images.batches(self._piece, start=first, stop=self._planned):
            x = preprocessing.apply(batch.images)
            self._check_amplitude(x)
            classes = None if reference is None else reference.run(x)[0].argmax(axis=1)
            yield Piece(first, x, batch.labels, classes)
            first += len(x)

    def _check_amplitude(self, x: Array) -> None:
        """Refuse images far beyond the calibrated range: another scale, and sums that need not be exact."""
        amplitude = self._network.input.amplitude
        found = float(np.abs(x).max())
        if amplitude is not None and found > 2 * amplitude:
            raise DataError(
                f"{self._images.name}: preprocessed images reach {found:.4g}, those of the calibration "
                f"{amplitude:.4g}; give data of the same scale, or calibrate on this data"
            )

    def _seconds_before(self) -> float:
        """Give the time of the sittings before; 0 where the summary is lost or damaged."""
        try:
            found = self._folder.read_summary().get("seconds")
        except InputError:
            return 0.0
        if isinstance(found, bool) or not isinstance(found, int | float):
            return 0.0
        return float(found) if isfinite(found) and found >= 0 and self.images else 0.0

    def _finished(self, request: dict[str, Any]) -> RunSummary:
        """Give the summary of a finished run, and write it anew if it is lost, damaged or behind the parts."""
        made = self._summary(request, self._seconds_before())
        try:
            found = load_summary(self._folder)
        except InputError:
            found = None
        if found is not None:
            # of the sitting that simulated, not of this one
            made = made.model_copy(update={"threads": found.threads, "backend": found.backend})
        if found != made:
            self._folder.write_summary(made.model_dump(mode="json"))
        return made

    def _write(self, request: dict[str, Any], seconds: float) -> RunSummary:
        summary = self._summary(request, seconds)
        self._folder.write_summary(summary.model_dump(mode="json"))
        return summary

    def _summary(self, request: dict[str, Any], seconds: float) -> RunSummary:
        images = self._tally.images
        return RunSummary(
            complete=images == self._planned,
            images=images,
            planned_images=self._planned,
            steps=self._steps,
            classes=self._network.readout.shape[0],
            encoding=self._network.encoding.value,
            backend=self._backend.name,
            threads=self._threads,
            seconds=seconds,
            images_per_second=images / seconds if seconds else 0.0,
            operations=self._operations,
            network=NetworkSummary(**request["network"]),
            data=DataSummary(**request["data"]),
            **self._tally.numbers(),
        )


def _check_paths(network: Path, data: Path, options: SimulateOptions) -> None:
    """Refuse paths that cannot be read, before anything waits for them."""
    for path in (network, options.reference, options.labels, options.classes):
        if path is not None:
            check_file(path)
    is_folder(data)


def _open(network: SpikingNetwork, data: Path, options: SimulateOptions) -> ImageSet:
    preprocessing = network.preprocessing
    if preprocessing is None:
        raise NetworkError("the network has no preprocessing, so images cannot be brought to its input")
    images = open_images(
        data,
        input_shape=preprocessing.input_shape,
        layout=options.layout,
        geometry=preprocessing.geometry,
        labels=options.labels,
        classes=read_classes(options.classes) if options.classes else network.classes,
        class_count=network.readout.shape[0],
    )
    if images.class_names is not None and options.classes is None and network.classes is None:
        _log.warning("classes are numbered by folder name: %s", numbered(images.class_names))
    if images.dtype != preprocessing.dtype:
        raise DataError(
            f"{images.name} holds {images.dtype}, the network was calibrated on {preprocessing.dtype}; "
            f"give {preprocessing.dtype} data, or calibrate on this kind"
        )
    return images


def _reference(network: SpikingNetwork, path: Path | None) -> ReferenceModel | None:
    if path is None:
        return None
    # one thread: the simulator's own threads use the cores
    reference = ReferenceModel(path, threads=1)
    if reference.sha256 != network.provenance.source_sha256:
        raise NetworkError(
            f"{path} ({reference.sha256[:12]}…) is not the model that the network was converted from: "
            f"{network.provenance.source_name} ({(network.provenance.source_sha256 or 'unknown')[:12]}…)"
        )
    return reference


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
    values: dict[str, Any] = plain_values(request)
    return values


def _begin(folder: RunFolder, request: dict[str, Any], options: SimulateOptions) -> None:
    """Begin a run, or see that the one that is there is the same."""
    if options.overwrite or not folder.exists or not folder.begins:
        versions = {"snnconv": __version__, "numpy": np.__version__, "python": platform.python_version()}
        command_line = [plain(word) for word in options.command_line]
        folder.begin({"request": request, "versions": versions, "command_line": command_line})
        return
    found = folder.request()["request"]
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
    return str(value)[:60]
