"""Damaged and hostile ONNX files: each is refused in one line, or converted at parity.

Usage, from anywhere: python tests/fuzz/damaged_models.py --seed 0 --count 2000

Cases run in a worker process with bounded memory; one that dies or hangs is a failure, and the next case goes on in a
new one. One line for each failure, with what repeats it; its files are kept in --keep. Exit 1 if there is a failure.
What is read and then stopped by the parity check is named too: no wrong network comes out, but the reader took what it
should have refused. It is no part of the check command; a few cases are, in test_damaged_models.py.
"""

import contextlib
import resource
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz import workers
from tests.fuzz.arguments import new_parser
from tests.fuzz.tally import FAILED, Tally

REFUSED, CONVERTED, OFF_PARITY, NOT_MADE = "refused", "converted", "off parity", "not made"

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
    from snnconv.graph.reading.reader import read

    graph = passes.run(read(path, memory_limit=_MEMORY_LIMIT))
    if np.prod(graph.input_shape, dtype=float) * _IMAGES > _LARGEST_IMAGES:
        return
    images = np.random.default_rng(0).normal(size=(_IMAGES, *graph.input_shape)).astype(np.float32)
    np.save(folder / "x.npy", images)
    snnconv.calibrate(path, folder / "x.npy", folder / "x.calib", threads=1)
    snnconv.convert(path, folder / "x.calib", folder / "n.snn", snnconv.ConversionOptions(compensation="none"))


def work(
    seed: int, first: int, stop: int, only: str, run: Callable[[int, int, str], Any] = run_case, timeout: int = 60
) -> None:
    """Run cases as a worker, with bounded memory; `run` takes (seed, number, only) and gives (verdict, why)."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    workers.work(lambda number: run(seed, number, only), first, stop, timeout)


def verdicts(
    seed: int, first: int, stop: int, timeout: int, only: str = "", script: str = __file__
) -> Iterator[Verdict]:
    """Give the verdict of each case, in order; `script` is what a worker runs, with --work."""
    for number, found in workers.outcomes(script, first, stop, timeout, ["--seed", str(seed), "--only", only]):
        verdict, why = (FAILED, found.why) if isinstance(found, workers.Died) else found
        yield number, verdict, why


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
        work(options.seed, first, stop, options.only, timeout=options.timeout)
        return 0
    tally = Tally("damaged models", REFUSED, CONVERTED, OFF_PARITY, NOT_MADE, seed=options.seed)
    for number, verdict, why in verdicts(options.seed, first, stop, options.timeout, options.only):
        if verdict == FAILED:
            keep(options.seed, number, options.only, options.keep)
        tally.note(number, verdict, why, show=options.verbose or verdict == OFF_PARITY)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
