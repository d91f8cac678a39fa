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
    """What the commands read, made once.

    Parameters
    ----------
    folder : Path
        Must exist.
    images : int
        That are simulated, 450 at most.
    steps : int
        T of a simulation.
    """

    def __init__(self, folder: Path, images: int, steps: int) -> None:
        self.model, self.images = SAMPLES / "digits_resnet.onnx", SAMPLES / "digits_calibration.npz"
        self.calib, self.network, self.run = folder / "in.calib", folder / "in.snn", folder / "in.run"
        self._test = SAMPLES / "digits_test.npz"
        self._count, self._steps = str(images), str(steps)
        self._made(folder, *self._calibrate("1347"), str(self.calib))
        self._made(folder, *self._convert("none"), "--steps", "8", "-o", str(self.network))
        self._made(folder, *self._simulate("3"), "-o", str(self.run))

    def jobs(self) -> list[Job]:
        """Give all commands that write."""
        simulate = (*self._simulate("3"), "--reference", str(self.model))
        search = (*self._convert("search"), "--data", str(self.images), "--steps", "8")
        spikes = ("convert", str(self.model), "--calibration", str(self.calib), "--preset", "spike-norm")
        spikes += ("--data", str(self.images), "--samples", "4", "--steps", "8")
        diagnose = ("diagnose", str(self.network), "--reference", str(self.model), "--data", str(self._test))
        other = (*self._convert("none"), "--steps", "9", "-o", "n.snn")
        return [
            Job("calibrate", (*self._calibrate("300"), "x.calib")),
            Job(
                "calibrate over an older file",
                (*self._calibrate("300"), "x.calib"),
                (*self._calibrate("90"), "x.calib"),
            ),
            Job("convert", (*self._convert("none"), "-o", "n.snn")),
            Job("convert over an older file", (*self._convert("none"), "-o", "n.snn"), other),
            Job("convert with a search", (*search, "--samples", "8", "-o", "n.snn")),
            Job("spike-norm", (*spikes, "-o", "n.snn")),
            Job("spike-norm over an older file", (*spikes, "-o", "n.snn"), other),
            Job("simulate", (*simulate, "-o", "run")),
            Job("simulate without observing", (*self._simulate("0"), "-o", "run")),
            Job(
                "simulate over an older run",
                (*simulate, "-o", "run", "--overwrite"),
                (*self._simulate("2"), "--steps", "3", "-o", "run"),
            ),
            Job("report", ("report", str(self.run), "--html", "page.html")),
            Job("diagnose", (*diagnose, "--samples", "8", "-o", "found.json")),
        ]

    def _calibrate(self, samples: str) -> tuple[str, ...]:
        words = ("calibrate", str(self.model), "--data", str(self.images), "--samples", samples)
        return (*words, "--scale", "16", "--mean", "0.5", "--std", "0.5", "-o")

    def _convert(self, compensation: str) -> tuple[str, ...]:
        words = ("convert", str(self.model), "--calibration", str(self.calib))
        return (*words, "--compensation", compensation)

    def _simulate(self, observe: str) -> tuple[str, ...]:
        words = ("simulate", str(self.network), "--data", str(self._test), "--limit", self._count)
        return (
            (*words, "--observe", observe)
            if self._steps == "8"
            else (*words, "--observe", observe, "--steps", self._steps)
        )

    def _made(self, folder: Path, *words: str) -> None:
        subprocess.run([*SNNCONV, *words, "-q"], cwd=folder, check=True, capture_output=True)


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
