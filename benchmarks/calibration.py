"""Calibration against plain onnxruntime: time over the same images, and peak memory against the size of the data.

    python benchmarks/calibration.py time MODEL.onnx --data DATA [preprocessing] [--samples 2000] [--rounds 5]
    python benchmarks/calibration.py memory MODEL.onnx --data DATA… [preprocessing] [--samples 1000 50000]

``time`` runs the two in turn, image decoding and preprocessing in both, and prints the ratio of each round.
``memory`` runs ``snnconv calibrate`` as a process for each number of samples and prints its peak resident memory.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from snnconv.calibration.calibrate import calibrate
from snnconv.data import make_preprocessing, open_images
from snnconv.graph.reader import read
from snnconv.graph.reference import ReferenceModel

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
                command = [sys.executable, __file__, "child", str(options.model), "--data", str(data)]
                command += ["--samples", str(samples), "--out", folder]
                for name in ("scale", "mean", "std"):
                    value = getattr(options, name)
                    command += [] if value is None else [f"--{name}", str(value)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
            peaks[str(samples)] = float(done.stdout)
        values = list(peaks.values())
        result[data.name] = {"peak_mb": peaks, "largest_over_smallest": max(values) / min(values)}
    return result


def run_child(options: argparse.Namespace) -> None:
    """Calibrate in this process and print its peak resident memory in MB."""
    from snnconv.commands.calibrate import PreprocessingOptions
    from snnconv.commands.calibrate import calibrate as command

    preprocessing = PreprocessingOptions(scale=options.scale, mean=options.mean, std=options.std)
    out = Path(options.out) / "x.calib"
    command(options.model, options.data[0], out, samples=options.samples[0], preprocessing=preprocessing)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)  # kB on Linux


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["time", "memory", "child"])
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--samples", type=int, nargs="+", default=None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float)
    parser.add_argument("--mean")
    parser.add_argument("--std")
    parser.add_argument("--out", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.samples = options.samples or ([2000] if options.what == "time" else [1000, 50000])
    if options.what == "child":
        run_child(options)
        return
    result = measure_time(options) if options.what == "time" else measure_memory(options)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
