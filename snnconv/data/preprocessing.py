"""What happens to the images before the model: recorded once, at calibration, and carried along."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from snnconv.data.batch import Array, DataType, ImageShape
from snnconv.data.geometry import DEFAULT_GEOMETRY, Geometry
from snnconv.data.statistics import Statistic, read_statistic
from snnconv.errors import DataError, UsageError

MEAN = "preprocessing.mean"
STD = "preprocessing.std"
_DEFAULT_SCALES: dict[DataType, float] = {"uint8": 255.0, "float32": 1.0}


class PreprocessingManifest(BaseModel):
    """The part of the preprocessing that stands in a file's manifest; mean and std are tensors of that file.

    Attributes
    ----------
    geometry : Geometry
        What is done to image files.
    dtype : str
        The type of the data at calibration: ``uint8`` or ``float32``.
    scale : float
        What the data are divided by first.
    input_shape : tuple of int
        (C, H, W) of the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    geometry: Geometry
    dtype: DataType
    scale: float = Field(gt=0, allow_inf_nan=False)
    input_shape: tuple[PositiveInt, PositiveInt, PositiveInt]


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """(x / scale − mean) / std, with the channels in the order of the model's input.

    Attributes
    ----------
    geometry : Geometry
        What is done to image files.
    dtype : str
        The type of the data at calibration: ``uint8`` or ``float32``.
    scale : float
        What the data are divided by first.
    input_shape : tuple of int
        (C, H, W) of the model.
    mean, std : ndarray
        (C, 1, 1) or (C, H, W) float64, in units of the scaled data. They cannot be written to.

    Raises
    ------
    DataError
        If `scale`, `mean` or `std` cannot be computed with.
    """

    geometry: Geometry
    dtype: DataType
    scale: float
    input_shape: ImageShape
    mean: Statistic
    std: Statistic

    def __post_init__(self) -> None:
        with np.errstate(over="ignore", under="ignore"):
            _check_positive("--scale", np.array(self.scale, dtype=np.float64))
            for option, value in (("--mean", self.mean), ("--std", self.std)):
                expected = ((self.input_shape[0], 1, 1), self.input_shape)
                if value.shape not in expected or value.dtype != np.float64:
                    raise DataError(
                        f"{option} is {value.dtype} of shape {value.shape}, expected float64 of shape "
                        f"{expected[0]} or {expected[1]}"
                    )
            if not np.isfinite(self.mean.astype(np.float32)).all():
                raise DataError("--mean must be finite in float32; correct it")
            _check_positive("--std", self.std)
        # a copy of our own: what the caller does to its arrays later changes nothing here
        for name in ("mean", "std"):
            own = np.array(getattr(self, name), order="C")
            own.flags.writeable = False
            object.__setattr__(self, name, own)

    def apply(self, images: Array) -> npt.NDArray[np.float32]:
        """Compute what the model takes, in float32.

        Parameters
        ----------
        images : ndarray
            (N, H, W, C) of the recorded type.

        Returns
        -------
        ndarray
            (N, C, H, W) float32, C-contiguous.

        Raises
        ------
        DataError
            If the images have another type or shape than recorded, or a result is beyond float32.
        """
        channels, height, width = self.input_shape
        if images.dtype.name != self.dtype:
            raise DataError(
                f"the data is {images.dtype.name}, the calibration was made with {self.dtype}; "
                f"{advice_on_type(self.dtype)}, or calibrate with this data"
            )
        if images.shape[1:] != (height, width, channels):
            raise DataError(f"the images have the shape {images.shape}, expected (N, {height}, {width}, {channels})")
        result = np.empty((len(images), channels, height, width), dtype=np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            # (N, H, W, C) -> (N, C, H, W)
            np.divide(images.transpose(0, 3, 1, 2), np.float32(self.scale), out=result, dtype=np.float32)
            result -= self.mean.astype(np.float32)
            result /= self.std.astype(np.float32)
        if not np.isfinite(result).all():
            raise DataError("the preprocessed images are beyond float32; check --scale, --mean and --std")
        return result

    def to_manifest(self) -> dict[str, Any]:
        """Give the part for a file's manifest, as JSON values."""
        manifest = PreprocessingManifest(
            geometry=self.geometry, dtype=self.dtype, scale=self.scale, input_shape=self.input_shape
        )
        return manifest.model_dump(mode="json")

    def tensors(self) -> dict[str, Statistic]:
        """Give mean and std under the names that they have in a file."""
        return {MEAN: self.mean, STD: self.std}

    @classmethod
    def from_manifest(cls, manifest: Any, tensors: Mapping[str, Array]) -> Self:
        """Read what `to_manifest` and `tensors` gave; other tensors are not looked at.

        Raises
        ------
        DataError
            If something is missing, unknown, or of the wrong type.
        """
        try:
            part = PreprocessingManifest.model_validate(manifest)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(key) for key in first["loc"]) or "it"
            raise DataError(f"the recorded preprocessing is not valid: {where}: {first['msg']}") from error
        missing = [name for name in (MEAN, STD) if name not in tensors]
        if missing:
            raise DataError(f"the recorded preprocessing has no tensor {' and no tensor '.join(missing)}")
        return cls(part.geometry, part.dtype, part.scale, part.input_shape, tensors[MEAN], tensors[STD])

    def same_as(self, other: Self) -> list[str]:
        """Give the names of the fields that differ; an empty list where both compute the same."""
        differing = [
            name
            for name in ("geometry", "dtype", "scale", "input_shape")
            if getattr(self, name) != getattr(other, name)
        ]
        for name in ("mean", "std"):
            mine, others = getattr(self, name), getattr(other, name)
            # one number per channel is the same as this number at each pixel
            if self.input_shape == other.input_shape:
                mine, others = (np.broadcast_to(value, self.input_shape) for value in (mine, others))
            if not np.array_equal(mine, others):
                differing.append(name)
        return differing


