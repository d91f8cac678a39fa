"""Random ResNet-like ONNX graphs: each is checked, calibrated, converted at parity and simulated, or rightly refused.

Usage, from anywhere: python tests/fuzz/graphs.py --seed 0 --count 500

Graphs run in a worker process; one that ends it, by a crash or by taking too long, is a failure, and the next graph
goes on in a new one. One line for each failure, with what repeats it; its model is kept in --keep. Exit 1 if there is
a failure. A graph that onnx or onnxruntime does not take is "not made", and no failure; neither is one whose node
without a spiking form is refused. It is no part of the check command; a few graphs are, in test_graphs.py.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.arguments import new_parser
from tests.fuzz.graph_case import CONVERTED, FAILED, NOT_MADE, REFUSED, Outcome, run_graph
from tests.fuzz.random_graphs import draw


def work(seed: int, first: int, stop: int, timeout: int) -> None:
    """Run graphs as a worker: a line of JSON for each."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what native code prints is no outcome
    for number in range(first, stop):
        signal.alarm(timeout)  # nobody handles it, so it ends the process
        outcome = run_graph(draw(seed, number), number)
        out.write(json.dumps([number, vars(outcome)]) + "\n")
        out.flush()


def outcomes(seed: int, first: int, stop: int, timeout: int) -> Iterator[tuple[int, Outcome]]:
    """Give the outcome of each graph, in order, with as many workers one after another as it takes."""
    number = first
    while number < stop:
        for found, outcome in _of_worker(seed, number, stop, timeout):
            yield found, outcome
            number = found + 1


def _of_worker(seed: int, first: int, stop: int, timeout: int) -> Iterator[tuple[int, Outcome]]:
    """Give outcomes until the worker is done, or a graph ends it."""
    command = [sys.executable, __file__, "--work", "--seed", str(seed), "--first", str(first)]
    command += ["--count", str(stop - first), "--timeout", str(timeout)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    number = first
    with (
        tempfile.TemporaryFile("w+") as talk,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=talk, text=True, env=environment) as worker,
    ):
        assert worker.stdout is not None
        try:
            for line in worker.stdout:
                found, fields = json.loads(line)
                yield found, Outcome(**fields | {"work": Counter(fields["work"])})
                number = found + 1
        finally:
            worker.kill()
        if number < stop:
            worker.wait()
            talk.seek(0)
            said = " ".join(talk.read()[-400:].split())
            why = f"no end after {timeout} s" if worker.returncode == -signal.SIGALRM else f"the process died: {said}"
            yield number, Outcome(FAILED, f"{why} (exit {worker.returncode})")


class Totals:
    """What all graphs together were."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.work: Counter[str] = Counter()
        self.parity = (0.0, -1)
        self.silent = 0
        self.failed: list[int] = []

    def note(self, number: int, outcome: Outcome) -> None:
        self.counts[outcome.verdict] += 1
        self.work.update({name: n for name, n in outcome.work.items() if name})
        self.parity = max(self.parity, (outcome.parity, number))
        self.silent += outcome.verdict == CONVERTED and not outcome.spikes
        if outcome.verdict == FAILED:
            self.failed.append(number)

    def progress(self) -> str:
        return ", ".join(f"{self.counts[v]} {v}" for v in (CONVERTED, REFUSED, NOT_MADE, FAILED))

    def report(self) -> str:
        shown = ", ".join(f"{n} {name}" for name, n in sorted(self.work.items()))
        return f"largest parity error {self.parity[0]:.1e}, graph {self.parity[1]}; {self.silent} silent; {shown}"


def keep(seed: int, number: int, folder: Path) -> Path:
    """Write the model of a graph, to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"graph-{seed}-{number}.onnx"
    path.write_bytes(draw(seed, number).model.SerializeToString())
    return path


def main() -> int:
    options = new_parser(__doc__, "graphs", count=500, timeout=30, keep="failed_graphs").parse_args()
    first, stop = options.first, options.first + options.count
    if options.work:
        work(options.seed, first, stop, options.timeout)
        return 0
    started, totals, shows = time.monotonic(), Totals(), sys.stderr.isatty()
    for number, outcome in outcomes(options.seed, first, stop, options.timeout):
        totals.note(number, outcome)
        if outcome.verdict == FAILED or (outcome.verdict == NOT_MADE and options.verbose):
            kept = f"; {keep(options.seed, number, options.keep)}" if outcome.verdict == FAILED else ""
            sys.stdout.write(f"graph {number} of seed {options.seed} {outcome.verdict}: {outcome.why}{kept}\n")
            sys.stdout.flush()
        if shows:
            sys.stderr.write(f"\r{number + 1 - first}/{options.count}: {totals.progress()} ")
    sys.stderr.write("\n" * shows)
    sys.stdout.write(f"{options.count} graphs in {time.monotonic() - started:.0f} s: {totals.progress()}\n")
    sys.stdout.write(f"{totals.report()}\n")
    if totals.failed:
        sys.stdout.write(f"failed with --seed {options.seed}: {' '.join(map(str, totals.failed))}\n")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
