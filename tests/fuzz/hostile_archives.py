"""Hostile zip files, arrays, labels and folders: each is refused in one line, or read within bounded time and memory.

Usage, from anywhere: python tests/fuzz/hostile_archives.py --seed 0 --count 2000

Cases run in a worker process, as those of damaged_models.py do; one that dies, hangs, takes more memory, prints what is
not ours, or reads another image than was written is a failure. One line for each failure, with what repeats it; its
files are kept in --keep. Exit 1 if there is a failure. It is no part of the check command; a few cases are, in
test_hostile_archives.py.
"""

import contextlib
import logging
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.arguments import new_parser
from tests.fuzz.damaged_models import FAILED, NOT_MADE, REFUSED, verdicts, work

READ = "read"

# an image of 2^26 pixels is read, with four bytes for each, converted, and brought to a string for its identity
_PEAK = 1200 * 2**20


def run_case(seed: int, number: int, only: str = "") -> tuple[str, str]:
    """Read a case as commands do."""
    from snnconv.errors import InputError
    from tests.fuzz.archives import make_case

    with tempfile.TemporaryDirectory() as parent:
        damages = "?"
        try:
            case = make_case(seed, number, Path(parent), only)
            damages = ", ".join(case.damages)
        except Exception as error:  # the library is not to blame
            return NOT_MADE, f"{damages}: {type(error).__name__}: {error}"
        began, printed = time.monotonic(), Path(parent) / "printed"
        try:
            with _stderr_into(printed):
                found = _use(case.path, case.labels)
        except InputError as error:
            text = str(error)
            if len(text.splitlines()) != 1:
                return FAILED, f"{damages}: {text!r}"
            verdict = (REFUSED, f"{damages}: {text!r}")
        except BaseException as error:  # whatever else comes out is what is looked for
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            return FAILED, f"{damages}: {type(error).__name__} at {where}: {' '.join(str(error).split())[:300]}"
        else:
            if case.pixels is not None and not found <= case.pixels:
                return FAILED, f"{damages}: an image was read that was not written"
            verdict = (READ, damages)
        if printed.stat().st_size:
            return FAILED, f"{damages}: printed {printed.read_bytes()[:300]!r}"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if peak > _PEAK:
            return FAILED, f"{damages}: {peak} bytes of memory, and {time.monotonic() - began:.1f} s"
        return verdict


@contextlib.contextmanager
def _stderr_into(path: Path):  # type: ignore[no-untyped-def]
    """Catch what anybody, native code too, writes to stderr; our own notes go nowhere."""
    logging.getLogger("snnconv").addHandler(logging.NullHandler())
    own = os.dup(2)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(own, 2)
            os.close(own)


def _use(path: Path, labels: Path | None) -> set[bytes]:
    """Do what the commands do with data, and give the bytes of each image."""
    from snnconv.data import Geometry, open_images
    from snnconv.files.hashing import sha256_of_path
    from tests.fuzz.archives import SHAPE

    sha256_of_path(path)
    # image files that can be decoded are brought to the size, so that they are
    geometry = Geometry() if path.suffix in (".npz", ".npy") else Geometry(resize=SHAPE[1:])
    images = open_images(path, input_shape=SHAPE, geometry=geometry, labels=labels, class_count=3)
    for _ in images.batches(3, 1, 2):
        pass
    return {image.tobytes() for batch in images.batches(4) for image in batch.images}


def keep(seed: int, number: int, only: str, folder: Path) -> None:
    """Write the files of a case, to look at."""
    from tests.fuzz.archives import make_case

    target = folder / f"{seed}-{number}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with contextlib.suppress(Exception):
        make_case(seed, number, target, only)


def main() -> int:
    parser = new_parser(__doc__, "cases", count=500, timeout=20, keep="hostile")
    parser.add_argument("--only", default="", metavar="KIND", help="this kind alone, as archives.py names it")
    options = parser.parse_args()
    first, stop = options.first, options.first + options.count
    if options.work:
        work(options.seed, first, stop, options.only, run_case)
        return 0
    started, counts = time.monotonic(), Counter[str]()
    for number, verdict, why in verdicts(options.seed, first, stop, options.timeout, options.only, __file__):
        counts[verdict] += 1
        if verdict == FAILED:
            keep(options.seed, number, options.only, options.keep)
        if options.verbose or verdict in (FAILED, NOT_MADE):
            sys.stdout.write(f"case {number} of seed {options.seed} {verdict}: {why}\n")
            sys.stdout.flush()
    shown = ", ".join(f"{counts[v]} {v}" for v in (REFUSED, READ, NOT_MADE, FAILED))
    sys.stdout.write(f"{options.count} cases in {time.monotonic() - started:.0f} s: {shown}\n")
    return 1 if counts[FAILED] else 0


if __name__ == "__main__":
    sys.exit(main())
