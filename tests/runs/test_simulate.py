"""Pieces of a data set: what a part holds, and how much memory that takes."""

import tracemalloc

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.runs.simulate import Piece, simulate
from snnconv.runtime.backends.numpy_backend import NumpyBackend

STEPS = 11


def images_for(network, count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 2, (count, *network.input.shape)).astype(np.float32)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("readout", list(ir.ReadoutMode))
@pytest.mark.parametrize(("batch", "chunk"), [(1, 1), (3, 4), (64, 64)])
def test_a_part_is_what_the_whole_recording_says(many, readout, batch, chunk, random_network, maker) -> None:
    network = _many_classes(maker, 12) if many else random_network(2, readout)
    images = images_for(network, 7)
    labels = np.arange(7) % network.readout.shape[0]
    piece = Piece(32, images, labels, labels[::-1])
    (part,) = simulate(network, [piece], backend=NumpyBackend(batch, chunk), steps=STEPS, threads=1)
    whole = NumpyBackend().simulate(network, images, STEPS)
    ranking = whole.ranking(5)
    assert part.first == 32
    np.testing.assert_array_equal(part.predictions, ranking[..., 0].T)
    wide = network.readout.shape[0] > 5
    assert part.in_top5.shape == (7, STEPS if wide else 0)
    assert wide or not many
    if wide:
        assert part.in_top5.any()
        assert not part.in_top5.all()
        np.testing.assert_array_equal(part.in_top5, (ranking == labels[None, :, None]).any(axis=2).T)
    np.testing.assert_array_equal(part.labels, labels)
    np.testing.assert_array_equal(part.reference, labels[::-1])
    np.testing.assert_array_equal(part.spikes, whole.spikes.sum(axis=2))
    np.testing.assert_array_equal(part.synops, whole.synops.sum(axis=2))
    np.testing.assert_array_equal(part.spikes_by_image, whole.spikes.sum(axis=1).T)
    np.testing.assert_array_equal(part.synops_by_image, whole.synops.sum(axis=1).T)
    assert part.spikes.sum() > 0


def _many_classes(maker, classes: int):
    maker.add(ir.Input, "image", (1, 1, classes), amplitude=1.0)
    maker.add(ir.Flatten, "flat", (classes,), "image")
    maker.add(ir.Scale, "scale", (classes,), "flat", gain=np.asarray(1.0))
    maker.add(ir.Neuron, "neurons", (classes,), "scale", threshold=np.asarray(1.0))
    maker.add(ir.Readout, "readout", (classes,), "neurons", mode=ir.ReadoutMode.SPIKES)
    return maker.network()


def test_scores_of_all_steps_are_not_kept(maker) -> None:
    network = _many_classes(maker, 1000)
    steps, count = 400, 8
    piece = Piece(0, images_for(network, count), np.zeros(count, dtype=np.int64), None)
    tracemalloc.start()
    try:
        (part,) = simulate(network, [piece], backend=NumpyBackend(), steps=steps, threads=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert part.in_top5.shape == (count, steps)
    # scores and membranes of all steps alone would take twice this many bytes; a chunk of 16 steps takes 1/25 of it
    assert peak < steps * count * 1000 * 8
