"""ResNet-50 at 224×224, from the ONNX file to spikes: seconds for an image and peak memory, on one core.

Weights are random, normalised by calibration on random images (networks.py makes both, with a fixed seed). The stem
pools by 2×2 means in the place of the 3×3 maximum. Each command runs as a process of its own.
"""

import argparse
import statistics
from pathlib import Path
from typing import Any

import networks
import prepare
import process
import runs
from record import Record, parser, say

CALIBRATION_IMAGES = 16


def main() -> None:
    """Measure and write the result."""
    options = _options()
    record = Record("resnet50", options)
    with prepare.work_folder(options.work) as work:
        model, data = work / f"resnet50-{options.size}.onnx", work / f"images-{options.size}.npz"
        networks.resnet50(model, size=options.size)
        networks.random_images(data, count=CALIBRATION_IMAGES, size=options.size)
        record.used((model, data))
        network, made = _convert(model, data, work)
        simulated = {}
        for backend in options.backends:
            simulated[backend] = _simulate(runs.Job(network, data, backend, options.steps, options.images, 1), options)
    record.finish({"size": options.size, "steps": options.steps, "threads": 1, "made": made, "simulated": simulated})


def _options() -> argparse.Namespace:
    made = parser(__doc__, "python benchmarks/resnet50.py --out resnet50.json")
    made.add_argument("--backends", nargs="+", choices=runs.BACKENDS, default=runs.BACKENDS)
    made.add_argument("--steps", type=int, default=64, metavar="T", help="default %(default)s")
    made.add_argument("--images", type=int, default=1, help="default %(default)s")
    made.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    made.add_argument("--size", type=int, default=224, help="rows and columns; default %(default)s")
    runs.add_options(made)
    return made.parse_args()


def _convert(model: Path, data: Path, work: Path) -> tuple[Path, dict[str, Any]]:
    """Calibrate and convert, with the check of the conversion; give the network and what both took."""
    calibration, network = work / "resnet50.calib", work / "resnet50.snn"
    shared = ("--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225", "--threads", "1")
    commands = {
        "calibrate": ["calibrate", str(model), "--data", str(data), *shared, "-o", str(calibration)],
        "convert": ["convert", str(model), "--calibration", str(calibration), "--readout", "current"],
    }
    commands["convert"] += ["--compensation", "none", "--data", str(data), "--samples", "1", "-o", str(network)]
    made: dict[str, Any] = {"calibration_images": CALIBRATION_IMAGES}
    for name, command in commands.items():
        say(name)
        done = process.run([*process.SNNCONV, *command], threads=1)
        made[name] = {"process_seconds": done.seconds, "peak_mb": done.peak_mb}
    made["network_mb"] = network.stat().st_size / 2**20
    return network, made


def _simulate(job: runs.Job, options: argparse.Namespace) -> dict[str, Any]:
    """Give the median of some runs, and all of them."""
    found = []
    for number in range(options.rounds):
        say(f"{job.backend}, round {number + 1}")
        try:
            found.append(runs.undisturbed(lambda: runs.simulate(job), options.retries))
        except runs.RefusedError as reason:
            return {"skipped": str(reason)}
    return {
        "seconds_per_image": statistics.median(run["seconds"] / run["images"] for run in found),
        "peak_mb": statistics.median(run["peak_mb"] for run in found),
        "spikes_per_image": found[0]["spikes_per_image"],
        "synops_per_image": found[0]["synops_per_image"],
        "rounds": found,
    }


if __name__ == "__main__":
    main()
