"""The kernel with AddressSanitizer and UndefinedBehaviourSanitizer: random networks, the kernel's tests, changed files.

Usage, from anywhere: python tests/fuzz/sanitizers.py --seed 0 --count 40

Builds the kernel in a copy of the project, sees that a planted fault is found there, and runs with it: as many random
networks, twice as many changed `.snn` files, and the tests of the runtime. All must be silent. Exit 1 if one is not, 2
if there is no C compiler with sanitizers, or no Python.h. It is no part of the check command.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.arguments import new_parser
from tests.fuzz.tally import FAILED, Tally

ROOT = Path(__file__).parents[2]
KERNEL = Path("snnconv") / "runtime" / "event" / "kernel"
SILENT = "silent"

_FLAGS = ["-O1", "-g", "-fno-omit-frame-pointer", "-ffp-contract=off", "-fPIC"]
_SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
_REPORTS = ("AddressSanitizer", "runtime error:")
_PLANTED = """
#include <stdlib.h>
int planted(int which) {
    volatile int large = 2147483647;
    if (which) return large + which;
    volatile int behind = 8;
    char *volatile room = malloc(8);
    room[behind] = 1;
    return room[behind];
}
"""
_CANNOT = 2


class CannotError(Exception):
    """The sanitizers cannot be used here; its text says why."""


class Copy:
    """A copy of the project with a kernel that looks at each access to memory.

    Parameters
    ----------
    folder : Path
        Where it is made.

    Raises
    ------
    CannotError
        If there is no compiler with sanitizers, or no Python.h.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self._cc = shutil.which("cc") or ""
        if not self._cc:
            raise CannotError("there is no C compiler (Debian: gcc)")
        include = Path(sysconfig.get_path("include"))
        if not (include / "Python.h").is_file():
            raise CannotError(f"{include} has no Python.h (Debian: python3-dev)")
        if not (ROOT / KERNEL).is_dir():
            raise CannotError("the kernel's sources are not here, only the package")
        for name in ("snnconv", "tests", "sample_models", "schemas"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / "planted.c").write_text(_PLANTED)
        self._build([folder / "planted.c"], folder / "planted.so", [])
        kernel = folder / KERNEL
        self.kernel = kernel.parent / "_kernel.abi3.so"
        self._build(sorted(kernel.glob("*.c")), self.kernel, [f"-I{kernel}", f"-I{include}"])

    def run(self, *words: str) -> tuple[int, str]:
        """Run Python there; give its exit code and all that it said."""
        libraries = [self._library(name) for name in ("asan", "ubsan")]
        environment = os.environ | {
            "LD_PRELOAD": ":".join(libraries),
            # Python keeps what it has allocated to its end
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            # small blocks are taken by malloc, where they are watched, and not from Python's own pools
            "PYTHONMALLOC": "malloc",
            "PYTHONPATH": str(self.root),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return done.returncode, done.stdout

    def _build(self, sources: Sequence[Path], made: Path, flags: Sequence[str]) -> None:
        command = [self._cc, *_FLAGS, *_SANITIZERS, *flags, "-shared", *map(str, sources), "-o", str(made)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotError(
                f"the C compiler does not build with sanitizers (Debian: libgcc-dev): {done.stderr[-300:]}"
            )

    def _library(self, name: str) -> str:
        command = [self._cc, f"-print-file-name=lib{name}.so"]
        path = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
        if not path.is_absolute():
            raise CannotError(f"lib{name}.so is not there (Debian: libgcc-dev)")
        # it may be a text for the linker, which names the library
        return str(path.resolve())


def check_that_it_looks(copy: Copy) -> None:
    """See that planted faults are found, and that the kernel in use is the one that was built.

    Raises
    ------
    CannotError
        If not: then silence would say nothing.
    """
    for which, expected in ((0, "heap-buffer-overflow"), (1, "signed integer overflow")):
        _, said = copy.run("-c", f"import ctypes; ctypes.CDLL('./planted.so').planted({which})")
        if expected not in said:
            raise CannotError(f"a planted {expected} is not found: {said[-300:]}")
    code, said = copy.run("-c", "from snnconv.runtime.event import _kernel; print(_kernel.__file__)")
    if code or Path(said.strip()) != copy.kernel:
        raise CannotError(f"another kernel is used, or none: {said[-300:]}")


def main() -> int:
    options = new_parser(__doc__, "random networks", count=40).parse_args()
    tally = Tally("parts", SILENT, seed=options.seed)
    shared = ["--seed", str(options.seed), "--first", str(options.first)]
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    with tempfile.TemporaryDirectory() as folder:
        try:
            copy = Copy(Path(folder).resolve() / "project")
            check_that_it_looks(copy)
        except CannotError as reason:
            sys.stdout.write(f"nothing was checked: {reason}\n")
            return _CANNOT
        for name, words in {
            "random networks": ["tests/fuzz/backends.py", *shared, "--count", str(options.count)],
            "changed files": ["tests/fuzz/mutated_networks.py", *shared, "--count", str(2 * options.count)],
            # the self-test in C is built with sanitizers of its own, by the everyday check
            "tests of the runtime": [*tests, "tests/runtime", "--ignore", "tests/runtime/kernel"],
        }.items():
            code, said = copy.run(*words)
            good = not code and not any(report in said for report in _REPORTS)
            last = said.strip().splitlines()[-1] if said.strip() else ""
            tally.note(name, SILENT if good else FAILED, last if good else f"exit {code}\n{said[-6000:]}", show=True)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
