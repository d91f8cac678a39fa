"""``snnconv calibrate``: activations of an ONNX model over calibration images, as a ``.calib`` file."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from snnconv.calibration import file
from snnconv.calibration.calibrate import calibrate as measure
from snnconv.calibration.calibrate import fitting_batch
from snnconv.calibration.calibration import Calibration, merge
from snnconv.calibration.statistics import ValueStatistics
from snnconv.commands.pixel_range import warn_of_range
from snnconv.data import Geometry, Layout, make_preprocessing, open_images, read_classes
from snnconv.data.classes import decides, instead
from snnconv.errors import DataError, UsageError
from snnconv.files.atomic import check_place
from snnconv.files.replaced import CALIBRATION
from snnconv.files.sizes import MEMORY_LIMIT
from snnconv.graph.reading.reader import opened
from snnconv.reporting.chance import CHECK, near_chance, said

_log = logging.getLogger(__name__)


class PreprocessingOptions(BaseModel):
    """Preprocessing as a user gives it; see `snnconv.data.make_preprocessing`.

    Attributes
    ----------
    scale : float, optional
    mean, std : str, optional
        As on the command line; a number, a sequence of numbers by channel, and the path of an ``.npy`` become that.
    geometry : Geometry
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: float | None = None
    mean: str | None = None
    std: str | None = None
    geometry: Geometry = Geometry()

    @field_validator("mean", "std", mode="before")
    @classmethod
    def _as_text(cls, given: Any) -> Any:
        if isinstance(given, str | None):
            return given
        if isinstance(given, Path):
            return str(given)
        return ",".join(repr(float(value)) for value in np.ravel(given))


class CalibratedValue(BaseModel):
    """Percentiles of one value's activations, over all its channels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: str
    channels: int
    numbers: int
    percentile_99_9: float
    percentile_99_99: float
    largest: float


class CalibrationSummary(BaseModel):
    """What ``snnconv calibrate --json`` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["snnconv.calibration-summary"] = "snnconv.calibration-summary"
    version: Literal[1] = 1
    file: str
    model: str
    images: int
    labelled: int
    """How many images had a label."""
    accuracy: float | None
    """Of the model on these; None without labels."""
    input_amplitude: float
    relative_error: float = Field(default=2.0**-7)
    """Largest error of a percentile, as a part of its value."""
    values: tuple[CalibratedValue, ...]


