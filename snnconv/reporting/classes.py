"""Right and wrong by class, at the last step."""

from collections.abc import Sequence

import numpy as np

from snnconv.reporting.decisions import Decisions
from snnconv.reporting.model import ClassRow, Confusion


def classes(decided: Decisions) -> tuple[ClassRow, ...] | None:
    """Count the images of each class, and how many of them were right; None without labels."""
    if decided.labels is None:
        return None
    right, ann_right = decided.last == decided.labels, decided.ann_right
    rows = []
    for label in np.unique(decided.labels).tolist():
        of_class = decided.labels == label
        rows.append(
            ClassRow(
                label=label,
                images=int(of_class.sum()),
                right=int((right & of_class).sum()),
                ann_right=None if ann_right is None else int((ann_right & of_class).sum()),
            )
        )
    return tuple(rows)


def of_one_class(rows: Sequence[ClassRow] | None) -> str | None:
    """Say so where all labels are of one class, as the first images of a sorted file are; None else."""
    if rows is None or len(rows) != 1 or rows[0].images < 2:
        return None
    return (
        f"all {rows[0].images:,} labels are of class {rows[0].label}: the accuracy is how often that class is decided, "
        "and says nothing of others"
    )


def confusions(decided: Decisions) -> tuple[Confusion, ...] | None:
    """Count the pairs of label and decision that occur, by label, then by decision; None without labels."""
    if decided.labels is None:
        return None
    pairs, counts = np.unique(np.stack([decided.labels, decided.last]), axis=1, return_counts=True)
    return tuple(
        Confusion(label=label, decision=decision, images=count)
        for (label, decision), count in zip(pairs.T.tolist(), counts.tolist(), strict=True)
    )
