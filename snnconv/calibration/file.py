"""The ``.calib`` file: a ``Calibration`` written and read."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError

from snnconv import __version__
from snnconv.calibration.calibration import Calibration, DataSource, choice_hash
from snnconv.calibration.grid import LAST_CODE
from snnconv.calibration.statistics import ValueKind, ValueStatistics
from snnconv.data import Preprocessing, PreprocessingManifest
from snnconv.errors import CalibrationError, DataError, FileMissingError, InputError
from snnconv.files import container

FORMAT: Final = "snnconv.calib"
VERSION: Final = 1

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelManifest(_Part):
    """The model that was measured."""

    name: str
    sha256: Sha256


class SourceManifest(_Part):
    """A data set that images were taken from."""

    name: str
    images: PositiveInt
    sha256: Sha256


class ValueManifest(_Part):
    """One measured value; its arrays are the tensors ``values.<index>.*``."""

    name: str
    kind: ValueKind
    count: PositiveInt
    """Numbers per channel."""


class CalibrationManifest(_Part):
    """The manifest of a ``.calib`` file."""

    format: Literal["snnconv.calib"] = "snnconv.calib"
    version: Literal[1] = 1
    tool: str
    model: ModelManifest
    sources: tuple[SourceManifest, ...] = Field(min_length=1)
    preprocessing: PreprocessingManifest
    # the first files of version 1 have none of these three
    labelled: NonNegativeInt = 0
    """How many images had a label."""
    correct: NonNegativeInt = 0
    """On how many of these the model was right."""
    classes: tuple[str, ...] | None = None
    """Class names in the model's order, where they were given."""
    values: tuple[ValueManifest, ...] = Field(min_length=1)


_ARRAYS: dict[str, type[np.generic]] = {
    "offsets": np.int64,
    "codes": np.uint16,
    "largest": np.float32,
    "mean": np.float64,
    "variance": np.float64,
}


def save(calibration: Calibration, path: Path) -> None:
    """Write a calibration. The same calibration gives the same bytes.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    manifest = CalibrationManifest(
        tool=f"snnconv {__version__}",
        model=ModelManifest(name=calibration.model_name, sha256=calibration.model_sha256),
        sources=tuple(SourceManifest(name=s.name, images=s.images, sha256=s.sha256) for s in calibration.sources),
        preprocessing=PreprocessingManifest.model_validate(calibration.preprocessing.to_manifest()),
        labelled=calibration.labelled,
        correct=calibration.correct,
        classes=calibration.classes,
        values=tuple(ValueManifest(name=v.name, kind=v.kind, count=v.count) for v in calibration.values),
    )
    tensors: container.Tensors = {
        "images": calibration.images.astype(np.uint64),
        "input.low": calibration.input_low.astype(np.float32),
        "input.high": calibration.input_high.astype(np.float32),
    }
    tensors |= calibration.preprocessing.tensors()
    for index, value in enumerate(calibration.values):
        # the smallest unsigned type that holds them: most bins hold few numbers
        tensors[f"values.{index}.counts"] = value.counts.astype(np.min_scalar_type(int(value.counts.max(initial=0))))
        for field, dtype in _ARRAYS.items():
            tensors[f"values.{index}.{field}"] = np.asarray(getattr(value, field), dtype=dtype)
    container.write(path, manifest.model_dump(mode="json"), tensors)


def load(path: Path) -> Calibration:
    """Read a calibration and check everything that it says.

    Raises
    ------
    FileMissingError
        If there is no such file.
    CalibrationError
        If it is damaged, changed or newer.
    """
    try:
        content, tensors = container.read(path, FORMAT, VERSION)
        manifest = CalibrationManifest.model_validate(content)
        preprocessing = Preprocessing.from_manifest(content["preprocessing"], tensors)
    except ValidationError as error:
        detail: Any = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise CalibrationError(f"{path} breaks the .calib schema: {where}: {detail['msg']}") from error
    except FileMissingError:
        raise
    except DataError as error:
        raise CalibrationError(f"{path}: {error}") from error
    except InputError as error:
        raise CalibrationError(str(error)) from error
    calibration = Calibration(
        model_name=manifest.model.name,
        model_sha256=manifest.model.sha256,
        preprocessing=preprocessing,
        sources=tuple(DataSource(s.name, s.images, s.sha256) for s in manifest.sources),
        images=_tensor(path, tensors, "images", np.uint64),
        input_low=_tensor(path, tensors, "input.low", np.float32),
        input_high=_tensor(path, tensors, "input.high", np.float32),
        values=tuple(_value(path, tensors, index, value) for index, value in enumerate(manifest.values)),
        labelled=manifest.labelled,
        correct=manifest.correct,
        classes=manifest.classes,
    )
    _check(path, calibration, tensors)
    return calibration


def _tensor(path: Path, tensors: container.Tensors, name: str, dtype: type[np.generic]) -> np.ndarray[Any, Any]:
    array = tensors.get(name)
    if array is None or array.dtype != dtype or array.ndim != 1:
        found = "nothing" if array is None else f"{array.dtype} {array.shape}"
        raise CalibrationError(f"{path}: tensor {name} must be one axis of {np.dtype(dtype).name}, found {found}")
    return array


def _counts(path: Path, tensors: container.Tensors, name: str) -> np.ndarray[Any, Any]:
    array = tensors.get(name)
    if array is None or array.dtype.kind != "u" or array.ndim != 1 or array.max(initial=0) >= 2**63:
        found = "nothing" if array is None else f"{array.dtype} {array.shape}"
        raise CalibrationError(f"{path}: tensor {name} must be one axis of unsigned counts, found {found}")
    return array.astype(np.int64)


def _value(path: Path, tensors: container.Tensors, index: int, value: ValueManifest) -> ValueStatistics:
    arrays = {field: _tensor(path, tensors, f"values.{index}.{field}", dtype) for field, dtype in _ARRAYS.items()}
    arrays["counts"] = _counts(path, tensors, f"values.{index}.counts")
    offsets, codes, counts = arrays["offsets"], arrays["codes"], arrays["counts"]
    channels = len(offsets) - 1
    good = (
        channels >= 1
        and offsets[0] == 0
        and offsets[-1] == len(codes) == len(counts)
        and (np.diff(offsets) >= 0).all()
        and (counts > 0).all()
        and all(_rising(codes[a:b]) for a, b in pairwise(offsets.tolist()))
        and {len(arrays[field]) for field in ("largest", "mean", "variance")} == {channels}
        and (arrays["largest"] >= 0).all()
        and (_top_codes(offsets, codes) == np.abs(arrays["largest"]).view(np.uint32) >> 16).all()
        and (arrays["variance"] >= 0).all()
        and int(np.add.reduceat(np.append(counts, 0), offsets[:-1]).max(initial=0)) <= value.count
    )
    if not good:
        raise CalibrationError(f"{path}: the histogram of {value.name} contradicts itself; calibrate again")
    return ValueStatistics(name=value.name, kind=value.kind, count=value.count, **arrays)


def _top_codes(offsets: np.ndarray[Any, Any], codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give the last bin of each channel, (C,): that of its largest number; 0 where there is none."""
    filled = offsets[1:] > offsets[:-1]
    return np.where(filled, np.append(codes, 0)[offsets[1:] - 1], 0)


