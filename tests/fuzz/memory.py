"""Peak memory of whole processes: it does not grow with T, nor with the number of images.

Usage, from anywhere: python tests/fuzz/memory.py --seed 0

A small network is calibrated, simulated and reported on few and on many images, and with a short and a long T. What is
kept of each step and image is counts: 16 bytes times layers and steps, a few hundred for an image. Exit 1 if a peak
grows by more than that and a twentieth. It is no part of the check command.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.process import SNNCONV, run
from tests.conftest import TINY_SHAPE, residual_network
from tests.fuzz.tally import FAILED, Tally

BOUNDED = "bounded"

_FEW, _MANY = 50, 5000
_SHORT, _LONG = 64, 1000
_GROWTH = 1.05
_LAYERS = 32
"""At least as many as there are layers of neurons and weighted nodes together."""
_OF_AN_IMAGE = 24 * _LAYERS + 64


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the images and weights")
    options = parser.parse_args()
    tally = Tally("comparisons", BOUNDED, seed=options.seed)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        model, calib, network = folder / "m.onnx", folder / "few.calib", folder / "n.snn"
        residual_network(seed=options.seed).save(model)
        data = {count: folder / f"{count}.npy" for count in (_FEW, _MANY)}
        for count, path in data.items():
            images = np.random.default_rng([options.seed, count]).normal(size=(count, *TINY_SHAPE))
            np.save(path, images.astype(np.float32))

        def peak(*words: object) -> float:
            return run([*SNNCONV, *map(str, words), "-q"], threads=1).peak_mb

        def compare(what: str, few: float, many: float, room: float = 0) -> None:
            """Compare two peaks, in MB; `room` is what counts may take, in bytes."""
            good = many <= _GROWTH * few + room / 2**20
            tally.note(what, BOUNDED if good else FAILED, f"{few:.0f} MB, then {many:.0f} MB", show=True)

        def simulate(count: int, steps: int, out: str) -> float:
            words = ("simulate", network, "--data", data[count], "--reference", model, "--steps", steps, "--threads", 2)
            return peak(*words, "-o", folder / out)

        few = peak("calibrate", model, "--data", data[_FEW], "-o", calib)
        many = peak("calibrate", model, "--data", data[_MANY], "-o", folder / "many.calib")
        compare(f"calibrate {_FEW} and {_MANY} images", few, many)
        peak("convert", model, "--calibration", calib, "--compensation", "none", "-o", network)
        few, many = simulate(_FEW, 16, "few"), simulate(_MANY, 16, "many")
        compare(f"simulate {_FEW} and {_MANY} images", few, many, _MANY * _OF_AN_IMAGE)
        few, many = peak("report", folder / "few"), peak("report", folder / "many")
        compare(f"report on {_FEW} and {_MANY} images", few, many, _MANY * _OF_AN_IMAGE)
        few, many = simulate(_FEW, _SHORT, "short"), simulate(_FEW, _LONG, "long")
        compare(f"simulate {_SHORT} and {_LONG} steps", few, many, _LONG * 16 * _LAYERS)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
