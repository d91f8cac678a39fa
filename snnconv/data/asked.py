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


def count_of(images: ImageSet, asked: int | None, usual: int, option: str = "") -> int:
    """Give how many images a command takes: those asked for, else the usual number, or all where there are fewer.

    Parameters
    ----------
    images : ImageSet
    asked : int or None
    usual : int
    option : str
        As for `check_enough`.

    Raises
    ------
    DataError
        If more are asked for than there are.
    """
    if asked is None:
        return min(usual, images.count)
    check_enough(images, asked, option)
    return asked


def check_enough(images: ImageSet, asked: int, option: str = "") -> None:
    """Refuse to take more images than there are.

    Parameters
    ----------
    images : ImageSet
    asked : int
    option : str
        What asks for another number, where it is not the user who asked for this one.

    Raises
    ------
    DataError
    """
    if asked > images.count:
        how = f" ({option})" if option else ""
        raise DataError(f"{images.name} has {images.count} images, {asked} were asked for; ask for fewer{how}")
