"""Runs a command as a process of its own and measures time and peak memory of it.

Linux hands the peak memory of whoever starts a process on to it. So a command is started by a small process in
between, this file run as a script, and not by the benchmark, which has libraries and images in its memory.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SNNCONV = (sys.executable, "-c", "from snnconv.cli import main; main()")
"""The command ``snnconv`` of this Python, wherever scripts are installed."""


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes
    ----------
    code : int
        Its exit code; below 0 the signal that killed it.
    stdout, stderr : str
    seconds : float
        From start to end, by the clock.
    cpu_seconds : float
        User and system time of all its threads.
    peak_mb : float
        Largest resident memory, in MB of 2²⁰ bytes.
    other_cores : float
        How many cores other processes kept busy meanwhile, on average. Well above 0, the time is not to be trusted:
        threads that wait for each other lose most.
    """

    code: int
    stdout: str
    stderr: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    other_cores: float


def run(command: Sequence[str], *, threads: int | None = None, check: bool = True) -> Finished:
    """Run a command and wait for it.

    Parameters
    ----------
    threads : int, optional
        What OpenMP and BLAS may take.
    check : bool
        Raise if its exit code is not 0.

    Raises
    ------
    RuntimeError
        If it fails; with the end of its stderr.
    """
    environment = dict(os.environ)
    if threads is not None:
        environment |= {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        measured = Path(folder) / "measured.json"
        # -I and -S: no site packages, nothing of the user's
        launcher = [sys.executable, "-I", "-S", __file__, str(measured), *command]
        done = subprocess.run(launcher, check=False, capture_output=True, text=True, errors="replace", env=environment)
        if not measured.is_file():
            raise RuntimeError(f"{' '.join(command)} could not be started: {done.stderr.strip()[-500:]}")
        numbers = json.loads(measured.read_text())
    finished = Finished(stdout=done.stdout, stderr=done.stderr, **numbers)
    if check and finished.code:
        raise RuntimeError(f"{' '.join(command)} ended with {finished.code}: {done.stderr.strip()[-500:]}")
    return finished


def _launch(measured: str, command: Sequence[str]) -> None:
    """Run a command from this small process and write what it took."""
    start, busy = time.perf_counter(), _busy_seconds()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    seconds, own = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    numbers = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu_seconds": own,
        "peak_mb": usage.ru_maxrss / 1024,  # kB on Linux
        "other_cores": max(0.0, (_busy_seconds() - busy - own) / seconds),
    }
    child.returncode = numbers["code"]  # it is waited for already
    Path(measured).write_text(json.dumps(numbers))


def _busy_seconds() -> float:
    """Give the time that all cores have been busy since the system started, stolen time of a virtual one included."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = ticks  # the two left out are idle and waiting for a disk
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    _launch(sys.argv[1], sys.argv[2:])
