"""What a process that was killed has left of its writing, told from what a live one writes at the moment.

A file that is written aside is locked from its making to its renaming, and a lock goes with its process. So a file with
such a name and without a lock is nobody's. The name is snnconv's own: no other file is looked at.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # a system without such locks: nothing is removed there
    fcntl = None  # type: ignore[assignment]

NAME = re.compile(r"\.snnconv-[0-9a-f]{16}\.part")


@contextmanager
def made_aside(folder: Path) -> Iterator[Path]:
    """Make an empty file with a name of its own in a folder, and keep its lock as long as the block takes.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    path, descriptor = _made(folder)
    try:
        yield path
    finally:
        os.close(descriptor)


def _made(folder: Path) -> tuple[Path, int]:
    while True:
        path = folder / f".snnconv-{secrets.token_hex(8)}.part"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        # between the making and the lock another process may have taken it for a leftover
        if _lock(descriptor) is not False and _is_at(path, descriptor):
            return path, descriptor
        os.close(descriptor)
        path.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes have left in a folder; what cannot be removed stays."""
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove(folder / entry.name)


def _remove(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        # its process may have renamed it since it was listed
        if _lock(descriptor) and _is_at(path, descriptor):
            path.unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock a file without waiting: whether that could be done; None where the disk or the system has no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
