"""Calibration against plain onnxruntime: time over the same images, and peak memory against the size of the data.

``time`` runs the two in turn, image decoding and preprocessing in both, and prints the ratio of each round.
``memory`` runs ``snnconv calibrate`` as a process for each number of samples and prints its peak resident memory.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import process
from record import Record, parser

from snnconv.calibration.calibrate import calibrate
from snnconv.data import make_preprocessing, open_images
from snnconv.graph.reading.reader import read
from snnconv.graph.running.reference import ReferenceModel

BATCH = 64


def measure_time(options: argparse.Namespace) -> dict[str, object]:
    """Give seconds and ratios of each round."""
    graph = read(options.model)
    channels, height, width = graph.input_shape
    shape = (channels, height, width)
    images = open_images(options.data[0], input_shape=shape)
    preprocessing = make_preprocessing(images.dtype, shape, scale=options.scale, mean=options.mean, std=options.std)
    samples = options.samples[0]
    rounds = []
    for _ in range(options.rounds + 1):
        start = time.perf_counter()
        reference = ReferenceModel(options.model)
        for batch in images.batches(BATCH, stop=samples):
            reference.run(preprocessing.apply(batch.images))
        plain = time.perf_counter() - start
        start = time.perf_counter()
        calibrate(graph, options.model, images, preprocessing, samples=samples, batch_size=BATCH)
        rounds.append({"onnxruntime_s": plain, "calibrate_s": time.perf_counter() - start})
    rounds = rounds[1:]  # the first warms up
    ratios = [r["calibrate_s"] / r["onnxruntime_s"] for r in rounds]
    return {
        "images": samples,
        "rounds": rounds,
        "ratio": {"min": min(ratios), "median": statistics.median(ratios), "max": max(ratios)},
    }


def measure_memory(options: argparse.Namespace) -> dict[str, object]:
    """Give the peak resident memory in MB by data file and number of samples."""
    result: dict[str, object] = {}
    for data in options.data:
        peaks = {}
        for samples in options.samples:
            with tempfile.TemporaryDirectory() as folder:
                command = [*process.SNNCONV, "calibrate", str(options.model), "--data", str(data)]
                command += ["--samples", str(samples), "-o", str(Path(folder) / "x.calib")]
                for name in ("scale", "mean", "std"):
                    value = getattr(options, name)
                    command += [] if value is None else [f"--{name}", str(value)]
                peaks[str(samples)] = process.run(command).peak_mb
        values = list(peaks.values())
        result[data.name] = {"peak_mb": peaks, "largest_over_smallest": max(values) / min(values)}
    return result


def main() -> None:
    """Run the benchmark."""
    made = parser(
        __doc__,
        "python benchmarks/calibration.py time sample_models/digits_resnet.onnx "
        "--data sample_models/digits_calibration.npz --scale 16 --mean 0.5 --std 0.5 --samples 1347",
        work=False,
    )
    made.add_argument("what", choices=["time", "memory"])
    made.add_argument("model", type=Path, metavar="MODEL.onnx")
    made.add_argument("--data", type=Path, nargs="+", required=True)
    made.add_argument("--samples", type=int, nargs="+", help="default 2000 for time, 1000 50000 for memory")
    made.add_argument("--rounds", type=int, default=5, help="of time; default %(default)s")
    made.add_argument("--scale", type=float, help="as for snnconv calibrate")
    made.add_argument("--mean", help="as for snnconv calibrate")
    made.add_argument("--std", help="as for snnconv calibrate")
    options = made.parse_args()
    options.samples = options.samples or ([2000] if options.what == "time" else [1000, 50000])
    record = Record(f"calibration_{options.what}", options)
    record.used((options.model, *options.data))
    record.finish(measure_time(options) if options.what == "time" else measure_memory(options))


if __name__ == "__main__":
    main()
