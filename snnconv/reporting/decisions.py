"""What was decided image by image, and the spikes by layer: read from a run's parts, compared with its summary."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.data.classes import decides
from snnconv.errors import RunError
from snnconv.runs.run_folder import AGAIN, SUMMARY, RunFolder
from snnconv.runs.summary import RunSummary, extent_of, reported_steps
from snnconv.runs.totals import ByStep, Totals

Array = np.ndarray[Any, Any]

_SAME = 1e-9  # both are one division of the same whole numbers; JSON keeps floats exactly


@dataclass(frozen=True)
class Decisions:
    """What was decided on each image, and how many spikes and SynOps that took.

    Attributes
    ----------
    images : int
        N, at least 1.
    labels, reference : ndarray (N,) int64, or None
        None without labels for all images; None without a reference.
    last : ndarray (N,) int64
        What the spiking network decided after the last step.
    right : dict of int to ndarray (N,) bool, or None
        The spiking network by reported step; None without labels.
    right_by_step, agreed_by_step : ndarray (T,) int64, or None
        Images decided rightly, and as the ONNX model does, after each step; None as `labels` and `reference`.
    spikes : ndarray (layers of neurons, T) int64
        Spikes in each step, of all images.
    synops : ndarray (weighted nodes, T) int64
        SynOps in each step, of all images.
    """

    images: int
    labels: Array | None
    reference: Array | None
    last: Array
    right: dict[int, Array] | None
    right_by_step: Array | None
    agreed_by_step: Array | None
    spikes: Array
    synops: Array

    @property
    def ann_right(self) -> Array | None:
        """Which images the ONNX model has right, (N,) bool; None without labels or reference."""
        return None if self.labels is None or self.reference is None else self.reference == self.labels


def decisions(folder: RunFolder, summary: RunSummary) -> Decisions:
    """Read the decisions on the images that the summary speaks of.

    Parameters
    ----------
    folder : RunFolder
    summary : RunSummary
        The folder's own, with at least one image.

    Raises
    ------
    RunError
        If a part is damaged, or the parts do not give what the summary says.
    """
    made, totals = _read(folder, summary)
    tables = totals.tables()._asdict()
    for name, found in tables.items():
        _compare(folder, name, _by_step(getattr(summary, name)), _by_step(found))
    rows = max((row for layer in summary.layers for row in layer.synapses or ()), default=-1)
    if rows >= len(made.synops):
        raise _damaged(folder, f"a layer has the synapses of node {rows}, the parts hold {len(made.synops)} nodes")
    for name, said, found in _sums(summary, made):
        _compare(folder, name, _by_step(said), _by_step(found))
    return made


def _read(folder: RunFolder, summary: RunSummary) -> tuple[Decisions, Totals]:
    """Go through the parts once; what is kept grows with the images by a few numbers for each."""
    labels, reference, predictions = [], [], []
    # not zeros of T steps: the parts have not shown yet that there are so many
    right, agreed = np.zeros((2, 1), dtype=np.int64)
    steps = reported_steps(summary.steps)
    at = np.array(steps) - 1
    totals = Totals(summary.steps, summary.classes)
    for part in folder.parts(extent_of(summary)):
        # the summary is written after a part, so one more may be there
        if totals.images >= summary.images:
            break
        labels.append(part.labels)
        reference.append(part.reference)
        # of all steps only these are kept
        predictions.append(part.predictions[:, at].astype(np.int64))
        right = right + (part.predictions == part.labels[:, None]).sum(axis=0)
        agreed = agreed + (part.predictions == part.reference[:, None]).sum(axis=0)
        totals.add(part)
    if totals.images != summary.images or totals.spikes is None or totals.synops is None:
        raise RunError(
            f"{folder.path / SUMMARY} speaks of {summary.images} images, the parts hold {totals.images}; "
            "run the same simulate command again, it computes what is missing"
        )
    truth, model, decided = np.concatenate(labels), np.concatenate(reference), np.concatenate(predictions)
    classes = decides(summary.classes)
    labelled, referenced = classes and bool((truth >= 0).all()), classes and bool((model >= 0).all())
    made = Decisions(
        images=totals.images,
        labels=truth if labelled else None,
        reference=model if referenced else None,
        last=decided[:, -1],
        right={step: decided[:, index] == truth for index, step in enumerate(steps)} if labelled else None,
        right_by_step=right if labelled else None,
        agreed_by_step=agreed if referenced else None,
        spikes=totals.spikes,
        synops=totals.synops,
    )
    return made, totals


def _sums(summary: RunSummary, made: Decisions) -> Iterator[tuple[str, float, float]]:
    """Give what the summary says of each layer and node, and what the parts give."""
    spikes, synops = made.spikes.sum(axis=1), made.synops.sum(axis=1)
    firing = [layer for layer in summary.layers if layer.neurons]
    for layer, count in zip(firing, spikes.tolist(), strict=True):
        yield f"spikes_per_image of {layer.name}", layer.spikes_per_image, count / made.images
    for layer in summary.layers:
        if layer.synapses is not None:
            fed = int(synops[list(layer.synapses)].sum())
            yield f"synops_per_image of {layer.name}", layer.synops_per_image, fed / made.images
    for node, count in zip(summary.connections or (), synops.tolist(), strict=summary.connections is not None):
        yield f"synops_per_image of {node.name}", node.synops_per_image, count / made.images


def _by_step(value: ByStep | float | None) -> ByStep | None:
    return {"": value} if isinstance(value, int | float) else value


def _compare(folder: RunFolder, name: str, said: ByStep | None, found: ByStep | None) -> None:
    if (said is None) != (found is None):
        raise _damaged(folder, f"it {'lacks' if said is None else 'has'} {name}, unlike the parts")
    for step, value in (found or {}).items():
        stated = (said or {})[step]
        if not abs(stated - value) <= _SAME * max(1.0, abs(value)):
            at = f" at step {step}" if step else ""
            raise _damaged(folder, f"{name}{at} is {stated:.6g}, the parts give {value:.6g}")


def _damaged(folder: RunFolder, what: str) -> RunError:
    return RunError(f"{folder.path / SUMMARY} is damaged: {what}; {AGAIN}")
