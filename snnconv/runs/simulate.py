"""Simulates many images: threads over pieces of the data set, each piece written when it is done."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np

from snnconv.ir.network import SpikingNetwork
from snnconv.ir.nodes import Encoding
from snnconv.runs.part import Part
from snnconv.runtime.backends import Backend, Chunk
from snnconv.runtime.in_order import in_order
from snnconv.runtime.poisson import beyond

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
        return _part(piece, network, backend.run(network, piece.images, steps, first=piece.first, stop=stop), steps)

    return in_order(work, pieces, threads, stop)


def _part(piece: Piece, network: SpikingNetwork, chunks: Iterable[Chunk], steps: int) -> Part:
    """Rank and count each chunk as it comes, so that no scores are kept."""
    count, classes = len(piece.images), network.readout.shape[0]
    labels, reference = _classes(piece.labels, count), _classes(piece.reference, count)
    wide = classes > 5 and piece.labels is not None
    layers, synapses = len(network.neurons), len(network.weighted)
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
        beyond_amplitude=_beyond(network, piece.images),
    )
    for first_image, first_step, recording, _ in chunks:
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


def _beyond(network: SpikingNetwork, images: Array) -> Array | None:
    amplitude = network.input.amplitude
    if network.encoding is not Encoding.POISSON or amplitude is None:
        return None
    return beyond(images, amplitude)


def _classes(given: Array | None, count: int) -> Array:
    return np.full(count, -1, dtype=np.int64) if given is None else given.astype(np.int64)