def calibrate(
    model: Path | str,
    data: Path | str,
    out: Path | str,
    *,
    samples: int | None = None,
    preprocessing: PreprocessingOptions | None = None,
    layout: Layout = Layout.AUTO,
    labels: Path | str | None = None,
    classes: Path | str | None = None,
    output: str | None = None,
    memory_limit: int = MEMORY_LIMIT,
    batch_size: int = 64,
    threads: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Calibration:
    """Measure a model's activations and write them to `out`.

    Parameters
    ----------
    model : Path
        The ONNX file.
    data : Path
        Calibration images: ``.npz``, ``.npy``, folder or ``.zip``.
    out : Path
        The ``.calib`` file to write.
    samples : int, optional
        Use the first so many images.
    preprocessing : PreprocessingOptions, optional
        Scale, mean, std, resizing and channel order.
    layout, labels, classes
        How to read `data`; see `snnconv.data.open_images`. The names in `classes` are recorded.
    output : str, optional
        The model's value that the network is to give; None takes the first output. A conversion takes the same.
    memory_limit : int
        Bytes that the model's tensors, and the values of a batch, may take.
    batch_size : int
        Images at a time; fewer where their values would not fit into `memory_limit`, or to fill batches that the file
        fixes.
    threads : int
        Threads; 0 takes what is there.
    progress : callable
        Told (done, total) images.

    Returns
    -------
    Calibration
        What was written.

    Raises
    ------
    InputError
        If an input cannot be used; `out` is then as it was.
    """
    if batch_size < 1:
        raise DataError(f"batches of {batch_size} images were asked for; ask for at least 1")
    model, data, out = Path(model), Path(data), Path(out)
    labels, classes = (None if given is None else Path(given) for given in (labels, classes))
    check_place(out, [model, data, labels, classes], CALIBRATION)
    found, graph = opened(model, output, memory_limit)
    names = read_classes(classes) if classes else None
    options = preprocessing or PreprocessingOptions()
    shape = (graph.input_shape[0], graph.input_shape[1], graph.input_shape[2])
    images = open_images(
        data,
        input_shape=shape,
        layout=layout,
        geometry=options.geometry,
        labels=labels,
        classes=names,
        class_count=graph.class_count,
    )
    if not decides(graph.class_count):
        _log.warning("warning: %s", instead("the model"))
    if images.class_names is not None and names is None:
        _log.warning("classes are numbered by folder name: %s", numbered(images.class_names))
    recorded = make_preprocessing(
        images.dtype,
        shape,
        scale=options.scale,
        mean=options.mean,
        std=options.std,
        geometry=options.geometry,
    )
    total = images.count if samples is None else samples
    _log.debug("%s: %d %s images, %d are used", images.name, images.count, images.dtype, total)
    result = measure(
        graph,
        found,
        images,
        recorded,
        samples=samples,
        classes=names,
        batch_size=_together(batch_size, fitting_batch(graph, memory_limit), found.file.batch or 1),
        threads=threads,
        progress=lambda done: progress(done, total),
    )
    warn_of_range(result, scale_given=options.scale is not None)
    _warn_near_chance(result, graph.class_count)
    file.save(result, out)
    return result


def _together(asked: int, fitting: int, fixed: int) -> int:
    """Give how many images are run at a time.

    Parameters
    ----------
    asked : int
        At most so many.
    fitting : int
        So many fit.
    fixed : int
        The batch size that the file fixes, else 1. As many are run in any case: fewer would be filled up with copies.
    """
    most = min(asked, max(fitting, fixed))
    return most if most < fixed else most - most % fixed


def _warn_near_chance(calibration: Calibration, classes: int) -> None:
    """Say so where the model is hardly better than guessing: mostly wrong preprocessing or class order."""
    right, labelled = calibration.correct, calibration.labelled
    if near_chance(right, labelled, classes):
        _log.warning("warning: %s: %s", said("the model", right, labelled, classes), CHECK)


def numbered(names: Sequence[str]) -> str:
    """Give class names with their numbers, the middle of a long list left out; and whether names are other numbers."""
    shown = [f"{number} {name}" for number, name in enumerate(names)]
    text = ", ".join(shown if len(shown) <= 12 else [*shown[:5], "…", *shown[-2:]])
    digits = all(name.isascii() and name.isdecimal() for name in names)
    if digits and list(names) != sorted(names, key=int):
        text += "; by text, not by number: if the model counts the folders by number, give --classes with one per line"
    return text


def merge_calibrations(paths: Sequence[Path], out: Path) -> Calibration:
    """Join calibrations of one model over different images and write the result to `out`.

    Raises
    ------
    UsageError
        If there are fewer than two.
    InputError
        If they do not fit together.
    """
    if len(paths) < 2:
        raise UsageError(f"--merge needs two or more .calib files, found {len(paths)}")
    check_place(out, paths, CALIBRATION)
    result = file.load(paths[0])
    for path in paths[1:]:
        result = merge(result, file.load(path))
    file.save(result, out)
    return result


def summarise(calibration: Calibration, path: Path) -> CalibrationSummary:
    """Give the percentiles of a calibration."""
    return CalibrationSummary(
        file=path.name,
        model=calibration.model_name,
        images=len(calibration.images),
        labelled=calibration.labelled,
        accuracy=calibration.correct / calibration.labelled if calibration.labelled else None,
        input_amplitude=calibration.input_amplitude,
        values=tuple(_value(value) for value in calibration.values),
    )


def _value(value: ValueStatistics) -> CalibratedValue:
    return CalibratedValue(
        name=value.name,
        kind=value.kind.value,
        channels=value.channels,
        numbers=value.count * value.channels,
        percentile_99_9=value.percentile(99.9),
        percentile_99_99=value.percentile(99.99),
        largest=value.percentile(100),
    )
