"""Simulates many images: threads over pieces of the data set, each piece written when it is done."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import Backend
from snnconv.runtime.recording import Recording
from snnconv.runtime.run_folder import Part

Array = np.ndarray[Any, Any]


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
        return _part(piece, backend.simulate(network, piece.images, steps, stop))

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
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            # an interruption ends here: pieces at work stop at their next chunk
            stop.set()
            for future in running:
                future.cancel()


def _part(piece: Piece, recording: Recording) -> Part:
    count, classes = len(piece.images), recording.scores.shape[2]
    labels = np.full(count, -1, dtype=np.int64) if piece.labels is None else piece.labels.astype(np.int64)
    wide = classes > 5 and piece.labels is not None
    ranking = recording.ranking(5 if wide else 1)  # (T, N, top)
    in_top5 = (ranking == labels[None, :, None]).any(axis=2).T if wide else np.zeros((count, 0), dtype=bool)
    reference = np.full(count, -1, dtype=np.int64) if piece.reference is None else piece.reference.astype(np.int64)
    return Part(
        first=piece.first,
        predictions=ranking[:, :, 0].T.astype(np.uint16),
        in_top5=in_top5,
        labels=labels,
        reference=reference,
        spikes=recording.spikes.sum(axis=2),
        synops=recording.synops.sum(axis=2),
        spikes_by_image=recording.spikes.sum(axis=1).T,
        synops_by_image=recording.synops.sum(axis=1).T,
    )