def advice_on_type(wanted: DataType) -> str:
    """Say how data of the one type become data of the other: their range differs too."""
    if wanted == "uint8":
        return "give pixels of 0 to 255, np.round(x * 255).astype(np.uint8) for floats of 0 to 1"
    return "give arrays of floats in the range of those"


def make_preprocessing(
    dtype: DataType,
    input_shape: ImageShape,
    *,
    scale: float | None = None,
    mean: str | None = None,
    std: str | None = None,
    geometry: Geometry = DEFAULT_GEOMETRY,
) -> Preprocessing:
    """Make a preprocessing from what a user says.

    Parameters
    ----------
    dtype : str
        The type of the data: ``uint8`` or ``float32``.
    input_shape : tuple of int
        (C, H, W) of the model.
    scale : float or None
        What the data are divided by first. None: 255 for uint8, 1 for float32.
    mean, std : str or None
        What `read_statistic` reads. None: 0 and 1.
    geometry : Geometry
        What is done to image files.

    Raises
    ------
    FileMissingError
        If `mean` or `std` names a file that does not exist.
    UsageError
        If a value cannot be used.
    DataError
        If one cannot be used, and some come from files.
    """
    files = [text for text in (mean, std) if text is not None and text.lower().endswith(".npy")]
    try:
        return Preprocessing(
            geometry=geometry,
            dtype=dtype,
            scale=_DEFAULT_SCALES[dtype] if scale is None else float(scale),
            input_shape=input_shape,
            mean=read_statistic("0" if mean is None else mean, "--mean", input_shape),
            std=read_statistic("1" if std is None else std, "--std", input_shape),
        )
    except DataError as error:
        if files:
            raise
        # nothing but what stands on the command line
        raise UsageError(str(error)) from error


def _check_positive(option: str, value: Statistic) -> None:
    # the computation is in float32, where a very small number is 0
    single = value.astype(np.float32)
    if not (np.isfinite(single).all() and (single > 0).all()):
        raise DataError(f"{option} must be finite and greater than 0 in float32, found {value.min():g}; correct it")
