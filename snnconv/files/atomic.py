"""Files are written aside and renamed, so that a reader never sees half of one."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from snnconv.errors import InputError
from snnconv.files.leftovers import made_aside, remove_leftovers
from snnconv.files.replaced import Kind, check_replaced


@contextmanager
def written_aside(path: Path, tidy: bool = True) -> Iterator[Path]:
    """Give a temporary file beside `path`; rename it to `path` if the block ends well, else remove it.

    Parameters
    ----------
    path : Path
        The file to make or replace. Its folder must exist.
    tidy : bool
        Whether to remove what killed processes have left in the folder: to look for it takes time with its files.

    Yields
    ------
    Path
        An empty file, to be written into.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written to, or nothing was written.
    """
    check_place(path)
    if tidy:
        remove_leftovers(path.parent)
    try:
        # not the name itself: with it in front, a name of the longest allowed length would not fit
        with made_aside(path.parent) as aside:
            try:
                yield aside
                _keep(aside, path)
            finally:
                # what went wrong is said, not that its remains cannot be removed either
                with suppress(OSError):
                    aside.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def _keep(aside: Path, path: Path) -> None:
    # the bytes must be on the disk before the name is: a crash leaves the old file or the new one
    descriptor = os.open(aside, os.O_RDONLY)
    try:
        if not os.fstat(descriptor).st_size:
            raise InputError(f"cannot write {path}: nothing was written")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    aside.replace(path)


def check_place(path: Path, inputs: Iterable[Path | None] = (), kind: Kind | None = None) -> None:
    """Refuse a path that cannot be written to, so that no long work is done for it in vain.

    Parameters
    ----------
    path : Path
    inputs : iterable of Path or None
        Files and folders that the same command reads: they, and files that lie in the folders, are not written over.
    kind : Kind, optional
        What is to be written: a file of another kind is not replaced.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written to, or `path` is something else than a plain file, an input,
        or a file of another kind.
    """
    try:
        has_folder, is_folder = path.parent.is_dir(), path.is_dir()
        is_odd = path.exists() and not path.is_file()
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    if not has_folder:
        raise _no_folder(path)
    if is_folder:
        raise InputError(f"cannot write {path}: it is a folder; name a file")
    if is_odd:
        raise InputError(f"cannot write {path}: it is a pipe or a device; name a plain file")
    _check_writable(path)
    for given in inputs:
        if given is not None and _within(path, given):
            raise InputError(f"cannot write {path}: this command reads {given}; name another file")
    if kind is not None:
        check_replaced(path, kind)


def check_new_folder(path: Path) -> None:
    """Refuse a folder that is not there and cannot be made, so that no long work is done for it in vain.

    The folder that it is to lie in is not made: where it is missing, the path is more likely to be wrong.

    Raises
    ------
    InputError
        If the folder that it is to lie in does not exist or cannot be written to.
    """
    try:
        if path.exists():
            return
        has_folder = path.parent.is_dir()
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    if not has_folder:
        raise _no_folder(path)
    _check_writable(path)


def _no_folder(path: Path) -> InputError:
    return InputError(f"cannot write {path}: the folder {path.parent} does not exist; make it first")


def _check_writable(path: Path) -> None:
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"cannot write {path}: the folder {path.parent} is not writable; name another one")


def _within(path: Path, given: Path) -> bool:
    """Say whether a path is that of an input, or a file in it."""
    try:
        if not path.exists() or not given.exists():
            return False
        return path.samefile(given) or given.resolve() in path.resolve().parents
    except (OSError, RuntimeError):  # a path that cannot be looked at is refused by what reads it
        return False


def write_bytes(path: Path, data: bytes, tidy: bool = True) -> None:
    """Write `data` to `path`, aside and renamed; `tidy` as in `written_aside`.

    Raises
    ------
    InputError
        If `path` cannot be written to.
    """
    with written_aside(path, tidy) as aside:
        aside.write_bytes(data)
