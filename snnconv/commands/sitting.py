"""Works on a run folder: goes on where it stopped, and keeps the summary up to date."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np

from snnconv.commands.inputs import check_scale, warn_if_faint
from snnconv.data import ImageSet, Preprocessing
from snnconv.data.classes import decides
from snnconv.errors import InputError, RunError
from snnconv.files.names import plain
from snnconv.graph.running.reference import ReferenceModel
from snnconv.ir.network import SpikingNetwork
from snnconv.runs.part import Extent
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.simulate import Piece
from snnconv.runs.simulate import simulate as run_pieces
from snnconv.runs.summary import (
    DataSummary,
    NetworkSummary,
    Operations,
    RunSummary,
    Tally,
    load_summary,
    operations,
)
from snnconv.runtime.backends import Backend

_log = logging.getLogger(__name__)

Array = np.ndarray[Any, Any]

PIECE = 16
"""Images in a piece, at least: what an interruption can lose, per thread."""

_SUMMARY_SECONDS = 5.0


class Sitting:
    """One sitting at a run: what is done is read, what is missing is simulated."""

    def __init__(
        self,
        folder: RunFolder,
        network: SpikingNetwork,
        preprocessing: Preprocessing,
        images: ImageSet,
        backend: Backend,
        steps: int,
        planned: int,
        threads: int,
        batch_size: int | None,
    ) -> None:
        self._folder, self._network, self._images, self._backend = folder, network, images, backend
        self._preprocessing = preprocessing
        self._steps, self._planned = steps, planned
        self._threads = threads or os.cpu_count() or 1
        # a batch is cut from a piece
        self._piece = max(PIECE, batch_size or 0)
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
            self._steps, self._network.readout.shape[0], len(self._network.neurons), len(self._network.weighted)
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
        if self._backend.note is not None:
            _log.warning("%s", self._backend.note)
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
        for batch in self._images.batches(self._piece, start=first, stop=self._planned):
            x = self._preprocessing.apply(batch.images)
            check_scale(self._network, self._images.name, x)
            if first == 0:
                warn_if_faint(self._network, self._images.name, x)
            compared = reference is not None and decides(self._network.readout.shape[0])
            classes = reference.run(x)[0].argmax(axis=1) if reference is not None and compared else None
            yield Piece(first, x, batch.labels, classes)
            first += len(x)

    def _seconds_before(self) -> float:
        """Give the time of the sittings before; 0 where the summary is lost or damaged."""
        try:
            return load_summary(self._folder).seconds if self.images else 0.0
        except InputError:
            return 0.0

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
            encoding=self._network.encoding,
            seed=request.get("seed"),
            backend=self._backend.name,
            threads=self._threads,
            seconds=seconds,
            images_per_second=images / seconds if seconds else 0.0,
            operations=self._operations,
            network=NetworkSummary(**request["network"]),
            data=DataSummary(**request["data"]),
            **self._tally.numbers(),
        )
