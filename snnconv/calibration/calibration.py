"""A calibration: the statistics of a model's activations over chosen images, and where they come from."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from snnconv.calibration.statistics import ValueStatistics, merged
from snnconv.data import Preprocessing
from snnconv.errors import CalibrationError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class DataSource:
    """A data set that images were taken from: its file name, how many, and the hash of their choice."""

    name: str
    images: int
    sha256: str


@dataclass(frozen=True)
class Calibration:
    """Statistics of a model's activations.

    Attributes
    ----------
    model_name : str
        File name of the ONNX model.
    model_sha256 : str
        Its hash: a calibration belongs to one file.
    preprocessing : Preprocessing
        What was done to the images.
    sources : tuple of DataSource
        Where the images come from.
    images : ndarray (N,) uint64
        The identity of each image, in the order in which they were run.
    input_low, input_high : ndarray (C,) float32
        Range of the preprocessed images.
    values : tuple of ValueStatistics
        Every ReLU, pooling output and the logits, from input to output.
    labelled, correct : int
        How many images had a label, and on how many of these the model was right.
    classes : tuple of str, optional
        The names of the classes in the model's order, where they were given.
    """

    model_name: str
    model_sha256: str
    preprocessing: Preprocessing
    sources: tuple[DataSource, ...]
    images: Array
    input_low: Array
    input_high: Array
    values: tuple[ValueStatistics, ...]
    labelled: int = 0
    correct: int = 0
    classes: tuple[str, ...] | None = None

    @property
    def input_amplitude(self) -> float:
        """λ_x: the largest magnitude of a preprocessed input."""
        return float(max(np.abs(self.input_low).max(), np.abs(self.input_high).max()))

    @property
    def output(self) -> str:
        """The ONNX value that the network gives: the logits, measured last."""
        return self.values[-1].name

    @cached_property
    def by_name(self) -> dict[str, ValueStatistics]:
        """Statistics by the name of the ONNX value."""
        return {value.name: value for value in self.values}


def choice_hash(images: Array) -> str:
    """Give the SHA-256 over the identities of chosen images, in order."""
    return hashlib.sha256(np.ascontiguousarray(images, dtype="<u8").data).hexdigest()


def merge(first: Calibration, second: Calibration) -> Calibration:
    """Join two calibrations of the same model and preprocessing over different images.

    Raises
    ------
    CalibrationError
        If model, preprocessing or class names differ, or an image is in both.
    """
    if first.model_sha256 != second.model_sha256:
        raise CalibrationError(
            f"the calibrations are of different models: {first.model_name} ({first.model_sha256[:12]}…) and "
            f"{second.model_name} ({second.model_sha256[:12]}…); merge those of one model"
        )
    differing = first.preprocessing.same_as(second.preprocessing)
    if differing:
        raise CalibrationError(
            f"the calibrations differ in preprocessing ({', '.join(differing)}); calibrate both with the same options"
        )
    _check_classes(first.classes, second.classes)
    common = np.intersect1d(first.images, second.images)
    if len(common):
        raise CalibrationError(
            f"the calibrations share {len(common)} images, so these would count twice; merge disjoint samples"
        )
    if len(first.values) != len(second.values):
        raise CalibrationError("the calibrations measured different values; make both with this version of snnconv")
    return Calibration(
        model_name=first.model_name,
        model_sha256=first.model_sha256,
        preprocessing=first.preprocessing,
        sources=first.sources + second.sources,
        images=np.concatenate([first.images, second.images]),
        input_low=np.minimum(first.input_low, second.input_low),
        input_high=np.maximum(first.input_high, second.input_high),
        values=tuple(merged(a, b) for a, b in zip(first.values, second.values, strict=True)),
        labelled=first.labelled + second.labelled,
        correct=first.correct + second.correct,
        classes=first.classes or second.classes,
    )


def _check_classes(first: tuple[str, ...] | None, second: tuple[str, ...] | None) -> None:
    """Refuse two lists of class names that differ; one alone is good for both, as the model is the same."""
    if first is None or second is None or first == second:
        return
    if len(first) != len(second):
        difference = f"{len(first)} and {len(second)}"
    else:
        index = next(i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)
        difference = f"class {index} is {first[index]!r} and {second[index]!r}"
    raise CalibrationError(
        f"the calibrations differ in their class names ({difference}); calibrate both with the same --classes"
    )
