"""Running a program batch by batch and chunk by chunk: what all backends share."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import Chunk, Stopped
from snnconv.runtime.program import Program
from snnconv.runtime.recording import Recording, joined
from snnconv.runtime.watch import NOTHING, Seen, Watch

Array = np.ndarray[Any, Any]


class Batches:
    """A backend that runs programs; each thread has its own, made once for each batch size.

    Parameters
    ----------
    batch : int, optional
        N, images at a time in one thread. None chooses it by the memory that an image takes.
    chunk : int, optional
        K, steps at a time. None chooses it.
    seed : int
        Of the spikes of a Poisson input.
    """

    name: str

    def __init__(self, batch: int | None = None, chunk: int | None = None, seed: int = 0) -> None:
        self.note: str | None = None
        self._seed = seed
        self._batch = batch
        self._chunk = chunk
        self._local = threading.local()

    def run(
        self,
        network: SpikingNetwork,
        images: Array,
        steps: int,
        *,
        first: int = 0,
        stop: threading.Event | None = None,
        watch: Watch = NOTHING,
    ) -> Iterator[Chunk]:
        """Run preprocessed images and give what is recorded bit by bit.

        Memory grows neither with their number nor with `steps`.
        """
        batch, chunk = self.sizes(network)
        for start in range(0, len(images), batch):
            program = self._program(network, len(images[start : start + batch]), chunk)
            program.load(images[start : start + batch], first + start)
            for step in range(0, steps, chunk):
                if stop is not None and stop.is_set():
                    raise Stopped
                yield Chunk(start, step, program.advance(min(chunk, steps - step)), Seen(watch, program))

    def simulate(self, network: SpikingNetwork, images: Array, steps: int) -> Recording:
        """Run preprocessed images and keep all that is recorded; memory grows with N · T · classes."""
        batches: dict[int, list[Recording]] = {}
        for chunk in self.run(network, images, steps):
            batches.setdefault(chunk.first_image, []).append(chunk.recording)
        return beside([joined(chunks) for chunks in batches.values()])

    def sizes(self, network: SpikingNetwork) -> tuple[int, int]:
        """Give (images, steps) that are run at once."""
        raise NotImplementedError

    def _make(self, network: SpikingNetwork, batch: int, chunk: int) -> Program:
        raise NotImplementedError

    def _program(self, network: SpikingNetwork, batch: int, chunk: int) -> Program:
        """Give this thread's program: buffers are not shared between threads."""
        program: Program | None = getattr(self._local, "program", None)
        if program is None or program.network is not network or (program.batch, program.chunk) != (batch, chunk):
            program = self._make(network, batch, chunk)
            self._local.program = program
        return program


def beside(parts: list[Recording]) -> Recording:
    """Join recordings of different images over the same steps."""
    if len(parts) == 1:
        return parts[0]
    ties = [part.ties for part in parts if part.ties is not None]
    return Recording(
        scores=np.concatenate([part.scores for part in parts], axis=1),
        ties=np.concatenate(ties, axis=1) if ties else None,
        spikes=np.concatenate([part.spikes for part in parts], axis=2),
        synops=np.concatenate([part.synops for part in parts], axis=2),
    )
