"""Commands killed at random moments, once to three times, and repeated: the files are those of an undisturbed one.

Usage, from anywhere: python tests/fuzz/kills.py --seed 0 --count 100

Three of four are killed by SIGKILL, the others by SIGINT and SIGTERM, which must end with 130 and 143 and say so in
one line. Moments are drawn: from the start on, or from the first file on. Which instruction is met depends on the
machine; which moment is asked for on the seed alone. One line for each failure; its folder is kept in --keep. Exit 1
if there is a failure. It is no part of the check command.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.arguments import new_parser
from tests.fuzz.jobs import JOBS, Contents, Inputs, Job, contents, difference, half_files, left_over
from tests.fuzz.tally import FAILED, Tally

RECOVERED, IN_TIME = "recovered", "done before it was killed"

_CODES = {signal.SIGINT: (130, "snnconv: interrupted"), signal.SIGTERM: (143, "snnconv: terminated")}
_KILLS = 3
_EARLY = 0.4
"""How many of the moments are counted from the start on, and not from the first file on."""
# it says when the command begins: what Python does before is not ours
_COMMAND = (sys.executable, "-c", "from snnconv.cli import main; print(flush=True); main()")


@dataclass(frozen=True)
class Undisturbed:
    """What a command is when nothing happens to it.

    Attributes
    ----------
    contents : dict
        What it leaves.
    older : dict
        What lay there before.
    seconds : float
        From its beginning to its end.
    writing : float
        From its first file to its end, seconds.
    """

    contents: Contents
    older: Contents
    seconds: float
    writing: float


class Killer:
    """Runs commands in folders of their own, and kills them.

    Parameters
    ----------
    folder : Path
        Must exist.
    timeout : float
        Seconds for one run.
    """

    def __init__(self, folder: Path, timeout: float) -> None:
        self._folder, self._timeout = folder, timeout
        self._known: dict[str, Undisturbed] = {}
        self.kills: Counter[str] = Counter()

    def run_case(self, job: Job, rng: np.random.Generator) -> tuple[str, str]:
        """Kill a command once to three times and let it finish; give (verdict, why)."""
        known = self._undisturbed(job)
        place = self._prepared(job)
        number = [signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, *_CODES][int(rng.integers(5))]
        verdict, why = IN_TIME, ""
        for _ in range(int(rng.integers(1, _KILLS + 1))):
            early, part = rng.random() < _EARLY, rng.uniform(0, 1)
            code, said = self._killed(place, job, number, early, part * (known.seconds if early else known.writing))
            moment = f"{number.name} {'from the start' if early else 'from the first file'}, at {part:.3f}"
            found = contents(place)
            whole = not difference(found, known.contents)
            if fault := _odd_end(number, code, said, whole) or half_files(found, [known.contents, known.older]):
                return FAILED, f"{job.name}, {moment}: {fault}"
            if code == 0:
                break
            verdict, why = RECOVERED, f"{why}{job.name}, {moment}; "
            self.kills[number.name] += 1
        code, said, _ = self._finished(place, job)
        if code or said:
            return FAILED, f"{why}repeated, it ends with {code}: {said!r}"
        fault = difference(contents(place), known.contents)
        fault = fault or ", ".join(f"{name} stays" for name in left_over(place))
        return (FAILED, f"{why}repeated: {fault}") if fault else (verdict, f"{why}finished")

    def keep(self, place: Path) -> None:
        """Copy the folder of the last case."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self._folder / "place", place)

    def _undisturbed(self, job: Job) -> Undisturbed:
        if job.name not in self._known:
            place = self._prepared(job)
            older = contents(place)
            started = time.monotonic()
            code, said, began = self._finished(place, job)
            if code or said:
                raise RuntimeError(f"{job.name} ended undisturbed with {code}: {said}")
            now = time.monotonic()
            self._known[job.name] = Undisturbed(contents(place), older, now - started, now - began)
        return self._known[job.name]

    def _prepared(self, job: Job) -> Path:
        place = self._folder / "place"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        if job.before:
            subprocess.run([*_COMMAND, *job.before, "-q"], cwd=place, check=True, stdout=subprocess.DEVNULL)
        return place

    def _finished(self, place: Path, job: Job) -> tuple[int, str, float]:
        """Run a command to its end; give its exit code, what it said, and when its first file came."""
        with self._begun(place, job) as process:
            began = self._first_change(place, process)
            process.wait(self._timeout)
        return process.returncode, self._said(), began

    def _killed(self, place: Path, job: Job, number: signal.Signals, early: bool, delay: float) -> tuple[int, str]:
        with self._begun(place, job) as process:
            if not early:
                self._first_change(place, process)
            time.sleep(delay)
            process.send_signal(number)
            try:
                process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                return -1, f"no end {self._timeout:.0f} s after the signal"
        return process.returncode, self._said()

    def _begun(self, place: Path, job: Job) -> "subprocess.Popen[bytes]":
        # where this runs in the background SIGINT is ignored, and a child would inherit that; a handler it does not
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with (self._folder / "stderr").open("wb") as said:
                process = subprocess.Popen(
                    [*_COMMAND, *job.words, "-q"], cwd=place, stdout=subprocess.PIPE, stderr=said
                )
        finally:
            signal.signal(signal.SIGINT, before)
        assert process.stdout is not None
        process.stdout.read(1)
        return process

    def _said(self) -> str:
        return (self._folder / "stderr").read_text(errors="replace")

    def _first_change(self, place: Path, process: "subprocess.Popen[bytes]") -> float:
        """Wait for the first file that was not there; give the time."""
        there = _names(place)
        while _names(place) == there and process.poll() is None:
            time.sleep(0.001)
        return time.monotonic()


def _names(place: Path) -> set[str]:
    # the run folder and the folder of parts too: names that come and go are a change
    return {str(path) for path in place.rglob("*")}


def _odd_end(number: signal.Signals, code: int, said: str, whole: bool) -> str:
    """Say what is wrong with an exit code and the lines on stderr; `whole` says that the work was done."""
    if code == 0:
        good = not said
    elif number is signal.SIGKILL:
        good = code == -number and not said
    else:
        # what comes behind the work ends the command without a word: by itself, or in the last moments of Python, when
        # there are no handlers any more, by the system, of which a shell makes the same code
        expected, begin = _CODES[number]
        in_words = code == expected and said.startswith(begin) and len(said.splitlines()) == 1
        good = in_words or (whole and not said and code in (expected, -number))
    return "" if good else f"exit {code}: {said!r}"


def main() -> int:
    parser = new_parser(__doc__, "commands are killed", count=100, timeout=60, keep="failed_kills")
    parser.add_argument(
        "--only", nargs="+", choices=JOBS, default=JOBS, metavar="COMMAND", help="as jobs.py names them"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inputs").mkdir()
        inputs = Inputs(Path(folder) / "inputs", images=320, steps=48)
        killer = Killer(Path(folder), options.timeout)
        tally = Tally("commands", RECOVERED, IN_TIME, seed=options.seed)
        for number in range(options.first, options.first + options.count):
            rng = np.random.default_rng([options.seed, number])
            verdict, why = killer.run_case(inputs.job(options.only[number % len(options.only)]), rng)
            if verdict == FAILED:
                killer.keep(options.keep / f"{options.seed}-{number}")
            tally.note(number, verdict, why, show=options.verbose)
        kills = ", ".join(f"{count} by {name}" for name, count in sorted(killer.kills.items()))
        return tally.finish(f"{killer.kills.total()} kills: {kills}")


if __name__ == "__main__":
    sys.exit(main())
