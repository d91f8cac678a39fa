"""Adds up the parts of a run: what follows from them alone, without the network."""

from typing import Any, NamedTuple

import numpy as np

from snnconv.data.classes import decides
from snnconv.runs.part import Part
from snnconv.runs.summary_parts import reported_steps

Array = np.ndarray[Any, Any]
ByStep = dict[str, float]


class Tables(NamedTuple):
    """The fields of a summary of the same names; by step as text."""

    accuracy: ByStep | None
    agreement: ByStep | None
    top5: ByStep | None
    spikes_per_image: ByStep
    synops_per_image: ByStep
    reference_accuracy: float | None
    beyond_amplitude: int | None


class Totals:
    """Sums over the images so far.

    Parameters
    ----------
    steps : int
        T.
    classes : int
        Of the network: one that gives one number decides nothing.

    Attributes
    ----------
    images : int
    spikes, synops : ndarray (layers of neurons, T) and (weighted nodes, T) int64, or None
        None before the first part.
    """

    def __init__(self, steps: int, classes: int) -> None:
        self._steps = steps
        self._reported = reported_steps(steps)
        self._at = np.array(self._reported) - 1
        self.images = 0
        self.spikes: Array | None = None
        self.synops: Array | None = None
        self._labelled = self._referenced = decides(classes)
        self._right = np.zeros(len(self._reported), dtype=np.int64)
        self._alike = np.zeros(len(self._reported), dtype=np.int64)
        self._top5: Array | None = np.zeros(len(self._reported), dtype=np.int64)
        self._reference_right = 0
        self._beyond: int | None = 0

    def add(self, part: Part) -> None:
        """Take in a part."""
        predictions = part.predictions[:, self._at].astype(np.int64)
        self.images += len(part.labels)
        self._labelled &= bool((part.labels >= 0).all())
        self._referenced &= bool((part.reference >= 0).all())
        self._right += (predictions == part.labels[:, None]).sum(axis=0)
        self._alike += (predictions == part.reference[:, None]).sum(axis=0)
        self._reference_right += int((part.reference == part.labels).sum())
        if self._top5 is not None and part.in_top5.shape[1] == self._steps:
            self._top5 += part.in_top5[:, self._at].sum(axis=0)
        else:
            self._top5 = None
        if self._beyond is not None and part.beyond_amplitude is not None:
            self._beyond += int(part.beyond_amplitude.sum())
        else:
            self._beyond = None
        self.spikes = part.spikes if self.spikes is None else self.spikes + part.spikes
        self.synops = part.synops if self.synops is None else self.synops + part.synops

    def tables(self) -> Tables:
        """Give what a summary says of the images so far."""
        if not self.images or self.spikes is None or self.synops is None:
            return Tables(None, None, None, {}, {}, None, None)
        both = self._labelled and self._referenced
        return Tables(
            accuracy=self._by_step(self._right) if self._labelled else None,
            agreement=self._by_step(self._alike) if self._referenced else None,
            top5=self._by_step(self._top5) if self._top5 is not None and self._labelled else None,
            spikes_per_image=self._by_step(self.spikes.sum(axis=0).cumsum()[self._at]),
            synops_per_image=self._by_step(self.synops.sum(axis=0).cumsum()[self._at]),
            reference_accuracy=self._reference_right / self.images if both else None,
            beyond_amplitude=self._beyond,
        )

    def _by_step(self, counts: Array) -> ByStep:
        """Give means over the images, by step as text."""
        return {str(step): float(c) / self.images for step, c in zip(self._reported, counts, strict=True)}
