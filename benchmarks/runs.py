"""Runs ``snnconv simulate`` as a process and gives what its summary says, with its memory."""

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import process
from record import say

from snnconv.choices import BackendName

BACKENDS = [backend.value for backend in BackendName if backend.value != "auto"]

DISTURBED = 0.1
"""Cores that other processes kept busy during a run."""
Runner = Callable[[], dict[str, Any]]


class RefusedError(Exception):
    """``snnconv simulate`` did not run this; the text is what it said."""


@dataclass(frozen=True)
class Job:
    """A simulation to measure.

    Attributes
    ----------
    network, data : Path
    backend : str
    steps, limit, threads : int
        T, images, threads.
    batch_size : int, optional
        Images at a time in a thread; None leaves it to the backend.
    """

    network: Path
    data: Path
    backend: str
    steps: int
    limit: int
    threads: int
    batch_size: int | None = None


def simulate(job: Job) -> dict[str, Any]:
    """Run a simulation and give its figures.

    Returns
    -------
    dict
        ``seconds`` are those of the summary: reading images, simulating, counting, writing; not the start of Python.
        ``process_seconds`` is all of it.

    Raises
    ------
    RefusedError
        If the command ends with another code than 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [*process.SNNCONV, "simulate", str(job.network), "--data", str(job.data), "--observe", "0"]
        command += ["--steps", str(job.steps), "--limit", str(job.limit), "--threads", str(job.threads)]
        command += ["--backend", job.backend, "--json", "-o", str(Path(folder) / "run")]
        if job.batch_size is not None:
            command += ["--batch-size", str(job.batch_size)]
        done = process.run(command, threads=job.threads, check=False)
    if done.code:
        raise RefusedError(f"exit code {done.code}: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    summary = json.loads(done.stdout)
    last = str(summary["steps"])
    return {
        "images": summary["images"],
        "steps": summary["steps"],
        "backend": summary["backend"],
        "seconds": summary["seconds"],
        "images_per_second": summary["images"] / summary["seconds"],
        "ms_per_image_step": 1000 * summary["seconds"] / summary["images"] / summary["steps"],
        "accuracy": None if summary["accuracy"] is None else summary["accuracy"][last],
        "spikes_per_image": summary["spikes_per_image"][last],
        "synops_per_image": summary["synops_per_image"][last],
        "process_seconds": done.seconds,
        "cpu_seconds": done.cpu_seconds,
        "peak_mb": done.peak_mb,
        "other_cores": done.other_cores,
    }


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how often a disturbed run is made again."""
    text = f"of a run during which others kept more than {DISTURBED} cores busy; default %(default)s"
    parser.add_argument("--retries", type=int, default=3, help=text)


def undisturbed(runner: Runner, retries: int) -> dict[str, Any]:
    """Run until nothing else was at work; if no run was alone, give the one that was most so.

    Parameters
    ----------
    runner : callable
        Its result has ``other_cores``.
    retries : int
        How often it may run again.
    """
    best = runner()
    while best["other_cores"] > DISTURBED and retries > 0:
        say(f"  others kept {best['other_cores']:.2f} cores busy, once more")
        best = min(best, runner(), key=lambda run: run["other_cores"])
        retries -= 1
    return best
