"""Summaries of small simulations."""

from typing import Any

from snnconv.ir.network import SpikingNetwork
from snnconv.runs.simulate import Piece, simulate
from snnconv.runs.summary import RunSummary, Tally, operations
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.reporting.conftest import SUMMARY


def summary_of(network: SpikingNetwork, images: Any, steps: int, backend: Any = None) -> RunSummary:
    """Simulate images and give what ``summary.json`` would say."""
    tally = Tally(network, steps)
    pieces = [Piece(0, images, None, None)]
    for part in simulate(network, pieces, backend=backend or NumpyBackend(), steps=steps, threads=1):
        tally.add(part)
    given = {
        "images": len(images),
        "planned_images": len(images),
        "steps": steps,
        "classes": network.readout.shape[0],
        "encoding": network.encoding.value,
        "operations": operations(network).model_dump(),
    }
    return RunSummary.model_validate(SUMMARY | given | tally.numbers())
