"""Time and memory of a simulation against T, images, batch, threads, spikes, depth and image size.

T, images, batch, threads and spikes are varied on one network: the sample model, or one of --models. Spikes are varied
by converting it with other percentiles: a lower one gives lower scales, and so higher rates at the same T. Depth and
image size are varied on networks with random weights (networks.py). Each point is the median of some processes;
lines are fitted by least squares over the points of one variation.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cases
import fits
import networks
import prepare
import runs
from record import Record, parser, say

import snnconv

BASE_STEPS = 64
STEPS = (16, 32, 64, 128, 256, 350)
PARTS = (8, 4, 2, 1)
"""The number of images, divided by these."""
BATCHES = (1, 2, 4, 8, 16, 32)
THREADS = (1, 2)
PERCENTILES = (100.0, 99.9, 99.0, 97.0, 94.0, 90.0)
DEPTHS = (8, 14, 20, 32)
SIZES = (32, 64, 96)
SIZES_DEPTH = 8
DEPTH_IMAGES, SIZE_IMAGES, RANDOM_IMAGES = 16, 4, 32
Point = dict[str, Any]


def main() -> None:
    """Measure and write the result."""
    options = _options()
    record = Record("scaling", options)
    case = cases.chosen(options)[0]
    record.used(case.files)
    result: dict[str, Any] = {"network": case.name, "backends": {}}
    with prepare.work_folder(options.work) as work:
        for backend in options.backends:
            try:
                _check(backend, case, work)
            except runs.RefusedError as reason:
                result["backends"][backend] = {"skipped": str(reason)}
                continue
            bench = Bench(case, work, backend, options)
            found = {}
            for name in options.vary:
                found[name] = VARIATIONS[name](bench)
                found[name]["fit"] = fits.of_points(name, found[name]["points"])
            result["backends"][backend] = found
    record.finish(result)


def _options() -> argparse.Namespace:
    made = parser(__doc__, "python benchmarks/scaling.py --vary steps spikes --out scaling.json")
    cases.add_options(made)
    made.add_argument("--vary", nargs="+", choices=VARIATIONS, default=list(VARIATIONS))
    made.add_argument("--backends", nargs="+", choices=runs.BACKENDS, default=runs.BACKENDS)
    made.add_argument("--images", type=int, help="where they are not varied; default 384 digits, 128 of CIFAR-10")
    made.add_argument("--threads", type=int, default=1, help="where they are not varied; default %(default)s")
    made.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    runs.add_options(made)
    return made.parse_args()


def _check(backend: str, case: cases.Case, work: Path) -> None:
    """Run one step, to see whether the backend runs the network."""
    network = prepare.convert(case, work, snnconv.ConversionOptions(readout="current", compensation="none"))
    runs.simulate(runs.Job(network, case.test, backend, 1, 1, 1))


class Bench:
    """What all variations share.

    Parameters
    ----------
    case : Case
        The network that is varied by options.
    work : Path
        Folder for what is made.
    backend : str
    options : Namespace
        As the user gave them.
    """

    def __init__(self, case: cases.Case, work: Path, backend: str, options: argparse.Namespace) -> None:
        self.case, self.work, self.backend = case, work, backend
        self.images: int = options.images or case.images
        self._rounds, self._retries, self._threads = options.rounds, options.retries, options.threads

    def converted(self, percentile: float = 99.9) -> Path:
        """Give the case's network."""
        options = snnconv.ConversionOptions(readout="current", compensation="none", percentile=percentile)
        return prepare.convert(self.case, self.work, options)

    def random(self, depth: int, size: int) -> cases.Case:
        """Give a CIFAR ResNet with random weights, and random images of its size."""
        model, data = self.work / f"random-{depth}-{size}.onnx", self.work / f"random-{size}.npz"
        if not model.is_file():
            networks.cifar_resnet(model, depth=depth, size=size)
        if not data.is_file():
            networks.random_images(data, count=RANDOM_IMAGES, size=size)
        return cases.Case(model.stem, model, data, data, RANDOM_IMAGES, None, "0.5", "0.25", RANDOM_IMAGES)

    def point(self, key: str, value: float, job: runs.Job) -> Point:
        """Measure one point: medians of time and memory."""
        found = [runs.undisturbed(lambda: runs.simulate(job), self._retries) for _ in range(self._rounds)]
        say(f"  {self.backend}: {key} {value}: {statistics.median(run['seconds'] for run in found):.3f} s")
        medians = {name: statistics.median(run[name] for run in found) for name in ("seconds", "peak_mb")}
        counts = {name: found[0][name] for name in ("images", "steps", "spikes_per_image", "synops_per_image")}
        return {key: value, **medians, **counts, "all_seconds": [run["seconds"] for run in found]}

    def job(self, network: Path, data: Path | None = None, **changes: Any) -> runs.Job:
        """Give the job that is varied."""
        given = {"steps": BASE_STEPS, "limit": self.images, "threads": self._threads} | changes
        return runs.Job(network, data or self.case.test, self.backend, **given)


def _vary(key: str, field: str, values: Sequence[int]) -> Callable[[Bench], dict[str, Any]]:
    """Give a function that varies one field of the job."""

    def variation(bench: Bench) -> dict[str, Any]:
        network = bench.converted()
        return {"points": [bench.point(key, value, bench.job(network, **{field: value})) for value in values]}

    return variation


def _vary_images(bench: Bench) -> dict[str, Any]:
    network, counts = bench.converted(), [max(1, bench.images // part) for part in PARTS]
    return {"points": [bench.point("images", count, bench.job(network, limit=count)) for count in counts]}


def _vary_spikes(bench: Bench) -> dict[str, Any]:
    points = [bench.point("percentile", p, bench.job(bench.converted(p))) for p in PERCENTILES]
    return {"points": points}


def _vary_random(key: str, sizes: Sequence[tuple[int, int]]) -> Callable[[Bench], dict[str, Any]]:
    """Give a function that varies depth or image size."""

    def variation(bench: Bench) -> dict[str, Any]:
        points = []
        for depth, size in sizes:
            case = bench.random(depth, size)
            network = prepare.convert(
                case, bench.work, snnconv.ConversionOptions(readout="current", compensation="none")
            )
            job = bench.job(network, case.test, limit=DEPTH_IMAGES if key == "depth" else SIZE_IMAGES)
            points.append(bench.point(key, depth if key == "depth" else size, job))
        return {"points": points, "weights": "random"}

    return variation


VARIATIONS = {
    "steps": _vary("steps", "steps", STEPS),
    "images": _vary_images,
    "batch": _vary("batch", "batch_size", BATCHES),
    "threads": _vary("threads", "threads", THREADS),
    "spikes": _vary_spikes,
    "depth": _vary_random("depth", [(depth, 32) for depth in DEPTHS]),
    "size": _vary_random("size", [(SIZES_DEPTH, size) for size in SIZES]),
}

if __name__ == "__main__":
    main()
