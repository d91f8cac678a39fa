"""What became of the cases of a longer check, and the lines that say it."""

import sys
import time
from collections import Counter

FAILED = "FAILED"


class Tally:
    """Counts verdicts; writes a line for a failure as it comes, and the last lines.

    Parameters
    ----------
    cases : str
        What is counted, as ``kills``.
    verdicts : str
        All there are, in the order of the last line; `FAILED` is added.
    seed : int, optional
        Named beside what failed.
    """

    def __init__(self, cases: str, *verdicts: str, seed: int | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self._failed: list[int | str] = []
        self._cases, self._verdicts = cases, (*verdicts, FAILED)
        self._of = "" if seed is None else f" of seed {seed}"
        self._repeat = "" if seed is None else f" with --seed {seed}"
        self._started = time.monotonic()

    def note(self, case: int | str, verdict: str, why: str = "", *, show: bool = False) -> None:
        """Count a case; write its line if it failed, or where `show` says so."""
        self.counts[verdict] += 1
        if verdict == FAILED:
            self._failed.append(case)
        if show or verdict == FAILED:
            sys.stdout.write(f"{case}{self._of} {verdict}: {why}\n")
            sys.stdout.flush()

    def progress(self) -> str:
        """Give all counts in one line."""
        return ", ".join(f"{self.counts[verdict]} {verdict}" for verdict in self._verdicts)

    def finish(self, *more: str) -> int:
        """Write the last lines; give the exit code: 1 where a case failed, or there was none."""
        seconds, total = time.monotonic() - self._started, self.counts.total()
        lines = [f"{total} {self._cases} in {seconds:.0f} s: {self.progress()}", *more]
        if self._failed:
            lines.append(f"failed{self._repeat}: {'; '.join(map(str, self._failed))}")
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return 1 if self._failed or not total else 0
