"""One process at a time in a run folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from snnconv.errors import RunError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; the lock goes with the process, the file stays.

    Parameters
    ----------
    path : Path
        The lock file. Its folder is made where it is missing.

    Raises
    ------
    RunError
        If another process holds it, or the file cannot be made.
    """
    with _hold(path):
        yield


def _hold(path: Path) -> BinaryIO:
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
        except OSError as error:
            raise RunError(f"cannot work in the folder {path.parent}: {error.strerror or error}") from error
        try:
            _lock(file)
            # a process that gave its run up may have removed the file between our opening and our locking it
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except BlockingIOError as error:
            file.close()
            raise RunError(
                f"another process is simulating into {path.parent}; wait for it, or name another folder"
            ) from error
        except FileNotFoundError:
            pass
        except OSError as error:
            file.close()
            raise RunError(f"cannot lock {path}: {error.strerror or error}; name a folder on another disk") from error
        file.close()


def _lock(file: BinaryIO) -> None:
    """Lock a file against other processes, without waiting; where the system has no such locks, do nothing."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
