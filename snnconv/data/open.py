"""The one way to images: whatever the path is, a set of images comes out."""

from pathlib import Path

from snnconv.choices import Layout
from snnconv.data.arrays import ArrayOptions, open_npy, open_npz
from snnconv.data.batch import ImageSet, ImageShape
from snnconv.data.classes import ONE_NUMBER, decides
from snnconv.data.folders import FolderOptions, image_file_set
from snnconv.data.geometry import DEFAULT_GEOMETRY, Geometry
from snnconv.data.image_sources import FolderImages, ZipImages
from snnconv.data.images import SUFFIXES
from snnconv.data.reading import reading
from snnconv.errors import DataError, FileMissingError
from snnconv.files.paths import is_folder

_PACKED = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".gz", ".bz2", ".xz", ".7z", ".rar")


def open_images(
    path: Path,
    *,
    input_shape: ImageShape,
    layout: Layout = Layout.AUTO,
    geometry: Geometry = DEFAULT_GEOMETRY,
    labels: Path | None = None,
    classes: tuple[str, ...] | None = None,
    class_count: int | None = None,
) -> ImageSet:
    """Open images for a model.

    Parameters
    ----------
    path : Path
        An ``.npz`` with ``x`` and, where labels exist, ``y``; an ``.npy``; a folder or a ``.zip`` of class
        folders of images.
    input_shape : tuple of int
        (C, H, W) of the model.
    layout : Layout
        The order of an array's axes; ``auto`` takes the one that fits `input_shape`. Image files have none.
    geometry : Geometry
        Resizing and cropping of image files, and the channel order that the model takes.
    labels : Path or None
        A file of labels, for arrays and for folders without class folders: an ``.npy``, or a text with one
        integer per line. They belong to the images in file order, for image files to their names, sorted.
        They go before an ``.npz``'s own ``y``.
    classes : tuple of str or None
        The names of the classes in the model's order, as `read_classes` reads them. Class folders match by
        name; without it they are numbered in the order of their names, and must be as many as `class_count`.
    class_count : int or None
        The number of classes of the model, where it is known. With 1 there are no classes: labels and class folders
        are left unread.

    Raises
    ------
    FileMissingError
        If a path does not exist.
    DataError
        If the images or labels cannot be used with such a model.
    """
    if class_count is not None and not decides(class_count):
        _check_unlabelled(labels, classes)
    if classes is not None and class_count is not None and len(classes) != class_count:
        raise DataError(f"--classes names {len(classes)} classes, the model has {class_count}; give one name per class")
    try:
        with reading(str(path)):
            folder = is_folder(path)
    except FileMissingError as error:
        raise FileMissingError(f"{path} does not exist; check the path of the data") from error
    if folder or path.suffix.lower() == ".zip":
        if layout is not Layout.AUTO:
            kind = "folder" if folder else "zip"
            raise DataError(f"{path} is a {kind} of image files, --layout applies to arrays; leave it out")
        source = FolderImages(path) if folder else ZipImages(path)
        return image_file_set(path, source, FolderOptions(input_shape, geometry, labels, classes, class_count))
    options = ArrayOptions(input_shape, layout, geometry, labels, classes, class_count)
    if path.suffix.lower() == ".npz":
        return open_npz(path, options)
    if path.suffix.lower() == ".npy":
        return open_npy(path, options)
    raise DataError(f"{path} is of a kind that is not read; {_instead(path)}")


def _instead(path: Path) -> str:
    """Say what to give for a file of another kind."""
    name = path.name.lower()
    if name.endswith(SUFFIXES):
        return "give the folder in which the images lie"
    if name.endswith(_PACKED):
        return "unpack it, and give the folder of class folders of images or the arrays that are in it"
    return (
        "give an .npz, an .npy, a folder of class folders of images, or a .zip of them; arrays of other files are "
        "saved with np.savez('data.npz', x=images, y=labels)"
    )


def _check_unlabelled(labels: Path | None, classes: tuple[str, ...] | None) -> None:
    """Refuse what says something of classes, for a model that has none."""
    for option, given in (("--labels", labels), ("--classes", classes)):
        if given is not None:
            raise DataError(f"{option} is about classes, the model gives {ONE_NUMBER}; leave it out")
