"""Sets of image files: their classes, their order, their batches."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snnconv.choices import ChannelOrder
from snnconv.data.batch import Batch, DataType, ImageShape, image_id, spans
from snnconv.data.classes import decides
from snnconv.data.geometry import Geometry
from snnconv.data.image_sources import ImageSource, Reader
from snnconv.data.images import decode, fit
from snnconv.data.labels import read_labels
from snnconv.data.stratify import stratified_order
from snnconv.errors import DataError

_NAMES_SHOWN = 10


@dataclass(frozen=True, eq=False)
class FolderSet:
    """Image files of a folder or a zip file, in the order of `stratified_order`; an `ImageSet`."""

    name: str
    count: int
    labels: npt.NDArray[np.int64] | None
    class_names: tuple[str, ...] | None
    _path: Path = field(repr=False)
    _source: ImageSource = field(repr=False)
    _order: npt.NDArray[np.int64] = field(repr=False)
    _input_shape: ImageShape = field(repr=False)
    _geometry: Geometry = field(repr=False)
    dtype: DataType = "uint8"

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        """Give the images from `start` up to, not including, `stop`, `size` at a time; see `ImageSet`."""
        with self._source.opened() as read:
            for low, high in spans(self.count, size, start, stop):
                yield self._batch(read, low, high)

    def _batch(self, read: Reader, low: int, high: int) -> Batch:
        channels, height, width = self._input_shape
        images = np.empty((high - low, height, width, channels), dtype=np.uint8)
        ids = np.empty(high - low, dtype=np.uint64)
        for row, index in enumerate(self._order[low:high].tolist()):
            name = self._source.names[index]
            what = f"{self._path}: image {name!r}"
            image = decode(read(index), channels, what)
            ids[row] = image_id(image.tobytes(), "/".join(name.split("/")[-2:]))
            # a grey image has no axis for its channel
            pixels = np.asarray(fit(image, self._geometry, (height, width), what))
            images[row] = pixels.reshape(height, width, channels)
        if self._geometry.channels is ChannelOrder.BGR:
            images = np.ascontiguousarray(images[..., ::-1])
        return Batch(images, None if self.labels is None else self.labels[low:high], ids)


@dataclass(frozen=True)
class FolderOptions:
    """What the user says about image files; `open_images` explains each."""

    input_shape: ImageShape
    geometry: Geometry
    labels: Path | None
    classes: tuple[str, ...] | None
    class_count: int | None


def image_file_set(path: Path, source: ImageSource, options: FolderOptions) -> FolderSet:
    """Find the classes of image files and fix their order.

    Parameters
    ----------
    path : Path
        The folder or the zip file.
    source : ImageSource
        Its image files.
    options : FolderOptions
        What the user says about them.

    Raises
    ------
    DataError
        If there is no image, or the class folders do not fit the options.
    """
    channels = options.input_shape[0]
    if channels not in (1, 3):
        raise DataError(f"{path}: image files have 1 or 3 channels, the model takes {channels}; give an array")
    if options.geometry.channels is ChannelOrder.BGR and channels != 3:
        raise DataError(f"{path}: --channels bgr needs 3 channels, the model takes {channels}; leave it out")
    if not source.names:
        raise DataError(f"{path} holds no image; give class folders of .png, .jpg, .bmp, .webp, .tif or .ppm files")
    labels, class_names = _classify(path, source.names, options)
    count = len(source.names)
    order = stratified_order(np.zeros(count, dtype=np.int64) if labels is None else labels)
    return FolderSet(
        name=path.resolve().name,
        count=count,
        labels=None if labels is None else labels[order],
        class_names=class_names,
        _path=path,
        _source=source,
        _order=order,
        _input_shape=options.input_shape,
        _geometry=options.geometry,
    )


def _classify(
    path: Path, names: list[str], options: FolderOptions
) -> tuple[npt.NDArray[np.int64] | None, tuple[str, ...] | None]:
    # the class is the folder that the image lies in, empty for one beside the class folders
    if options.class_count is not None and not decides(options.class_count):
        return None, None
    folders = [name.rpartition("/")[0].rpartition("/")[2] for name in names]
    found = sorted(set(folders))
    if options.labels is not None:
        if len(found) > 1:
            raise DataError(f"{path} has class folders, --labels is for arrays and flat folders; leave it out")
        return read_labels(options.labels, len(names), options.class_count), options.classes
    if found == [""]:
        return None, options.classes
    if found[0] == "":
        outside = next(name for name in names if "/" not in name)
        raise DataError(f"{path}: image {outside!r} lies outside the class folders; move it into one")
    classes = tuple(found) if options.classes is None else options.classes
    unknown = [folder for folder in found if folder not in set(classes)]
    if unknown:
        shown = ", ".join(repr(folder) for folder in unknown[:_NAMES_SHOWN])
        more = "" if len(unknown) <= _NAMES_SHOWN else f" and {len(unknown) - _NAMES_SHOWN} more"
        raise DataError(
            f"{path} has class folders that --classes, now or at calibration, does not name: {shown}{more}; "
            "add or remove them"
        )
    # a part of the classes, numbered in the order of their names, would get the numbers of others
    if options.classes is None and options.class_count is not None and len(classes) != options.class_count:
        raise DataError(
            f"{path} has {len(classes)} class folders, the model has {options.class_count} classes; "
            "give --classes, the names in the model's order"
        )
    number = {folder: index for index, folder in enumerate(classes)}
    return np.array([number[folder] for folder in folders], dtype=np.int64), classes
