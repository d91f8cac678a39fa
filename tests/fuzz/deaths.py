"""Death before each file change of each command that writes; the same with the power; a full disk; a failing one.

Usage, from anywhere: python tests/fuzz/deaths.py

For each command and each of its changes N: it ends there, or change N fails. Then no file is half written, an error is
one line and exit code 3, and the command repeated leaves the bytes that it leaves undisturbed, and no other file. All
N are tried: a seed would decide nothing. One line for each failure, with what repeats it; exit 1 if there is a failure.
It is no part of the check command; a few deaths are, in test_deaths.py.
"""

import argparse
import itertools
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# processes are forked, and no thread may be there then
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.file_changes import DIED, HOW
from tests.fuzz.jobs import JOBS, Inputs, Job, contents, difference, half_files, left_over
from tests.fuzz.stage import Stage
from tests.fuzz.tally import FAILED, Tally

RECOVERED, HARMLESS = "recovered", "without effect"

_BAD_INPUT = 3


def disturb(stage: Stage, job: Job, number: int, how: str) -> tuple[str, str] | None:
    """Disturb a command before its N-th change, and repeat it; give (verdict, why), None where there is no N-th."""
    whole = stage.whole(job)
    place = stage.prepare(job)
    code, said = stage.run(place, job.words, number, how)
    if code != DIED and stage.changes <= number:
        return None
    found = contents(place)
    fault = _odd_end(how, code, said) or half_files(found, [whole, stage.older(job)])
    if not fault and code == 0:
        # a journal that cannot be removed stays; the network is done
        stays = {name for name in found if how == "fault" and name.endswith(".unfinished")}
        fault = difference({name: data for name, data in found.items() if name not in stays}, whole)
    if fault:
        return FAILED, fault
    again, said = stage.run(place, job.words)
    if again or said:
        return FAILED, f"repeated, it ends with {again}: {said!r}"
    fault = difference(contents(place), whole)
    if not fault:
        fault = ", ".join(f"{name} stays" for name in left_over(place))
    if fault:
        return FAILED, f"repeated: {fault}"
    return (HARMLESS if code == 0 else RECOVERED), "finished"


def _odd_end(how: str, code: int, said: str) -> str:
    """Say what is wrong with an exit code and the lines on stderr."""
    if how in ("death", "power"):
        return "" if code == DIED and not said else f"exit {code}: {said!r}"
    lines = said.splitlines()
    good = code == 0 and not lines
    good |= code == _BAD_INPUT and len(lines) == 1 and lines[0].startswith("snnconv: ")
    return "" if good else f"exit {code}: {said!r}"


def verdicts(stage: Stage, job: Job, how: str, first: int = 0) -> Iterator[tuple[int, str, str]]:
    """Give (N, verdict, why) of each change of a command."""
    number = first
    while (found := disturb(stage, job, number, how)) is not None:
        yield number, *found
        number += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", nargs="+", choices=JOBS, default=JOBS, metavar="COMMAND", help="as jobs.py names them"
    )
    parser.add_argument("--how", nargs="+", choices=HOW, default=HOW)
    parser.add_argument("--first", type=int, default=0, help="the first change")
    parser.add_argument("--verbose", action="store_true", help="a line for others than failures too")
    options = parser.parse_args()
    changes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inputs").mkdir()
        inputs = Inputs(Path(folder) / "inputs", images=40, steps=4)
        stage, tally = Stage(Path(folder)), Tally("deaths and failing changes", RECOVERED, HARMLESS)
        for job, how in itertools.product(map(inputs.job, options.only), options.how):
            for number, verdict, why in verdicts(stage, job, how, options.first):
                tally.note(f"{job.name!r}, {how} at {number}", verdict, why, show=options.verbose)
                changes[job.name] = number + 1
    shown = ", ".join(f"{name} {count}" for name, count in changes.items())
    return tally.finish(f"changes: {shown}")


if __name__ == "__main__":
    sys.exit(main())
