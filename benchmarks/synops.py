"""Synaptic operations per second and core of the event-driven kernel, against the most that the core can do.

The ceiling is measured in the same run, before and after each simulation: ceiling.c loads and adds rows of 16 int32 and
does nothing else. It needs a C compiler. The simulation is the library's, without files: images in memory, T steps,
counts and decisions. Both run on one thread, then on two at a time; one thread against two says what the second core is
worth on this machine, for both.
"""

import argparse
import ctypes
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cases
import numpy as np
import prepare
from record import Record, parser, say
from threadpoolctl import threadpool_limits

import snnconv
from snnconv.ir import file
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.event_backend import EventBackend
from snnconv.runtime.event.isa import instruction_sets

Array = np.ndarray[Any, Any]

ROUNDS_OF_ROWS = 400_000
"""About a twentieth of a second."""


def main() -> None:
    """Measure and write the result."""
    options = _options()
    record = Record("synops", options)
    result = []
    with prepare.work_folder(options.work) as work:
        ceiling = _ceiling(work)
        for case in cases.chosen(options):
            record.used(case.files)
            network = file.load(
                prepare.convert(case, work, snnconv.ConversionOptions(readout="current", compensation="none"))
            )
            images, _ = prepare.preprocessed(case, case.test, options.images or case.images // 4)
            for steps in options.steps:
                for isa in options.isa or instruction_sets():
                    say(f"{case.name}, T = {steps}, {isa}")
                    result.append(_measure(case.name, network, images, steps, isa, ceiling, options.rounds))
    record.finish(result)


def _options() -> argparse.Namespace:
    made = parser(__doc__, "python benchmarks/synops.py --steps 64 350 --out synops.json")
    cases.add_options(made)
    made.add_argument("--steps", type=int, nargs="+", default=[64], metavar="T", help="default 64")
    made.add_argument("--images", type=int, help="images for each thread; default 96 digits, 32 of CIFAR-10")
    made.add_argument("--isa", nargs="+", help="instruction sets; default all of this machine")
    made.add_argument("--rounds", type=int, default=9, help="default %(default)s")
    return made.parse_args()


def _ceiling(work: Path) -> Callable[[int], float]:
    """Compile the micro-benchmark; give a function from threads to operations per second, of all threads together."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        library = Path(folder) / "ceiling.so"
        source = Path(__file__).parent / "ceiling.c"
        subprocess.run(["cc", "-O2", "-march=native", "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
        add_rows = ctypes.CDLL(str(library)).add_rows
    add_rows.argtypes, add_rows.restype = [ctypes.c_int64], ctypes.c_int64
    # ctypes lets other threads run meanwhile
    return lambda threads: _rate(lambda _: int(add_rows(ROUNDS_OF_ROWS)), threads)


def _rate(work: Callable[[int], int], threads: int) -> float:
    """Give the operations per second of `threads` threads that do the same work at the same time."""
    with ThreadPoolExecutor(threads) as pool:
        return _timed(pool, work, threads)


def _measure(
    name: str,
    network: SpikingNetwork,
    images: Array,
    steps: int,
    isa: str,
    ceiling: Callable[[int], float],
    rounds: int,
) -> dict[str, Any]:
    backend = EventBackend(isa=isa)

    def simulate(_: int) -> int:
        return sum(int(c.recording.synops.sum()) for c in backend.run(network, images, steps))

    found: list[dict[str, float]] = []
    with threadpool_limits(1), ThreadPoolExecutor(2) as pool:
        # the threads keep their programs, so what is measured is a run well under way
        list(pool.map(lambda _: sum(1 for _ in backend.run(network, images, 1)), range(2)))
        for _ in range(rounds + 1):
            before = ceiling(1)
            one = _timed(pool, simulate, 1)
            between, both = ceiling(1), ceiling(2)
            two = _timed(pool, simulate, 2)
            found.append(
                {
                    "synops_per_second": one,
                    "ceiling": (before + between) / 2,
                    "of_ceiling": one / ((before + between) / 2),
                    "second_core": two / one,
                    "second_core_ceiling": both / between,
                }
            )
    return {
        "network": name,
        "steps": steps,
        "isa": isa,
        "images": len(images),
        "rounds": found[1:],  # the first warms up
        **{key: _spread([run[key] for run in found[1:]]) for key in found[0]},
    }


def _timed(pool: ThreadPoolExecutor, work: Callable[[int], int], threads: int) -> float:
    start = time.perf_counter()
    total = sum(pool.map(work, range(threads)))
    return total / (time.perf_counter() - start)


def _spread(values: list[float]) -> dict[str, float]:
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


if __name__ == "__main__":
    main()
