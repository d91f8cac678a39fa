"""The run folder: what a simulation writes, readable half-way, and what lets it go on.

::

    RUN/
    ├── run.json       what was asked for: inputs by hash, options, versions, command line
    ├── summary.json   the result so far (schemas/run-summary.schema.json)
    └── parts/         one .npz per finished piece, named by its first image
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TextIO
from zipfile import BadZipFile

import numpy as np

from snnconv.errors import FileMissingError, RunError
from snnconv.files.atomic import write_bytes

Array = np.ndarray[Any, Any]

RUN, SUMMARY, PARTS, LOCK = "run.json", "summary.json", "parts", ".lock"


@dataclass(frozen=True)
class Part:
    """The results of some consecutive images.

    Attributes
    ----------
    first : int
        The position of the first image.
    predictions : ndarray (n, T) uint16
        The class decided on after each step.
    in_top5 : ndarray (n, T) bool
        Whether the label is among the first five; empty (n, 0) without labels or with five classes or fewer.
    labels : ndarray (n,) int64
        −1 where there is none.
    reference : ndarray (n,) int64
        The ONNX model's class; −1 where it was not run.
    spikes : ndarray (layers, T) int64
        Sums over the images.
    synops : ndarray (weighted nodes, T) int64
        Sums over the images.
    spikes_by_image : ndarray (n, layers) int64
        Sums over the steps.
    synops_by_image : ndarray (n, weighted nodes) int64
        Sums over the steps.
    """

    first: int
    predictions: Array
    in_top5: Array
    labels: Array
    reference: Array
    spikes: Array
    synops: Array
    spikes_by_image: Array
    synops_by_image: Array


_COLUMNS = [field.name for field in fields(Part) if field.name != "first"]


class RunFolder:
    """A run folder on disk.

    Parameters
    ----------
    path : Path
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / RUN).is_file()

    def begin(self, request: dict[str, Any]) -> None:
        """Begin a run.

        Raises
        ------
        RunError
            If the folder holds something that is no run, or cannot be made.
        """
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise RunError(f"{self.path} exists and is no run folder; name another, or empty it")
        try:
            (self.path / PARTS).mkdir(parents=True)
        except OSError as error:
            raise RunError(f"cannot make the folder {self.path}: {error.strerror or error}") from error
        self._write(RUN, request)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing here; the lock goes with the process.

        Raises
        ------
        RunError
            If another process is at work here.
        """
        with (self.path / LOCK).open("w") as file:
            try:
                _lock(file)
            except OSError as error:
                raise RunError(
                    f"another process is simulating into {self.path}; wait for it, or name another folder"
                ) from error
            yield

    def clear(self) -> None:
        """Remove what a run left here, and nothing else."""
        for path in [
            *(self.path / PARTS).glob("*.npz"),
            *(self.path / name for name in (RUN, SUMMARY, LOCK)),
        ]:
            path.unlink(missing_ok=True)
        for folder in (self.path / PARTS, self.path):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def request(self) -> dict[str, Any]:
        """Give what ``run.json`` says.

        Raises
        ------
        FileMissingError
            If there is no run here.
        RunError
            If the file is damaged.
        """
        return self._read(RUN)

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write the result so far."""
        self._write(SUMMARY, summary)

    def read_summary(self) -> dict[str, Any]:
        """Give what ``summary.json`` says.

        Raises
        ------
        FileMissingError
            If there is none.
        RunError
            If the file is damaged.
        """
        return self._read(SUMMARY)

    def write_part(self, part: Part) -> None:
        """Keep the results of some images."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{name: getattr(part, name) for name in _COLUMNS})
        write_bytes(self.path / PARTS / f"{part.first:08d}.npz", buffer.getvalue())

    def parts(self) -> list[Part]:
        """Give the finished parts, from the first image on without a gap.

        Raises
        ------
        RunError
            If a part is damaged.
        """
        found: list[Part] = []
        position = 0
        for path in sorted((self.path / PARTS).glob("*.npz")):
            part = _read_part(path)
            if part.first != position:
                break
            found.append(part)
            position += len(part.labels)
        return found

    def _write(self, name: str, content: dict[str, Any]) -> None:
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        write_bytes(self.path / name, (text + "\n").encode())

    def _read(self, name: str) -> dict[str, Any]:
        path = self.path / name
        if self.path.is_file():
            raise RunError(f"{self.path} is a file, a run folder is expected; make one with simulate")
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            if not self.path.exists():
                raise FileMissingError(f"{self.path} does not exist") from error
            raise FileMissingError(f"{self.path} is no run folder: it has no {name}; make one with simulate") from error
        except (OSError, ValueError) as error:
            raise RunError(f"{path} is damaged: {error}; run simulate with --overwrite") from error
        if not isinstance(content, dict):
            raise RunError(f"{path} is damaged: it holds no JSON object; run simulate with --overwrite")
        return content


def _lock(file: TextIO) -> None:
    """Lock a file against other processes, without waiting; where the system has no such locks, do nothing."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read_part(path: Path) -> Part:
    try:
        with np.load(path, allow_pickle=False) as archive:
            columns = {name: archive[name] for name in _COLUMNS}
        return Part(first=int(path.stem), **columns)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise RunError(f"{path} is damaged: {error}; delete it, and the same command computes it again") from error
