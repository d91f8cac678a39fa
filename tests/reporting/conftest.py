"""A run whose numbers can be worked out by hand.

Eight images with the labels 0 to 7, simulated for four steps in two parts. The ONNX model has the first six
right and says 9 for the others. The spiking network says, by step:

1. always 9: none right
2. as the ONNX model: six right
3. always 8 (not reported)
4. 9 for the images 0, 1 and 7, the label for the others: five right. The model alone has 0 and 1 right, the
   network alone 6

The label is among the first five of the first 4, 7, 7 and 8 images. The one layer of neurons gives 1, 3, 2 and 4 spikes
for each image.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.runs.run_folder import Part, RunFolder

LABELS = np.arange(8)
REFERENCE = np.array([0, 1, 2, 3, 4, 5, 9, 9])
PREDICTIONS = np.stack([np.full(8, 9), REFERENCE, np.full(8, 8), np.array([9, 9, 2, 3, 4, 5, 6, 9])], axis=1)

TOP5 = np.array([4, 7, 7, 8])
SPIKES = np.array([[1, 3, 2, 4]])  # (layers, steps), of one image
# (weighted nodes, steps), of one image: those that feed stem, block and logits
SYNOPS = np.array([[0, 0, 0, 0], [75, 115, 200, 210], [25, 35, 70, 70]])

SUMMARY: dict[str, Any] = {
    "format": "snnconv.run-summary",
    "version": 1,
    "complete": True,
    "images": 8,
    "planned_images": 8,
    "steps": 4,
    "classes": 10,
    "encoding": "constant",
    "backend": "numpy",
    "threads": 1,
    "seconds": 2.0,
    "images_per_second": 4.0,
    "accuracy": {"1": 0.0, "2": 0.75, "4": 0.625},
    "agreement": {"1": 0.25, "2": 1.0, "4": 0.625},
    "top5": {"1": 0.5, "2": 0.875, "4": 1.0},
    "spikes_per_image": {"1": 1.0, "2": 4.0, "4": 10.0},
    "synops_per_image": {"1": 100.0, "2": 250.0, "4": 800.0},
    "reference_accuracy": 0.75,
    "layers": [
        {
            "name": "stem",
            "neurons": 5,
            "spikes_per_image": 10.0,
            "mean_rate": 0.5,
            "synops_per_image": 0.0,
            "fed_operations": 300,
            "synapses": [0],
        },
        {
            "name": "block",
            "neurons": 0,
            "spikes_per_image": 0.0,
            "mean_rate": None,
            "synops_per_image": 600.0,
            "synapses": [1],
        },
        {
            "name": "logits",
            "neurons": 0,
            "spikes_per_image": 0.0,
            "mean_rate": None,
            "synops_per_image": 200.0,
            "synapses": [2],
        },
    ],
    "operations": {
        "ann_macs": 1000,
        "ann_macs_padded": 1100,
        "constant_macs": 50,
        "changing_macs_per_step": 7,
        "macs_on_spikes": 240,
    },
    "network": {
        "name": "net.snn",
        "sha256": "0" * 64,
        "source_name": "net.onnx",
        "method": "paper",
        "options": {},
        "citations": ["Hu, Tang, Pan"],
    },
    "data": {"name": "images.npz", "sha256": "1" * 64},
}


def record(content: dict[str, Any]) -> dict[str, Any]:
    """Give what ``run.json`` says beside a summary."""
    request = {name: content[name] for name in ("network", "data", "steps", "encoding")}
    request |= {"images": content["planned_images"], "reference": "2" * 64, "layout": "auto"}
    request |= {"labels": None, "classes": None} | ({"seed": content["seed"]} if "seed" in content else {})
    return {
        "format": "snnconv.run",
        "version": 1,
        "request": request,
        "versions": {"snnconv": "0.1.0"},
        "command_line": ["snnconv", "simulate", "net.snn"],
    }


def _part(
    first: int, stop: int, labels: np.ndarray[Any, Any], reference: np.ndarray[Any, Any], synops: np.ndarray[Any, Any]
) -> Part:
    count = stop - first
    return Part(
        first=first,
        predictions=PREDICTIONS[first:stop].astype(np.uint16),
        in_top5=np.arange(first, stop)[:, None] < TOP5,
        labels=labels[first:stop],
        reference=reference[first:stop],
        spikes=count * SPIKES,
        synops=count * synops,
        spikes_by_image=np.repeat(SPIKES.sum(axis=1)[None], count, axis=0),
        synops_by_image=np.repeat(synops.sum(axis=1)[None], count, axis=0),
    )


@pytest.fixture
def summary() -> dict[str, Any]:
    """What ``summary.json`` says, to be changed at will on its top level."""
    return dict(SUMMARY)


def write_run(
    path: Path,
    content: dict[str, Any] = SUMMARY,
    labels: np.ndarray[Any, Any] = LABELS,
    reference: np.ndarray[Any, Any] = REFERENCE,
    ends: tuple[int, ...] = (5, 8),
    synops: np.ndarray[Any, Any] = SYNOPS,
) -> Path:
    """Write the run, or one with another summary, labels, reference, parts or SynOps."""
    run = RunFolder(path)
    run.begin(record(content))
    first = 0
    for stop in ends:
        run.write_part(_part(first, stop, labels, reference, synops))
        first = stop
    run.write_summary(content)
    return run.path


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes the run, with the changes that `write_run` takes."""
    return partial(write_run, tmp_path / "run")
