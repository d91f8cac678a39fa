"""Damaged and hostile ONNX files: each is refused in one line, or converted at parity.

Usage, from anywhere: python tests/fuzz/damaged_models.py --seed 0 --count 2000

Cases run in a worker process with bounded memory; one that dies or hangs is a failure, and the next case goes on in a
new one. One line for each failure, with what repeats it; its files are kept in --keep. Exit 1 if there is a failure.
What is read and then stopped by the parity check is named too: no wrong network comes out, but the reader took what it
should have refused. It is no part of the check command; a few cases are, in test_damaged_models.py.
"""

import contextlib
import json
import os
import queue
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.arguments import new_parser

REFUSED, CONVERTED, OFF_PARITY, NOT_MADE, FAILED = "refused", "converted", "off parity", "not made", "FAILED"

_ADDRESS_SPACE = 4 * 2**30
_MEMORY_LIMIT = 2**29  # what the library is told: well below what the process has
_LARGEST_IMAGES = 2**20  # numbers of the images that are run; larger ones are read only
_IMAGES = 4

Verdict = tuple[int, str, str]
"""Number of the case, what became of it, and why."""


def run_case(seed: int, number: int, only: str = "") -> tuple[str, str]:
    """Read a case, and where it can be read, calibrate and convert it."""
    from snnconv.errors import InputError, ParityError
    from tests.fuzz.damages import make_case

    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "model"
        folder.mkdir()
        damages = "?"
        try:
            case = make_case(seed, number, folder, only)
            damages = ", ".join(case.damages)
            path = case.save()
        except Exception as error:  # the library is not to blame
            return NOT_MADE, f"{damages}: {type(error).__name__}: {error}"
        try:
            _use(path, Path(parent))
        except ParityError as error:
            return OFF_PARITY, f"{damages}: {error}"
        except InputError as error:
            text = str(error)
            one_line = len(text.splitlines()) == 1 and text.isprintable()
            return (REFUSED if one_line else FAILED), f"{damages}: {text!r}"
        except BaseException as error:  # whatever else comes out is what is looked for
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            return FAILED, f"{damages}: {type(error).__name__} at {where}: {' '.join(str(error).split())[:300]}"
    return CONVERTED, damages


def _use(path: Path, folder: Path) -> None:
    """Do what the commands do."""
    import numpy as np

    import snnconv
    from snnconv import passes
    from snnconv.graph.reader import read

    graph = passes.run(read(path, memory_limit=_MEMORY_LIMIT))
    if np.prod(graph.input_shape, dtype=float) * _IMAGES > _LARGEST_IMAGES:
        return
    images = np.random.default_rng(0).normal(size=(_IMAGES, *graph.input_shape)).astype(np.float32)
    np.save(folder / "x.npy", images)
    snnconv.calibrate(path, folder / "x.npy", folder / "x.calib", threads=1)
    snnconv.convert(path, folder / "x.calib", folder / "n.snn", snnconv.ConversionOptions(compensation="none"))


def work(
    seed: int, first: int, stop: int, only: str, run: Callable[[int, int, str], tuple[str, str]] = run_case
) -> None:
    """Run cases as a worker: a line of JSON for each."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what native code prints is no verdict
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in range(first, stop):
        verdict, why = run(seed, number, only)
        out.write(json.dumps([number, verdict, why]) + "\n")
        out.flush()


def verdicts(
    seed: int, first: int, stop: int, timeout: float, only: str = "", script: str = __file__
) -> Iterator[Verdict]:
    """Give the verdict of each case, in order, with as many workers one after another as it takes.

    `script` is what a worker runs, with --work.
    """
    number = first
    while number < stop:
        for verdict in _of_worker(seed, number, stop, timeout, only, script):
            yield verdict
            number = verdict[0] + 1


def _of_worker(seed: int, first: int, stop: int, timeout: float, only: str, script: str) -> Iterator[Verdict]:
    """Give verdicts until the worker is done, or a case ends it."""
    command = [sys.executable, script, "--work", "--seed", str(seed), "--first", str(first), "--only", only]
    with tempfile.TemporaryFile("w+") as talk:
        worker = subprocess.Popen(
            [*command, "--count", str(stop - first)], stdout=subprocess.PIPE, stderr=talk, text=True
        )
        lines: queue.Queue[str | None] = queue.Queue()

        def listen() -> None:
            lines.put_nowait("")  # so that the time starts
            assert worker.stdout is not None
            for line in worker.stdout:
                lines.put(line)
            lines.put(None)

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        number = first
        try:
            lines.get()
            while number < stop:
                # a new worker imports the library first
                patience = timeout + (30 if number == first else 0)
                try:
                    line = lines.get(timeout=patience)
                except queue.Empty:
                    yield number, FAILED, f"no end after {patience:.0f} s"
                    return
                if line is None:
                    worker.wait()
                    talk.seek(0)
                    said = " ".join(talk.read()[-400:].split())
                    yield number, FAILED, f"the process died with {worker.returncode}: {said}"
                    return
                verdict: Any = json.loads(line)
                yield verdict[0], verdict[1], verdict[2]
                number += 1
        finally:
            worker.kill()
            worker.wait()
            listener.join()
            if worker.stdout is not None:
                worker.stdout.close()


def keep(seed: int, number: int, only: str, folder: Path) -> None:
    """Write the files of a case, to look at."""
    from tests.fuzz.damages import make_case

    target = folder / f"{seed}-{number}" / "model"
    shutil.rmtree(target.parent, ignore_errors=True)
    target.mkdir(parents=True)
    with contextlib.suppress(Exception):
        make_case(seed, number, target, only).save()


def main() -> int:
    parser = new_parser(__doc__, "cases", count=200, timeout=20, keep="damaged")
    parser.add_argument("--only", default="", metavar="DAMAGE", help="this damage alone, as damages.py names it")
    options = parser.parse_args()
    first, stop = options.first, options.first + options.count
    if options.work:
        work(options.seed, first, stop, options.only)
        return 0
    started, counts = time.monotonic(), Counter[str]()
    for number, verdict, why in verdicts(options.seed, first, stop, options.timeout, options.only):
        counts[verdict] += 1
        if verdict == FAILED:
            keep(options.seed, number, options.only, options.keep)
        if options.verbose or verdict in (FAILED, OFF_PARITY):
            sys.stdout.write(f"case {number} of seed {options.seed} {verdict}: {why}\n")
            sys.stdout.flush()
    shown = ", ".join(f"{counts[v]} {v}" for v in (REFUSED, CONVERTED, OFF_PARITY, NOT_MADE, FAILED))
    sys.stdout.write(f"{options.count} cases in {time.monotonic() - started:.0f} s: {shown}\n")
    return 1 if counts[FAILED] else 0


if __name__ == "__main__":
    sys.exit(main())
