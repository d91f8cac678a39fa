"""What was decided image by image, and the spikes by layer: read from a run's parts, compared with its summary."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.errors import RunError
from snnconv.runs.run_folder import SUMMARY, RunFolder
from snnconv.runs.summary import RunSummary, extent_of

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
    steps = reported(folder, summary)
    made = _read(folder, summary, steps)
    right = None if made.right is None else {step: float(hits.mean()) for step, hits in made.right.items()}
    _compare(folder, "accuracy", summary.accuracy, right)
    ann = made.ann_right
    _compare(
        folder,
        "reference_accuracy",
        None if summary.reference_accuracy is None else {str(summary.steps): summary.reference_accuracy},
        None if ann is None else {summary.steps: float(ann.mean())},
    )
    fired = made.spikes.sum(axis=0).cumsum() / made.images
    _compare(folder, "spikes_per_image", summary.spikes_per_image, {step: float(fired[step - 1]) for step in steps})
    return made


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


def _read(folder: RunFolder, summary: RunSummary, steps: list[int]) -> Decisions:
    """Go through the parts once; what is kept grows with the images by a few numbers for each."""
    labels, reference, predictions = [], [], []
    right, agreed = np.zeros((2, summary.steps), dtype=np.int64)
    spikes, synops = np.zeros((2, 1, 1), dtype=np.int64)
    at = np.array(steps) - 1
    images = 0
    for part in folder.parts(extent_of(summary)):
        # the summary is written after a part, so one more may be there
        if images >= summary.images:
            break
        labels.append(part.labels)
        reference.append(part.reference)
        # of all steps only these are kept
        predictions.append(part.predictions[:, at].astype(np.int64))
        right += (part.predictions == part.labels[:, None]).sum(axis=0)
        agreed += (part.predictions == part.reference[:, None]).sum(axis=0)
        spikes, synops = spikes + part.spikes, synops + part.synops
        images += len(part.labels)
    if images != summary.images:
        raise RunError(
            f"{folder.path / SUMMARY} speaks of {summary.images} images, the parts hold {images}; "
            "run the same simulate command again, it computes what is missing"
        )
    truth, model, decided = np.concatenate(labels), np.concatenate(reference), np.concatenate(predictions)
    labelled, referenced = bool((truth >= 0).all()), bool((model >= 0).all())
    return Decisions(
        images=images,
        labels=truth if labelled else None,
        reference=model if referenced else None,
        last=decided[:, -1],
        right={step: decided[:, index] == truth for index, step in enumerate(steps)} if labelled else None,
        right_by_step=right if labelled else None,
        agreed_by_step=agreed if referenced else None,
        spikes=spikes,
        synops=synops,
    )


def _compare(folder: RunFolder, name: str, said: dict[str, float] | None, found: dict[int, float] | None) -> None:
    if (said is None) != (found is None):
        raise _damaged(folder, f"it {'lacks' if said is None else 'has'} {name}, unlike the parts")
    for step, value in (found or {}).items():
        stated = (said or {})[str(step)]
        if not abs(stated - value) <= _SAME:  # so written, NaN is refused too
            raise _damaged(folder, f"{name} at step {step} is {stated:.6g}, the parts give {value:.6g}")


def _damaged(folder: RunFolder, what: str) -> RunError:
    return RunError(f"{folder.path / SUMMARY} is damaged: {what}; run simulate with --overwrite")
