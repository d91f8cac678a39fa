"""Checks, calibrates and converts every exported model of a folder, and compares each with onnxruntime.

The folder is one that the scripts in ``benchmarks/models`` fill, with its ``index.json``. Each command runs as a
process of its own, on random images. For each model: what ``check`` says of its nodes, the largest parity error, time
and memory.

The result is written after every model, and a repeated command goes on where it was.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import process
import record

_COMMANDS = ("check", "calibrate", "convert")


def measure(model: Path, entry: dict[str, Any], work: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Take one model through the commands.

    Parameters
    ----------
    model : Path
        The ONNX file.
    entry : dict
        Its line of ``index.json``.
    work : Path
        For images, calibration and network.
    """
    images = work / f"images-{'x'.join(map(str, entry['input']))}.npz"
    if not images.is_file():
        _images(images, entry["input"], options.images, options.seed)
    calib, network = work / f"{model.stem}.calib", work / f"{model.stem}.snn"
    common = ["--data", str(images), "--layout", "nhwc"]
    lines = {
        "check": ["check", str(model), "--max-pooling", options.max_pooling, "--json"],
        "calibrate": ["calibrate", str(model), *common, "-o", str(calib), "--json"],
        "convert": [
            *("convert", str(model), "--calibration", str(calib), *common, "--samples", str(options.images)),
            *("--max-pooling", options.max_pooling, "--compensation", "none", "-o", str(network), "--json"),
        ],
    }
    row: dict[str, Any] = {**entry}
    for name in _COMMANDS:
        done = process.run([*process.SNNCONV, *lines[name]], check=False)
        row[name] = {"seconds": round(done.seconds, 2), "peak_mb": round(done.peak_mb), "code": done.code}
        if done.code:
            row[name]["said"] = done.stderr.strip()[-400:]
            over = re.search(r"max\|x\| is ([\d.e+-]+), less", done.stderr)
            return row if over is None else row | {"first_deviation": over[1]}
        result = json.loads(done.stdout)
        if name == "check":
            row["verdicts"], row["totals"] = result["verdicts"], result["totals"]
            row["lowered"] = _lowered(result["nodes"])
        if name == "convert":
            row["parity"] = result["parity"]
    network.unlink()
    calib.unlink()
    return row


def _lowered(nodes: list[dict[str, str]]) -> dict[str, int]:
    """Count, by operator, the nodes that are not carried over one to one."""
    found: dict[str, int] = {}
    for node in nodes:
        if node["verdict"] in ("approximate", "left out") or node["how"].startswith(("folded", "one with")):
            found[node["op"]] = found.get(node["op"], 0) + 1
    return found


def _images(path: Path, shape: list[int], count: int, seed: int) -> None:
    """Write random images: patches of one colour, with noise."""
    channels, height, width = shape
    random = np.random.default_rng(seed)
    patches = random.integers(32, 224, (count, -(-height // 8), -(-width // 8), channels))
    wide = patches.repeat(8, axis=1).repeat(8, axis=2)[:, :height, :width]
    noise = random.integers(-32, 32, (count, height, width, channels))
    np.savez_compressed(path, x=(wide + noise).astype(np.uint8))


def main() -> None:
    """Measure all models of a folder."""
    parser = record.parser(__doc__, "python benchmarks/exports.py models/ --out exports.json", work=False)
    parser.add_argument("folder", type=Path, help="with index.json")
    parser.add_argument("--images", type=int, default=4, help="random images for each; default %(default)s")
    parser.add_argument("--max-pooling", choices=["gate", "current"], default="current", help="default %(default)s")
    parser.add_argument("--only", help="models whose file name contains this")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kept = record.Record("exports", options)
    work = options.folder / "work"
    work.mkdir(exist_ok=True)
    rows = _so_far(options.out)
    for entry in json.loads((options.folder / "index.json").read_text()):
        model = options.folder / entry["file"]
        if entry["file"] in rows or (options.only and options.only not in entry["file"]):
            continue
        row = rows[entry["file"]] = measure(model, entry, work, options)
        error = row.get("parity", {}).get("largest_error")
        record.say(f"{entry['file']}: {'FAILED' if error is None else f'parity error {error:.1e}'}")
        if options.out is not None:
            options.out.with_suffix(".part").write_text(json.dumps(rows))
    kept.finish(list(rows.values()))


def _so_far(out: Path | None) -> dict[str, dict[str, Any]]:
    """Give the rows of an earlier, unfinished run."""
    part = None if out is None else out.with_suffix(".part")
    rows: dict[str, dict[str, Any]] = {} if part is None or not part.is_file() else json.loads(part.read_text())
    return {name: row for name, row in rows.items() if "parity" in row or "first_deviation" in row}


if __name__ == "__main__":
    main()