def _rising(codes: np.ndarray[Any, Any]) -> bool:
    """Say whether a channel's bins are ascending codes of positive finite numbers."""
    return bool((np.diff(codes.astype(np.int64), prepend=0) > 0).all() and codes.max(initial=0) <= LAST_CODE)


def _check(path: Path, calibration: Calibration, tensors: container.Tensors) -> None:
    expected = {f"values.{index}.{field}" for index in range(len(calibration.values)) for field in (*_ARRAYS, "counts")}
    expected |= {"images", "input.low", "input.high"} | set(calibration.preprocessing.tensors())
    odd = sorted(set(tensors) - expected)
    if odd:
        raise CalibrationError(f"{path}: the tensor {odd[0]} belongs to nothing")
    logits = next((value for value in calibration.values if value.kind is ValueKind.LOGITS), None)
    if calibration.classes is not None and logits is not None and len(calibration.classes) != logits.channels:
        raise CalibrationError(
            f"{path} names {len(calibration.classes)} classes, the model has {logits.channels}; calibrate again"
        )
    start = 0
    for source in calibration.sources:
        images = calibration.images[start : start + source.images]
        start += source.images
        if len(images) != source.images or choice_hash(images) != source.sha256:
            raise CalibrationError(f"{path}: the images of {source.name} do not match their hash; calibrate again")
    if start != len(calibration.images):
        raise CalibrationError(f"{path}: {len(calibration.images)} images are listed, {start} belong to a source")
    _check_counts(path, calibration)


def _check_counts(path: Path, calibration: Calibration) -> None:
    """Compare what the manifest and the tensors say of images and channels."""
    channels, images = calibration.preprocessing.input_shape[0], len(calibration.images)
    low, high = calibration.input_low, calibration.input_high
    if not len(low) == len(high) == channels or (low > high).any():
        raise CalibrationError(
            f"{path}: input.low and input.high must be the range of {channels} channels, found {len(low)} and "
            f"{len(high)} numbers from {low.min(initial=0):g} to {high.max(initial=0):g}; calibrate again"
        )
    if not calibration.correct <= calibration.labelled <= images:
        raise CalibrationError(
            f"{path}: {calibration.correct} of {calibration.labelled} labelled of {images} images cannot be right; "
            "calibrate again"
        )
    if len(calibration.by_name) != len(calibration.values):
        raise CalibrationError(f"{path}: two values have one name; calibrate again")
    for value in calibration.values:
        if value.count % images:
            raise CalibrationError(
                f"{path}: {value.name} has {value.count} numbers in each channel, they are of {images} images; "
                "calibrate again"
            )
