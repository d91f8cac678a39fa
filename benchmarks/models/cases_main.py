"""The command line that the scripts of this folder share: which cases, from which seed, into which folder."""

import argparse
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from index_file import Entry, add_entry


class Named(Protocol):
    """A case: one ONNX file to make."""

    @property
    def name(self) -> str:
        """Name of the file, without ``.onnx``."""


Case = TypeVar("Case", bound=Named)


def new_parser(description: str, example: str) -> argparse.ArgumentParser:
    """Return a parser of the options that all scripts have; `example` is what stands behind ``benchmarks/models/``."""
    parser = argparse.ArgumentParser(description=description, epilog=f"example: python benchmarks/models/{example}")
    parser.add_argument("folder", type=Path, help="folder for the ONNX files and index.json")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the files whose names begin with TEXT")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and statistics (default: 0)")
    return parser


def make_all(options: Any, cases: Iterable[Case], make: Callable[[Case, Path, int], Entry]) -> None:
    """Make the chosen files, and name those that fail.

    Parameters
    ----------
    options : Namespace
        As `new_parser` gives it.
    cases : iterable
        All of them; ``--only`` chooses.
    make : callable
        Writes the file of a case into a folder, from a seed, and returns its index entry.

    Raises
    ------
    SystemExit
        If one failed.
    """
    options.folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for case in cases:
        if not case.name.startswith(options.only):
            continue
        start = time.perf_counter()
        try:
            add_entry(options.folder, make(case, options.folder, options.seed))
        except Exception as error:  # an exporter fails in many ways; the other files are wanted all the same
            failed += 1
            print(f"{case.name}.onnx  FAILED: {str(error).strip().splitlines()[0]}", flush=True)
        else:
            print(f"{case.name}.onnx  {time.perf_counter() - start:.1f} s", flush=True)
    if failed:
        raise SystemExit(f"{failed} of the files failed; see above")
