"""Random ResNet-like ONNX graphs: each is checked, calibrated, converted at parity and simulated, or rightly refused.

Usage, from anywhere: python tests/fuzz/graphs.py --seed 0 --count 500

Graphs run in a worker process; one that ends it, by a crash or by taking too long, is a failure, and the next graph
goes on in a new one. One line for each failure, with what repeats it; its model is kept in --keep. Exit 1 if there is
a failure. A graph that onnx or onnxruntime does not take is "not made", and no failure; neither is one whose node
without a spiking form is refused. It is no part of the check command; a few graphs are, in test_graphs.py.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz import workers
from tests.fuzz.arguments import new_parser
from tests.fuzz.graph_case import CONVERTED, NOT_MADE, REFUSED, Outcome, run_graph
from tests.fuzz.random_graphs import draw
from tests.fuzz.tally import FAILED, Tally


def outcomes(seed: int, first: int, stop: int, timeout: int) -> Iterator[tuple[int, Outcome]]:
    """Give the outcome of each graph, in order."""
    for number, found in workers.outcomes(__file__, first, stop, timeout, ["--seed", str(seed)]):
        if isinstance(found, workers.Died):
            yield number, Outcome(FAILED, found.why)
        else:
            yield number, Outcome(**found | {"work": Counter(found["work"])})


class Totals:
    """What all graphs together were."""

    def __init__(self) -> None:
        self.work: Counter[str] = Counter()
        self.parity = (0.0, -1)
        self.silent = 0

    def note(self, number: int, outcome: Outcome) -> None:
        self.work.update({name: n for name, n in outcome.work.items() if name})
        self.parity = max(self.parity, (outcome.parity, number))
        self.silent += outcome.verdict == CONVERTED and not outcome.spikes

    def report(self) -> str:
        shown = ", ".join(f"{n} {name}" for name, n in sorted(self.work.items()))
        return f"largest parity error {self.parity[0]:.1e}, graph {self.parity[1]}; {self.silent} silent; {shown}"


def keep(seed: int, number: int, folder: Path) -> Path:
    """Write the model of a graph, to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"graph-{seed}-{number}.onnx"
    path.write_bytes(draw(seed, number).model.SerializeToString())
    return path


def main() -> int:
    options = new_parser(__doc__, "graphs", count=500, timeout=30, keep="failed_graphs").parse_args()
    first, stop = options.first, options.first + options.count
    if options.work:
        workers.work(lambda number: vars(run_graph(draw(options.seed, number), number)), first, stop, options.timeout)
        return 0
    tally = Tally("graphs", CONVERTED, REFUSED, NOT_MADE, seed=options.seed)
    totals, shows = Totals(), sys.stderr.isatty()
    for number, outcome in outcomes(options.seed, first, stop, options.timeout):
        totals.note(number, outcome)
        kept = f"; {keep(options.seed, number, options.keep)}" if outcome.verdict == FAILED else ""
        show = outcome.verdict == NOT_MADE and options.verbose
        tally.note(number, outcome.verdict, f"{outcome.why}{kept}", show=show)
        if shows:
            sys.stderr.write(f"\r{number + 1 - first}/{options.count}: {tally.progress()} ")
    sys.stderr.write("\n" * shows)
    return tally.finish(totals.report())


if __name__ == "__main__":
    sys.exit(main())
