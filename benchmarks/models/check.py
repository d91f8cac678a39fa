"""Check every ONNX file of a folder: the format with onnx's checker, and one run in onnxruntime on random images.

Example::

    python benchmarks/models/check.py zoo

Runs in the project's own environment.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from index_file import Entry, read_index


def run_once(path: Path, entry: Entry, seed: int) -> list[np.ndarray]:
    """Run a file on random images with values 0 to 1, two where the batch is free, and return all its outputs."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3  # a weight that is also an input is no news here
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    first = session.get_inputs()[0]
    channels, height, width = entry.input
    image = (height, width, channels) if entry.layout == "nhwc" else (channels, height, width)
    if any(isinstance(size, int) and size != own for size, own in zip(first.shape[1:], image, strict=True)):
        raise ValueError(f"the input is {first.shape}, the index says {image} an image; correct the index")
    batch = first.shape[0] if isinstance(first.shape[0], int) else 2
    images = np.random.default_rng(seed).random((batch, *image), dtype=np.float32)
    return [np.asarray(value) for value in session.run(None, {first.name: images})]


def check(path: Path, entry: Entry, seed: int) -> str:
    """Check one file and return a line about it; raises ValueError where its outputs say nothing about it."""
    onnx.checker.check_model(str(path), full_check=True)
    outputs = run_once(path, entry, seed)
    for values in outputs:
        if not np.isfinite(values).all():
            raise ValueError("an output is not finite; draw other weights")
        if values.std() == 0:
            raise ValueError("all values of an output are equal; draw other weights")
    if len(outputs[0]) > 1 and np.allclose(outputs[0][0], outputs[0][1], rtol=1e-5, atol=0):
        raise ValueError("two different images give the same output; draw other weights")
    shapes = ", ".join(str(values.shape) for values in outputs)
    return f"opset {entry.opset}  {shapes}  largest {max(float(np.abs(v).max()) for v in outputs):.3g}"


def main() -> None:
    """Check all files that the index names, and that it names all files."""
    parser = argparse.ArgumentParser(
        description="Check every ONNX file of a folder with onnx's checker and run it once in onnxruntime.",
        epilog="example: python benchmarks/models/check.py zoo",
    )
    parser.add_argument("folder", type=Path, help="folder with ONNX files and index.json")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random images (default: 0)")
    options = parser.parse_args()
    entries = read_index(options.folder)
    failed = 0
    for entry in entries:
        try:
            line = check(options.folder / entry.file, entry, options.seed)
        except Exception as error:  # onnx and onnxruntime raise classes of their own; the next file is wanted too
            failed += 1
            line = "FAILED: " + " ".join(str(error).split())[:300]
        print(f"{entry.file}  {line}", flush=True)
    missing = {path.name for path in options.folder.glob("*.onnx")} - {entry.file for entry in entries}
    for name in sorted(missing):
        print(f"{name}  FAILED: not in the index; remove it or export it again")
    print(f"{len(entries)} files, {failed + len(missing)} failed")
    raise SystemExit(1 if failed or missing or not entries else 0)


if __name__ == "__main__":
    main()
