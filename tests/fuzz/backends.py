"""Random networks, batches and chunks: the event-driven kernel gives what NumPy gives, with every instruction set.

The image of every third network, where it can, enters as Poisson spikes.

Usage, from anywhere: python tests/fuzz/backends.py --seed 0 --count 200

One line for each difference, with what repeats it; exit 1 if there is one. A network that cannot be made is named, and
is no difference. It is no part of the check command.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[2]))

from snnconv.choices import Encoding
from snnconv.errors import NetworkError
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.isa import instruction_sets, is_built
from snnconv.runtime.recording import Recording
from snnconv.runtime.supported import problems
from tests.fuzz.arguments import new_parser
from tests.fuzz.random_wirings import RandomWiring
from tests.fuzz.tally import FAILED, Tally

EQUAL, REFUSED = "equal", "refused"

STEPS = (1, 2, 7, 16, 16, 33, 70, 130)
METHODS = ("lists", "tables", "columns")


@dataclass
class Work:
    """What the networks put to work: a comparison of silence would compare nothing."""

    counts: Counter[str] = field(default_factory=Counter)
    rates: list[float] = field(default_factory=list)

    def note(self, network: SpikingNetwork, plan: Any, expected: Recording) -> None:
        """Count where the nodes run, how sums are made, and the mean rate of each layer."""
        for kind in ("layers", "currents", "bits", "reasons"):
            self.counts[kind] += len(getattr(plan, kind))
        for synapses in (*plan.layers.values(), *plan.currents.values()):
            self.counts.update(METHODS[part[2]] for part in synapses.parts if synapses.sources)
        sizes = np.array([np.prod(neuron.shape) for neuron in network.neurons])
        self.rates += list(expected.spikes.mean(axis=(1, 2)) / sizes)

    def report(self) -> str:
        """Give it in one line."""
        rates = np.asarray(self.rates)
        silent = int((rates == 0).sum())
        counts = self.counts
        return (
            f"in the kernel {counts['layers']} layers, {counts['currents']} currents, {counts['bits']} slices and "
            f"pools; {counts['reasons']} nodes in NumPy; parts by {', '.join(f'{m} {counts[m]}' for m in METHODS)}; "
            f"{counts['poisson']} networks with Poisson input; "
            f"{len(rates)} layers of neurons at a mean rate of {rates.mean():.2f}, {silent} of them silent"
        )


def differences(found: Recording, expected: Recording) -> Iterator[str]:
    """Say what differs, from which step on."""
    for name in ("scores", "ties", "spikes", "synops"):
        here, there = getattr(found, name), getattr(expected, name)
        if here is None and there is None:
            continue
        if here is None or there is None or here.shape != there.shape or here.dtype != there.dtype:
            yield f"{name} have another shape or type"
            continue
        # (T, N, classes), or (layers, T, N)
        step_axis = 0 if name in ("scores", "ties") else 1
        steps = np.flatnonzero((here != there).any(axis=tuple(a for a in range(here.ndim) if a != step_axis)))
        if len(steps):
            rows = "" if step_axis == 0 else f" in rows {np.flatnonzero((here != there).any(axis=(1, 2))).tolist()}"
            yield f"{name} differ from step {steps[0]} on{rows}"


def carries_whole_numbers(network: SpikingNetwork) -> bool:
    """Say whether all spikes carry whole numbers: the rounding of the weights counts on it."""
    values = [network.tensor(neuron.spike_value, 1.0) for neuron in network.neurons]
    return all((value == np.rint(value)).all() for value in values)


def run_one(seed: int, number: int, work: Work) -> tuple[str, str]:
    """Compare one network; give (verdict, why)."""
    from snnconv.runtime.backends.event_backend import EventBackend

    rng = np.random.default_rng([seed, number])
    try:
        network = RandomWiring(rng).build()
    except NetworkError as error:
        return REFUSED, str(error)
    spiking = replace(network, encoding=Encoding.POISSON)
    if number % 3 == 0 and not problems(spiking):
        network = spiking
        work.counts["poisson"] += 1
    steps, images = int(rng.choice(STEPS)), int(rng.integers(1, 5))
    x = rng.uniform(-1, 2, (images, *network.input.shape)).astype(np.float32)
    expected = NumpyBackend().simulate(network, x, steps)
    exact = carries_whole_numbers(network)
    lines = []
    for isa in instruction_sets():
        batch, chunk = int(rng.integers(1, images + 1)), int(rng.integers(1, min(steps, 100) + 1))
        where = f"{isa}, batch {batch}, chunk {chunk}, {steps} steps"
        backend = EventBackend(batch, chunk, isa)
        # sums that are not exact depend on how many are made at once, in NumPy too
        same = expected if exact else NumpyBackend(batch, chunk).simulate(network, x, steps)
        try:
            lines += [f"{where}: {text}" for text in differences(backend.simulate(network, x, steps), same)]
        except Exception as error:  # whatever it is, it is a difference
            lines.append(f"{where}: {type(error).__name__}: {error}")
    work.note(network, EventBackend().plan(network, 64), expected)
    return (FAILED, "; ".join(lines)) if lines else (EQUAL, "")


def main() -> int:
    parser = new_parser(__doc__, "networks", count=200)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no network after so long")
    options = parser.parse_args()
    if not is_built():
        sys.stdout.write("the kernel was not built: there is nothing to compare\n")
        return 1
    started, work, tally = time.monotonic(), Work(), Tally("networks", EQUAL, REFUSED, seed=options.seed)
    with threadpool_limits(1):
        for number in range(options.first, options.first + options.count):
            if time.monotonic() - started > options.seconds:
                break
            tally.note(number, *run_one(options.seed, number, work), show=options.verbose)
    shown = [work.report()] if work.rates else []
    return tally.finish(f"on {', '.join(instruction_sets())}", *shown) or (0 if work.rates else 1)


if __name__ == "__main__":
    sys.exit(main())
