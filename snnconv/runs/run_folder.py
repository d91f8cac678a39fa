"""The run folder: what a simulation writes, readable half-way, and what lets it go on.

::

    RUN/
    ├── run.json           what was asked for: inputs by hash, options, versions, command line
    ├── summary.json       the result so far (schemas/run-summary.schema.json)
    ├── observation.json   what single neurons did on the first images, once all images are done
    ├── parts/             one .npz per finished piece, named by its first image
    └── .lock              held by the process that is at work here
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from snnconv.errors import FileMissingError, InputError, RunError
from snnconv.files import sealed
from snnconv.files.atomic import write_bytes
from snnconv.files.leftovers import NAME, remove_leftovers
from snnconv.runs import part as part_file
from snnconv.runs.part import Extent
from snnconv.runs.part import Part as Part
from snnconv.runs.run_lock import locked

RUN, SUMMARY, OBSERVATION, PARTS, LOCK = "run.json", "summary.json", "observation.json", "parts", ".lock"
# what to do about a damaged file: of what was asked for, of the result, of the observation
ANEW = "run simulate with --overwrite"
AGAIN = "repeat the same simulate command, which writes it anew"
REPEAT = "delete it, or repeat simulate, which makes it anew"

_FORMATS = {RUN: "snnconv.run", SUMMARY: "snnconv.run-summary", OBSERVATION: "snnconv.observation"}
_REMEDIES = {RUN: ANEW, SUMMARY: AGAIN, OBSERVATION: REPEAT}
_NEWEST = 1

_PART = re.compile(r"[0-9]{8,}\.npz")
"""The names that a run gives its parts."""


class RunFolder:
    """A run folder on disk.

    Parameters
    ----------
    path : Path
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._digest: str | None = None

    @property
    def exists(self) -> bool:
        """Whether a run was begun here.

        Raises
        ------
        RunError
            If the path cannot be looked at.
        """
        with _at(self.path):
            return (self.path / RUN).is_file()

    @property
    def files(self) -> tuple[Path, ...]:
        """What a run writes: files, and the folder of its parts."""
        return tuple(self.path / name for name in (RUN, SUMMARY, OBSERVATION, LOCK, PARTS))

    @property
    def begins(self) -> bool:
        """Whether a part with the first image is here."""
        with _at(self.path):
            return self._part(0).exists()

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from writing here; the folder is made where it is missing.

        Raises
        ------
        RunError
            If another process is at work here, or the folder holds something that is no run.
        """
        # before the lock, so that nothing is written into a folder that is not ours
        self._check_ours()
        return self._held()

    @contextmanager
    def _held(self) -> Iterator[None]:
        with locked(self.path / LOCK):
            self._remove_leftovers()
            yield

    def begin(self, record: dict[str, Any]) -> None:
        """Begin a run, in the place of one that may be here; the lock must be held.

        Parameters
        ----------
        record : dict
            What ``run.json`` is to say, a `snnconv.runs.run_record.RunRecord` in JSON values.

        Raises
        ------
        RunError
            If the folder holds something that is no run, or cannot be written to.
        """
        self._check_ours()
        # run.json is replaced and never removed: if this ends half-way, the folder still is a run's
        self._remove_results()
        with _at(self.path):
            (self.path / PARTS).mkdir(parents=True, exist_ok=True)
        self._write(RUN, record)
        self._digest = _digest(record)

    def discard(self) -> None:
        """Remove a run and its folder; the lock must be held. Where there are other files, the folder stays a run's.

        Raises
        ------
        RunError
            If something cannot be removed.
        """
        self._remove_results()
        with _at(self.path):
            parts = self.path / PARTS
            if {path.name for path in self.path.iterdir()} - {RUN, PARTS, LOCK} or any(parts.iterdir()):
                return
            (self.path / RUN).unlink()
            parts.rmdir()
            (self.path / LOCK).unlink(missing_ok=True)
            # the folder may be one that cannot go, as the working folder
            with suppress(OSError):
                self.path.rmdir()

    def read_record(self) -> dict[str, Any]:
        """Give what ``run.json`` says; `snnconv.runs.run_record.load_record` checks it.

        Raises
        ------
        FileMissingError
            If there is no run here.
        RunError
            If the file is damaged or newer.
        """
        record = self._read(RUN)
        self._digest = _digest(record)
        return record

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write the result so far."""
        self._write(SUMMARY, summary)

    def read_summary(self) -> dict[str, Any]:
        """Give what ``summary.json`` says; `snnconv.runs.summary.load_summary` checks it.

        Raises
        ------
        FileMissingError
            If there is none.
        RunError
            If it is damaged or newer.
        """
        return self._read(SUMMARY)

    def write_observation(self, observation: dict[str, Any]) -> None:
        """Keep what single neurons did."""
        # in one line: it is mostly numbers, and an indent would take more bytes than they do
        sealed.write(self.path / OBSERVATION, observation)

    def read_observation(self) -> dict[str, Any] | None:
        """Give what ``observation.json`` says, None where there is none; `load_observation` checks it.

        Raises
        ------
        RunError
            If it is damaged or newer.
        """
        path = self.path / OBSERVATION
        with _at(path):
            if not path.exists() and not path.is_symlink():
                return None
        return self._read(OBSERVATION)

    def write_part(self, part: Part) -> None:
        """Keep the results of some images."""
        # there may be very many parts: what is left among them was removed with the lock
        write_bytes(self._part(part.first), part_file.to_bytes(part, self._run()), tidy=False)

    def parts(self, extent: Extent) -> Iterator[Part]:
        """Give the finished parts one by one, from the first image on without a gap.

        Parameters
        ----------
        extent : Extent
            Of the run; each part is compared with it.

        Raises
        ------
        RunError
            If a part is damaged.
        """
        position = 0
        while True:
            path = self._part(position)
            with _at(path):
                if not path.exists():
                    return
            part = part_file.read(path, position, extent, self._run())
            yield part
            # all parts of a run have the same rows
            extent = Extent(extent.steps, extent.classes, len(part.spikes), len(part.synops))
            position += len(part.labels)

    def _run(self) -> str:
        """Give the digest of what was asked for, which the parts carry."""
        if self._digest is None:
            self.read_record()
        return self._digest or ""

    def _part(self, first: int) -> Path:
        return self.path / PARTS / f"{first:08d}.npz"

    def _check_ours(self) -> None:
        """Refuse a folder that holds something, but no run."""
        with _at(self.path):
            if self.exists or not self.path.exists():
                return
            # a run that ended before it began leaves its lock, and perhaps an empty folder of parts
            if self.path.is_dir() and all(self._is_left_over(path) for path in self.path.iterdir()):
                return
        raise RunError(f"{self.path} exists and is no run folder; name another, or empty it")

    def _is_left_over(self, path: Path) -> bool:
        if path.name == PARTS and path.is_dir():
            return not any(path.iterdir())
        return path.name == LOCK or NAME.fullmatch(path.name) is not None

    def _remove_results(self) -> None:
        """Remove the summary, the observation and the parts, and nothing that a run did not write."""
        with _at(self.path):
            (self.path / SUMMARY).unlink(missing_ok=True)
            (self.path / OBSERVATION).unlink(missing_ok=True)
            parts = self.path / PARTS
            for path in parts.iterdir() if parts.is_dir() else ():
                if _PART.fullmatch(path.name):
                    path.unlink()
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        for folder in (self.path, self.path / PARTS):
            remove_leftovers(folder)

    def _write(self, name: str, content: dict[str, Any]) -> None:
        sealed.write(self.path / name, content, indent=2)

    def _read(self, name: str) -> dict[str, Any]:
        path = self.path / name
        with _at(self.path):
            if self.path.is_file():
                raise RunError(f"{self.path} is a file, a run folder is expected; make one with simulate")
            there = self.path.exists()
        try:
            return sealed.read(path, _FORMATS[name], _NEWEST, _REMEDIES[name])
        except FileMissingError as error:
            if not there:
                raise FileMissingError(f"{self.path} does not exist") from error
            raise FileMissingError(f"{self.path} is no run folder: it has no {name}; make one with simulate") from error
        except InputError as error:
            raise RunError(str(error)) from error


def _digest(record: dict[str, Any]) -> str:
    # not of the command line: the same request gives the same parts
    return sealed.digest({"request": record.get("request")})


@contextmanager
def _at(path: Path) -> Iterator[None]:
    """Turn the errors of the file system into a `RunError`."""
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise RunError(f"cannot use the run folder {path}: {error.strerror or error}") from error
