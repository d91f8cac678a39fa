"""Sets of image files: their classes, their order, their batches."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snnconv.choices import ChannelOrder
from snnconv.data.batch import Batch, DataType, ImageShape, image_id, spans
from snnconv.data.class_folders import Classified, classify
from snnconv.data.classes import decides
from snnconv.data.geometry import Geometry
from snnconv.data.image_sources import ImageSource, Reader
from snnconv.data.images import SUFFIXES, decode, fit
from snnconv.data.labels import read_labels
from snnconv.data.stratify import stratified_order
from snnconv.errors import DataError

_log = logging.getLogger(__name__)

_NAMES_SHOWN = 10
_KINDS_SHOWN = 5


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
    _odd: set[str] = field(default_factory=set, repr=False)

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
            image = decode(read(index), channels, what, partial(self._note, what))
            ids[row] = image_id(image.tobytes(), "/".join(name.split("/")[-2:]))
            # a grey image has no axis for its channel
            pixels = np.asarray(fit(image, self._geometry, (height, width), what))
            images[row] = pixels.reshape(height, width, channels)
        if self._geometry.channels is ChannelOrder.BGR:
            images = np.ascontiguousarray(images[..., ::-1])
        return Batch(images, None if self.labels is None else self.labels[low:high], ids)

    def _note(self, what: str, text: str) -> None:
        """Say what is odd with files that can be used all the same: each kind once, and not without end."""
        if text not in self._odd and len(self._odd) < _KINDS_SHOWN:
            self._odd.add(text)
            _log.warning("%s: %s (said of the first such image only)", what, text)


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
        found = f", found {_kinds(source)}" if source.left_out else ""
        raise DataError(
            f"{path} holds no image{found}; give class folders of .png, .jpg, .bmp, .webp, .tif or .ppm files"
        )
    labels, class_names = _classified(path, source, options)
    _say_what_is_left_out(path, source)
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


def _classified(path: Path, source: ImageSource, options: FolderOptions) -> Classified:
    if options.class_count is not None and not decides(options.class_count):
        return None, None
    if options.labels is None:
        return classify(path, source.names, options.classes, options.class_count, source.empty)
    if len({name.rpartition("/")[0] for name in source.names}) > 1:
        raise DataError(f"{path} has class folders, --labels is for arrays and flat folders; leave it out")
    return read_labels(options.labels, len(source.names), options.class_count), options.classes


def _say_what_is_left_out(path: Path, source: ImageSource) -> None:
    if source.left_out:
        _log.warning(
            "%s: %d files are left out (%s); images are %s, and not hidden",
            *(path, source.left_out.total(), _kinds(source), " ".join(SUFFIXES)),
        )
    if source.empty:
        shown = ", ".join(repr(name) for name in source.empty[:_NAMES_SHOWN])
        more = "" if len(source.empty) <= _NAMES_SHOWN else f" and {len(source.empty) - _NAMES_SHOWN} more"
        _log.warning("%s: no images of their own in the folders %s%s", path, shown, more)


def _kinds(source: ImageSource) -> str:
    """Say how many files of which kinds are left out."""
    return ", ".join(f"{count} {kind}" for kind, count in source.left_out.most_common(_KINDS_SHOWN))
