"""Runs cases in a worker process; one that ends it, by a crash or by taking too long, is a failure of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Died:
    """What became of a case that ended its worker.

    Attributes
    ----------
    why : str
        How it ended, and its last words.
    """

    why: str


def work(run: Callable[[int], Any], first: int, stop: int, timeout: int) -> None:
    """Run cases as a worker: a line of JSON for each.

    Parameters
    ----------
    run : callable
        Takes the number of a case; gives what JSON can say.
    first, stop : int
        Numbers of the cases.
    timeout : int
        Seconds for one.
    """
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what native code prints is no outcome
    for number in range(first, stop):
        signal.alarm(timeout)  # nobody handles it, so it ends the process
        out.write(json.dumps([number, run(number)]) + "\n")
        out.flush()


def outcomes(
    script: str, first: int, stop: int, timeout: int, arguments: Sequence[str] = ()
) -> Iterator[tuple[int, Any]]:
    """Give (number, outcome) of each case, in order, with as many workers one after another as it takes.

    Parameters
    ----------
    script : str
        Is called with --work, --first, --count, --timeout and these arguments, and calls `work`.
    first, stop : int
        Numbers of the cases.
    timeout : int
        Seconds for one.
    arguments : sequence of str

    Yields
    ------
    tuple of int and object
        What `work` was given for the case, or `Died`.
    """
    number = first
    while number < stop:
        command = [sys.executable, script, "--work", *arguments, "--timeout", str(timeout)]
        command += ["--first", str(number), "--count", str(stop - number)]
        for found, outcome in _of_worker(command, number, stop, timeout):
            yield found, outcome
            number = found + 1


def _of_worker(command: list[str], first: int, stop: int, timeout: int) -> Iterator[tuple[int, Any]]:
    """Give outcomes until the worker is done, or a case ends it."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    number = first
    with (
        tempfile.TemporaryFile("w+") as talk,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=talk, text=True, env=environment) as worker,
    ):
        assert worker.stdout is not None
        try:
            for line in worker.stdout:
                found, outcome = json.loads(line)
                yield found, outcome
                number = found + 1
        finally:
            worker.kill()
        if number < stop:
            worker.wait()
            talk.seek(0)
            said = " ".join(talk.read()[-400:].split())
            why = f"no end after {timeout} s" if worker.returncode == -signal.SIGALRM else f"the process died: {said}"
            yield number, Died(f"{why} (exit {worker.returncode})")
