"""The commands that write files, small, for checks that end them half-way: what each reads, and what must come out."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "sample_models"
SNNCONV = (sys.executable, "-c", "from snnconv.cli import main; main()")

# what depends on the clock, and the digest of a file that has it in it
_TIMED = ("seconds", "images_per_second", "digest")
_ASIDE = re.compile(r"\..*\.part")

OVER = " over an older result"

JOBS = (
    *("calibrate", "convert", "convert with a search", "spike-norm", "simulate", "simulate without observing"),
    *("report", "diagnose"),
    *(name + OVER for name in ("calibrate", "convert", "spike-norm", "simulate")),
)
"""The commands that write."""

Contents = dict[str, bytes]
"""Bytes of files by their path in a folder."""


@dataclass(frozen=True)
class Job:
    """A command, run in an empty folder of its own.

    Attributes
    ----------
    name : str
    words : tuple of str
        What stands behind ``snnconv``; outputs are relative to the folder.
    before : tuple of str
        A command that makes an older result there first; nothing where it is empty.
    """

    name: str
    words: tuple[str, ...]
    before: tuple[str, ...] = ()


class Inputs:
    """What the commands read, made when it is first asked for.

    Parameters
    ----------
    folder : Path
        Must exist.
    images : int
        That are calibrated on and simulated, 450 at most.
    steps : int
        T of a simulation.
    """

    def __init__(self, folder: Path, images: int, steps: int) -> None:
        self._folder, self._count = folder, images
        self._model, self._images = str(SAMPLES / "digits_resnet.onnx"), str(SAMPLES / "digits_calibration.npz")
        self._test, self._steps = str(SAMPLES / "digits_test.npz"), ("--steps", str(steps))

    def job(self, name: str) -> Job:
        """Give a command by its name, one of `JOBS`."""
        older, made = self._older(name.removesuffix(OVER)), self._words(name.removesuffix(OVER))
        if not name.endswith(OVER):
            return Job(name, made)
        return Job(name, (*made, "--overwrite") if made[0] == "simulate" else made, older)

    def _words(self, name: str) -> tuple[str, ...]:
        match name:
            case "calibrate":
                return self._calibrate(self._count, "x.calib")
            case "convert":
                return self._convert("--compensation", "none", "-o", "n.snn")
            case "convert with a search":
                return self._convert("--data", self._images, "--samples", "8", "--no-verify", "-o", "n.snn")
            case "spike-norm":
                words = ("--preset", "spike-norm", "--data", self._images, "--samples", "4", "--no-verify")
                return self._convert(*words, "-o", "n.snn")
            case "simulate":
                return (*self._simulate("3", "run"), "--reference", self._model)
            case "simulate without observing":
                return self._simulate("0", "run")
            case "report":
                return ("report", self._made("in.run"), "--html", "page.html")
            case _:
                words = ("diagnose", self._made("in.snn"), "--reference", self._model, "--data", self._test)
                return (*words, "--samples", "8", *self._steps, "-o", "found.json")

    def _older(self, name: str) -> tuple[str, ...]:
        if name == "calibrate":
            return self._calibrate(self._count // 2, "x.calib")
        if name == "simulate":
            return (*self._simulate("2", "run"), "--batch-size", "20", "--limit", "20")
        return self._convert("--compensation", "none", "--steps", "9", "-o", "n.snn")

    def _calibrate(self, samples: int, out: str) -> tuple[str, ...]:
        words = ("calibrate", self._model, "--data", self._images, "--samples", str(samples), "-o", out)
        return (*words, "--scale", "16", "--mean", "0.5", "--std", "0.5")

    def _convert(self, *more: str) -> tuple[str, ...]:
        return ("convert", self._model, "--calibration", self._made("in.calib"), "--steps", "8", *more)

    def _simulate(self, observe: str, out: str) -> tuple[str, ...]:
        words = ("simulate", self._made("in.snn"), "--data", self._test, "--limit", str(self._count), *self._steps)
        return (*words, "--observe", observe, "-o", out)

    def _made(self, name: str) -> str:
        """Give the path of an input, and make it where it is not there."""
        path = self._folder / name
        if not path.exists():
            match name:
                case "in.calib":
                    words = self._calibrate(1347, name)
                case "in.snn":
                    words = self._convert("--compensation", "none", "-o", name)
                case _:
                    words = self._simulate("3", name)
            subprocess.run([*SNNCONV, *words, "-q"], cwd=self._folder, check=True, capture_output=True)
        return str(path)


def contents(folder: Path) -> Contents:
    """Give what the files in a folder hold, without what depends on the clock and what is no result."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _ASIDE.fullmatch(path.name):
            found[str(path.relative_to(folder))] = _untimed(path)
    return found


def left_over(folder: Path) -> list[str]:
    """Name what interrupted writing has left."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if _ASIDE.fullmatch(path.name))


def difference(found: Contents, expected: Contents) -> str:
    """Say what differs; an empty text where nothing does."""
    if set(found) != set(expected):
        return f"the files are {sorted(found)}, expected {sorted(expected)}"
    return ", ".join(f"{name} differs" for name in expected if found[name] != expected[name])


def half_files(found: Contents, whole: list[Contents]) -> str:
    """Say which files are neither as a finished command leaves them nor, in a run that goes on, good JSON.

    Parameters
    ----------
    found : dict
        What lies there.
    whole : list of dict
        What a finished command leaves: this one, and the one before it.
    """
    odd = []
    for name, data in found.items():
        if any(one.get(name) == data for one in whole):
            continue
        if not name.endswith(("summary.json", "run.json", "observation.json", ".unfinished")) or not _is_json(data):
            odd.append(name)
    return ", ".join(f"{name} is half a file" for name in odd)


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _untimed(path: Path) -> bytes:
    data = path.read_bytes()
    if path.name != "summary.json" or not _is_json(data):
        return data
    return json.dumps({key: value for key, value in json.loads(data).items() if key not in _TIMED}).encode()
