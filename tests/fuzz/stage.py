"""Runs commands of snnconv in forked processes that have imported everything, and disturbs them."""

import io
import os
import shutil
import sys
from pathlib import Path

from tests.fuzz.file_changes import Changes
from tests.fuzz.jobs import SNNCONV, Contents, Job, contents


class Stage:
    """A folder in which commands run, one after the other.

    Parameters
    ----------
    folder : Path
        Must exist.
    """

    def __init__(self, folder: Path) -> None:
        # nothing is imported in the forked processes
        import snnconv.commands.calibrate
        import snnconv.commands.convert
        import snnconv.commands.diagnose
        import snnconv.commands.simulate
        import snnconv.reporting.page  # noqa: F401

        self._folder = folder
        self._whole: dict[str, Contents] = {}
        self._older: dict[str, Path] = {}
        self.changes = 0
        """How many file changes the last command made that came to its end."""

    def prepare(self, job: Job) -> Path:
        """Give a new folder for a command, with the older result that it replaces."""
        place = self._folder / "place"
        shutil.rmtree(place, ignore_errors=True)
        if job.before:
            if job.name not in self._older:
                self._older[job.name] = self._folder / f"older-{len(self._older)}"
                self._older[job.name].mkdir()
                self._must(self._older[job.name], job.before)
            shutil.copytree(self._older[job.name], place)
        else:
            place.mkdir()
        return place

    def whole(self, job: Job) -> Contents:
        """Give what an undisturbed command leaves."""
        if job.name not in self._whole:
            place = self.prepare(job)
            self._must(place, job.words)
            self._whole[job.name] = contents(place)
        return self._whole[job.name]

    def older(self, job: Job) -> Contents:
        """Give what lies in the folder before the command."""
        return contents(self._older[job.name]) if job.before else {}

    def run(self, place: Path, words: tuple[str, ...], number: int = -1, how: str = "") -> tuple[int, str]:
        """Run a command, disturbed before a change where a number is given.

        Returns
        -------
        tuple of int and str
            The exit code, and what it said on stderr.
        """
        read, write = os.pipe()
        said = self._folder / "stderr"
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.close(read)
            self._become(place, words, said, Changes(place, number, how), write)
        os.close(write)
        with os.fdopen(read) as pipe:
            counted = pipe.read()
        _, status = os.waitpid(child, 0)
        self.changes = int(counted or 0)
        return os.waitstatus_to_exitcode(status), said.read_text(errors="replace")

    def _must(self, place: Path, words: tuple[str, ...]) -> None:
        code, said = self.run(place, words)
        if code or said:
            raise RuntimeError(f"{' '.join(words)} ended undisturbed with {code}: {said}")

    def _become(self, place: Path, words: tuple[str, ...], said: Path, changes: Changes, told: int) -> None:
        """Be the command; never come back."""
        code = 1
        try:
            os.chdir(place)
            _send(1, Path(os.devnull))
            _send(2, said)
            sys.stdout, sys.stderr = io.TextIOWrapper(io.FileIO(1, "w")), io.TextIOWrapper(io.FileIO(2, "w"))
            from snnconv.cli import main

            sys.argv = [SNNCONV[-1], *words, "-q"]
            changes.watch()
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException as error:
            os.write(2, f"Traceback: {type(error).__name__}: {error}\n".encode())
        finally:
            sys.stderr.flush()
            os.write(told, str(changes.count).encode())
            os._exit(code)


def _send(descriptor: int, path: Path) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(opened, descriptor)
    os.close(opened)
