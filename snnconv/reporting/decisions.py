"""What was decided image by image, and the spikes by layer: read from a run's parts, compared with its summary."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.errors import RunError
from snnconv.runtime.run_folder import SUMMARY, RunFolder
from snnconv.runtime.summary import RunSummary, extent_of

Array = np.ndarray[Any, Any]

_SAME = 1e-9  # both are one division of the same whole numbers; JSON keeps floats exactly


@dataclass(frozen=True)
class Decisions:
    """Which images were decided rightly, and how many spikes that took.

    Attributes
    ----------
    images : int
        N, at least 1.
    right : dict of int to ndarray (N,) bool, or None
        The spiking network by reported step; None without labels.
    ann_right : ndarray (N,) bool or None
        The ONNX model; None without labels or reference.
    spikes : ndarray (layers of neurons, reported steps) float64
        Spikes so far, mean over the images.
    """

    images: int
    right: dict[int, Array] | None
    ann_right: Array | None
    spikes: Array


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
    steps = reported(folder, summary)
    labels, reference, predictions, spikes = _columns(folder, summary, np.array(steps) - 1)
    right: dict[int, Array] | None = None
    ann_right: Array | None = None
    if (labels >= 0).all():
        right = {step: predictions[:, index] == labels for index, step in enumerate(steps)}
        if (reference >= 0).all():
            ann_right = reference == labels
    found = None if right is None else {step: float(hits.mean()) for step, hits in right.items()}
    _compare(folder, "accuracy", summary.accuracy, found)
    _compare(
        folder,
        "reference_accuracy",
        None if summary.reference_accuracy is None else {str(summary.steps): summary.reference_accuracy},
        None if ann_right is None else {summary.steps: float(ann_right.mean())},
    )
    fired = spikes.sum(axis=0) / len(labels)
    by_step = {step: float(count) for step, count in zip(steps, fired, strict=True)}
    _compare(folder, "spikes_per_image", summary.spikes_per_image, by_step)
    return Decisions(len(labels), right, ann_right, spikes / len(labels))


def reported(folder: RunFolder, summary: RunSummary) -> list[int]:
    """Give the steps that a summary reports, in order.

    Raises
    ------
    RunError
        If they are not steps of the run, or differ from table to table.
    """
    # Python refuses to read numbers of thousands of digits
    steps = sorted(int(key) for key in summary.spikes_per_image if key.isascii() and key.isdigit() and len(key) < 19)
    keys = {str(step) for step in steps}
    tables = [
        summary.spikes_per_image,
        summary.synops_per_image,
        summary.accuracy,
        summary.agreement,
        summary.top5,
    ]
    alike = all(table is None or set(table) == keys for table in tables)
    if not alike or not steps or steps[0] < 1 or steps[-1] != summary.steps:
        raise _damaged(folder, f"its tables must all have the same steps, the last of them {summary.steps}")
    return steps


def _columns(folder: RunFolder, summary: RunSummary, at: Array) -> tuple[Array, Array, Array, Array]:
    """Give what the parts hold of the images that the summary covers.

    Returns
    -------
    labels, reference : ndarray (N,) int64
    predictions : ndarray (N, reported steps) uint16
    spikes : ndarray (layers, reported steps) int64
        Of all images, added up over the steps.
    """
    labels, reference, predictions, spikes = [], [], [], []
    images = 0
    for part in folder.parts(extent_of(summary)):
        # the summary is written after a part, so one more may be there
        if images >= summary.images:
            break
        labels.append(part.labels)
        reference.append(part.reference)
        # of all steps only these are kept
        predictions.append(part.predictions[:, at])
        spikes.append(part.spikes.cumsum(axis=1)[:, at])
        images += len(part.labels)
    if images != summary.images:
        raise RunError(
            f"{folder.path / SUMMARY} speaks of {summary.images} images, the parts hold {images}; "
            "run the same simulate command again, it computes what is missing"
        )
    return np.concatenate(labels), np.concatenate(reference), np.concatenate(predictions), np.sum(spikes, axis=0)


def _compare(folder: RunFolder, name: str, said: dict[str, float] | None, found: dict[int, float] | None) -> None:
    if (said is None) != (found is None):
        raise _damaged(folder, f"it {'lacks' if said is None else 'has'} {name}, unlike the parts")
    for step, value in (found or {}).items():
        stated = (said or {})[str(step)]
        if not abs(stated - value) <= _SAME:  # so written, NaN is refused too
            raise _damaged(folder, f"{name} at step {step} is {stated:.6g}, the parts give {value:.6g}")


def _damaged(folder: RunFolder, what: str) -> RunError:
    return RunError(f"{folder.path / SUMMARY} is damaged: {what}; run simulate with --overwrite")
