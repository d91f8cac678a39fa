"""What a path is, before it is opened: to open a pipe would wait for ever."""

from pathlib import Path

from snnconv.errors import FileMissingError, InputError


def check_file(path: Path) -> None:
    """Refuse what cannot be read as a file.

    Raises
    ------
    FileMissingError
        If there is no such path.
    InputError
        If it is a folder, a pipe or a device, or the path cannot be used.
    """
    if is_folder(path):
        raise InputError(f"cannot read {path}: Is a directory; name a file")


def is_folder(path: Path) -> bool:
    """Say whether a path is a folder; if not, it is a plain file.

    Raises
    ------
    FileMissingError
        If there is no such path.
    InputError
        If it is neither, or the path cannot be used.
    """
    try:
        if path.is_dir():
            return True
        if path.is_file():
            return False
        there = path.exists()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if there:
        raise InputError(f"cannot read {path}: it is a pipe or a device; name a plain file")
    raise FileMissingError(f"{path} does not exist")
