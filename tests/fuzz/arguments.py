"""The arguments that the fuzzing scripts share."""

import argparse
from pathlib import Path


def new_parser(
    doc: str | None, cases: str, count: int, timeout: int | None = None, keep: str | None = None
) -> argparse.ArgumentParser:
    """Give a parser of seed, count, first and verbose, with these defaults.

    `cases` says what is counted, for the help. With `timeout`, there are seconds for one of them, and --work, with
    which a worker process is called; with `keep`, a folder for the files of failures.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=count, help=f"how many {cases}")
    parser.add_argument("--first", type=int, default=0, help="the first one's number; with --count 1 only this one")
    parser.add_argument("--verbose", action="store_true", help="a line for others than failures too")
    if timeout is not None:
        parser.add_argument("--timeout", type=int, default=timeout, help="seconds for one of them")
        parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    if keep is not None:
        parser.add_argument("--keep", type=Path, default=Path(keep), help="folder for the files of failures")
    return parser
