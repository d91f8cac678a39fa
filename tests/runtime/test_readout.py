"""Decisions: by accumulated current, or by counts with the membrane deciding ties."""

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.recording import Recording


def recording(scores, ties=None) -> Recording:
    empty = np.zeros((0, len(scores), 1), dtype=np.int64)
    as_array = np.asarray(scores, dtype=float)[:, None]
    return Recording(as_array, None if ties is None else np.asarray(ties, dtype=float)[:, None], empty, empty)


def test_the_largest_score_wins_and_the_lower_index_at_a_tie() -> None:
    assert recording([[1, 3, 2], [2, 2, 1]]).ranking(3)[:, 0].tolist() == [[1, 2, 0], [0, 1, 2]]


def test_the_membrane_decides_equal_counts_and_nothing_else() -> None:
    made = recording([[2, 2, 3], [2, 2, 1], [1, 1, 1]], [[0.9, 0.1, -5], [0.1, 0.9, 5], [0.5, 0.5, 0.5]])
    assert made.ranking(3)[:, 0].tolist() == [[2, 0, 1], [1, 0, 2], [0, 1, 2]]


def classes(maker, mode, ties=ir.Ties.MEMBRANE, start=0):
    maker.add(ir.Input, "image", (1, 1, 3), amplitude=1.0)
    maker.add(ir.Flatten, "flat", (3,), "image")
    maker.add(ir.Scale, "scale", (3,), "flat", gain=np.asarray(1.0))
    last = "scale"
    if mode is ir.ReadoutMode.SPIKES:
        last = maker.add(ir.Neuron, "neurons", (3,), "scale", threshold=np.asarray(1.0))
    maker.add(ir.Readout, "readout", (3,), last, mode=mode, ties=ties, start=start)
    return maker.network()


IMAGE = np.array([0.25, 0.5, 0.375], dtype=np.float32).reshape(1, 1, 1, 3)


def test_counts_and_membranes_of_a_layer_of_neurons(maker) -> None:
    found = NumpyBackend(1, 3).simulate(classes(maker, ir.ReadoutMode.SPIKES), IMAGE, 4)
    assert found.scores[:, 0].tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 1], [1, 2, 1]]
    assert found.ties is not None
    assert found.ties[:, 0].tolist() == [[0.25, 0.5, 0.375], [0.5, 0, 0.75], [0.75, 0.5, 0.125], [0, 0, 0.5]]
    # at step 1 no class has fired: the highest membrane decides
    assert found.ranking()[:, 0, 0].tolist() == [1, 1, 1, 1]


def test_current_is_accumulated_from_the_start_on(maker) -> None:
    found = NumpyBackend(1, 3).simulate(classes(maker, ir.ReadoutMode.CURRENT, start=2), IMAGE, 4)
    assert found.scores[:, 0].tolist() == [[0, 0, 0], [0, 0, 0], [0.25, 0.5, 0.375], [0.5, 1.0, 0.75]]
    assert found.ties is None


def test_ties_by_index_keep_no_membrane(maker) -> None:
    found = NumpyBackend(1, 3).simulate(classes(maker, ir.ReadoutMode.SPIKES, ir.Ties.INDEX), IMAGE, 1)
    assert found.ties is None
    assert found.ranking()[0, 0, 0] == 0
