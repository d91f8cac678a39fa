"""Deep and depthwise random networks: each is converted at parity with a margin, with the same spikes on both backends.

Usage, from anywhere: python tests/fuzz/deep.py --seed 0 --count 2

`--count` networks of each family. A line for each, with its parity error and where it is largest; exit 1 if one is
refused, is above the margin, or spikes differently. It is no part of the check command; a few are, in
test_deep.py.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

import snnconv
from snnconv.choices import Layout, ReadoutMode
from snnconv.conversion.options import ConversionOptions
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.isa import is_built
from tests.fuzz.backends import differences
from tests.fuzz.deep_networks import FAMILIES, draw

MARGIN = 7e-5
"""Of the 1e-4 that ReLU parity allows."""


@dataclass(frozen=True)
class Outcome:
    """What became of a network: its parity error, where, its spikes a neuron and step, and what is wrong."""

    parity: float
    value: str
    spikes: float
    wrong: str = ""


def run(family: str, seed: int, depth: int | None = None, steps: int = 5) -> Outcome:
    """Convert a network with both readouts and compare the backends.

    Raises
    ------
    SnnconvError
        If it is refused.
    """
    model, images = draw(family, seed, depth)
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        path, data, calib = folder / "deep.onnx", folder / "x.npy", folder / "x.calib"
        path.write_bytes(model.SerializeToString())
        np.save(data, images)
        snnconv.calibrate(path, data, calib, layout=Layout.NCHW, threads=1)
        made = []
        for readout in ReadoutMode:
            options = ConversionOptions(compensation="none", readout=readout)
            made.append(snnconv.convert(path, calib, folder / "n.snn", options, threads=1))
    worst = max((summary.parity for _, summary in made if summary.parity), key=lambda parity: parity.largest_error)
    network = made[0][0]
    expected = NumpyBackend().simulate(network, images[:2], steps)
    wrong = "" if worst.largest_error < MARGIN else f"above {MARGIN:.0e}"
    if is_built():
        from snnconv.runtime.backends.event_backend import EventBackend

        different = list(differences(EventBackend(1, 2).simulate(network, images[:2], steps), expected))
        wrong = "; ".join([*filter(None, [wrong]), *different])
    neurons = sum(int(np.prod(node.shape)) for node in network.neurons)
    return Outcome(worst.largest_error, worst.value, float(expected.spikes.sum() / (neurons * steps * 2)), wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=2, help="networks of each family")
    parser.add_argument("--family", choices=FAMILIES, help="of this one only")
    options = parser.parse_args()
    failed = 0
    for family in [options.family] if options.family else FAMILIES:
        for seed in range(options.seed, options.seed + options.count):
            try:
                outcome = run(family, seed)
            except snnconv.errors.SnnconvError as error:
                outcome = Outcome(np.inf, "", 0.0, str(error))
            failed += bool(outcome.wrong)
            sys.stdout.write(
                f"{family} {seed}: {outcome.parity:.1e} at {outcome.value}, {outcome.spikes:.3f} spikes a neuron and "
                f"step{', FAILED: ' * bool(outcome.wrong)}{outcome.wrong}\n"
            )
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
