"""How many images of a data set a command is asked to take."""

from snnconv.data.batch import ImageSet
from snnconv.errors import DataError


def check_asked(asked: int) -> None:
    """Refuse a number of samples below 1; known before any image is opened.

    Raises
    ------
    DataError
    """
    if asked < 1:
        raise DataError(f"{asked} samples were asked for; ask for at least 1")


def check_enough(images: ImageSet, asked: int) -> None:
    """Refuse to take more images than there are.

    Raises
    ------
    DataError
    """
    if asked > images.count:
        raise DataError(f"{images.name} has {images.count} images, {asked} were asked for; ask for fewer")
