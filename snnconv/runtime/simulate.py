"""Simulates many images: threads over pieces of the data set, each piece written when it is done."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import Backend, Chunk
from snnconv.runtime.part import Part
from snnconv.runtime.program import weighted

Array = np.ndarray[Any, Any]

_SECONDS = 0.2
"""How long a signal may go unnoticed."""


@dataclass(frozen=True)
class Piece:
    """Consecutive images to simulate.

    Attributes
    ----------
    first : int
        The position of the first image in the data set.
    images : ndarray (N, C, H, W) float32
        Preprocessed images.
    labels : ndarray (N,) int64 or None
    reference : ndarray (N,) int64 or None
        The ONNX model's class of each image.
    """

    first: int
    images: Array
    labels: Array | None
    reference: Array | None


def simulate(
    network: SpikingNetwork, pieces: Iterable[Piece], *, backend: Backend, steps: int, threads: int
) -> Generator[Part, None, None]:
    """Simulate pieces of a data set and give their results in order.

    Parameters
    ----------
    network : SpikingNetwork
    pieces : iterable of Piece
        Read as they are needed: memory does not grow with their number.
    backend : Backend
    steps : int
        T.
    threads : int
        How many pieces are worked on at a time.

    Yields
    ------
    Part
        As soon as it and those before it are done.
    """
    stop = Event()

    def work(piece: Piece) -> Part:
        return _part(piece, network, backend.chunks(network, piece.images, steps, stop), steps)

    return _in_order(work, pieces, threads, stop)


def _in_order(
    work: Callable[[Piece], Part], pieces: Iterable[Piece], threads: int, stop: Event
) -> Generator[Part, None, None]:
    # each thread works on its own images; more threads inside BLAS would only get in their way
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        running: deque[Future[Part]] = deque()
        try:
            for piece in pieces:
                running.append(pool.submit(work, piece))
                # one piece more than threads, so that none waits for the reader
                if len(running) > threads:
                    yield _awaited(running.popleft())
            while running:
                yield _awaited(running.popleft())
        finally:
            # an interruption ends here: pieces at work stop at their next chunk
            stop.set()
            for future in running:
                future.cancel()


def _awaited(future: Future[Part]) -> Part:
    # with pauses: a signal that the system hands to another thread does not wake this one
    while not future.done():
        with suppress(TimeoutError):
            return future.result(_SECONDS)
    return future.result()


def _part(piece: Piece, network: SpikingNetwork, chunks: Iterable[Chunk], steps: int) -> Part:
    """Rank and count each chunk as it comes, so that no scores are kept."""
    count, classes = len(piece.images), network.readout.shape[0]
    labels, reference = _classes(piece.labels, count), _classes(piece.reference, count)
    wide = classes > 5 and piece.labels is not None
    layers, synapses = len(network.neurons), len(weighted(network))
    made = Part(
        first=piece.first,
        predictions=np.zeros((count, steps), dtype=np.uint16),
        in_top5=np.zeros((count, steps if wide else 0), dtype=bool),
        labels=labels,
        reference=reference,
        spikes=np.zeros((layers, steps), dtype=np.int64),
        synops=np.zeros((synapses, steps), dtype=np.int64),
        spikes_by_image=np.zeros((count, layers), dtype=np.int64),
        synops_by_image=np.zeros((count, synapses), dtype=np.int64),
    )
    for first_image, first_step, recording in chunks:
        during = slice(first_step, first_step + recording.scores.shape[0])
        these = slice(first_image, first_image + recording.scores.shape[1])
        ranking = recording.ranking(5 if wide else 1)  # (K, N, top)
        made.predictions[these, during] = ranking[:, :, 0].T
        if wide:
            made.in_top5[these, during] = (ranking == labels[None, these, None]).any(axis=2).T
        made.spikes[:, during] += recording.spikes.sum(axis=2)
        made.synops[:, during] += recording.synops.sum(axis=2)
        made.spikes_by_image[these] += recording.spikes.sum(axis=1).T
        made.synops_by_image[these] += recording.synops.sum(axis=1).T
    return made


def _classes(given: Array | None, count: int) -> Array:
    return np.full(count, -1, dtype=np.int64) if given is None else given.astype(np.int64)
