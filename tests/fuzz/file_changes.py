"""Does something before the N-th change that this process makes to the files of a folder.

A change is: a file opened for writing, bytes written, fsync, rename, removal, a new or removed folder. Python's audit
events tell of all but writing and fsync, whoever asks for them; for those, files that are opened are opened by a class
of ours. What is opened for writing in another way is a fault of this check, and ends the process.
"""

import builtins
import errno
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

DIED, WENT_AROUND = 86, 87
"""Exit codes: of a death that was asked for, and of a file that was opened where its writing is not seen."""

HOW = ("death", "power", "full", "fault")
"""What happens: the process ends there, with a file half written; or what was written and not synchronised is lost
too; or there is no room from there on; or this one change fails."""

# audit events, and how many of their first arguments are paths
_OF_PATHS = {
    "os.rename": 2,
    "os.remove": 1,
    "os.mkdir": 1,
    "os.rmdir": 1,
    "os.link": 2,
    "os.symlink": 2,
    "os.truncate": 1,
    "shutil.rmtree": 1,
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NEEDS_ROOM = {"open", "write", "fsync", "os.mkdir", "os.link", "os.symlink"}


class Changes:
    """Counts changes, and acts at one.

    Parameters
    ----------
    folder : Path
        Whose files count.
    number : int
        The change that something happens at, from 0.
    how : str
        One of `HOW`.
    """

    def __init__(self, folder: Path, number: int, how: str) -> None:
        self._folder = folder.resolve()
        self._number, self._how = number, how
        self.count = 0
        self._unsynced: set[tuple[int, int]] = set()
        self._opening = False
        self._descriptors: set[int] = set()

    def watch(self) -> None:
        """Begin; there is no way back."""
        self._open, self._os_open, self._fsync = io.open, os.open, os.fsync
        io.open = builtins.open = self._watched_open  # type: ignore[assignment]
        os.open, os.fsync = self._watched_os_open, self._watched_fsync  # type: ignore[assignment]
        sys.addaudithook(self._hear)

    def before(self, what: str, half: Callable[[], Any] = lambda: None) -> None:
        """Count a change; where it is the one, do a half of it, and act."""
        number, self.count = self.count, self.count + 1
        if self._how == "full" and number >= self._number and what in _NEEDS_ROOM:
            half()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if number != self._number:
            return
        half()
        if self._how == "fault":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if self._how == "power":
            self._lose()
        if self._how in ("death", "power"):
            os._exit(DIED)

    def wrote(self, descriptor: int) -> None:
        """Note that a file has content that is not synchronised."""
        self._unsynced.add(_identity(descriptor))

    def _watched_open(self, file: Any, mode: str = "r", buffering: int = -1, *given: Any, **named: Any) -> Any:
        ours = file in self._descriptors if isinstance(file, int) else self._is_ours(file)
        if not ours or not set(mode) & set("wax+"):
            return self._open(file, mode, buffering, *given, **named)
        self._opening = True
        try:
            raw = _File(file, "".join(c for c in mode if c not in "bt"))
        finally:
            self._opening = False
        raw.changes = self
        buffer: Any = raw
        if buffering != 0:
            buffer = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffer if "b" in mode else io.TextIOWrapper(buffer, *given, **named)

    def _watched_os_open(self, path: Any, flags: int, *given: Any, **named: Any) -> int:
        self._opening = True
        try:
            descriptor = self._os_open(path, flags, *given, **named)
        finally:
            self._opening = False
        if flags & _WRITING and self._is_ours(path):
            self._descriptors.add(descriptor)
        return descriptor

    def _watched_fsync(self, file: Any) -> None:
        self.before("fsync")
        self._fsync(file)
        self._unsynced.discard(_identity(file if isinstance(file, int) else file.fileno()))

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if flags & _WRITING and self._is_ours(path):
                if not self._opening:
                    os.write(2, f"{path} was opened for writing where that is not seen\n".encode())
                    os._exit(WENT_AROUND)
                self.before("open")
        elif event in _OF_PATHS and any(self._is_ours(path) for path in arguments[: _OF_PATHS[event]]):
            self.before(event)

    def _is_ours(self, path: Any) -> bool:
        if isinstance(path, int):
            return False
        # a link is changed itself, and not what it leads to
        return self._folder in (Path(os.fsdecode(path)).parent.resolve() / "x").parents

    def _lose(self) -> None:
        for path in self._folder.rglob("*"):
            found = path.lstat()
            if (found.st_dev, found.st_ino) in self._unsynced:
                os.truncate(path, 0)


class _File(io.FileIO):
    """A file whose writes are changes."""

    changes: Changes

    def write(self, data: Any) -> int:
        content, write = bytes(data), super().write
        self.changes.wrote(self.fileno())
        self.changes.before("write", lambda: write(content[: len(content) // 2]))
        return write(content)


def _identity(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino
