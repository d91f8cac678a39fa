"""How long the tool takes before it works: help, version, and the smallest simulation, each as a process of its own.

``python -c pass`` is what Python itself takes. The first run of each command warms up the file cache and is left out;
the commands take turns.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import cases
import prepare
import process
import runs
from record import Record, parser

import snnconv


def main() -> None:
    """Measure and write the result."""
    options = _options()
    record = Record("startup", options)
    case = cases.sample()
    record.used(case.files)
    with prepare.work_folder(options.work) as work, tempfile.TemporaryDirectory() as folder:
        network = prepare.convert(case, work, snnconv.ConversionOptions(readout="current", compensation="none"))
        commands = _commands(network, case.test, Path(folder) / "run")
        skipped = {}
        for name, command in list(commands.items()):  # warms up
            if process.run(command, check=False).code:
                skipped[name] = "it does not run"
                del commands[name]
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                seconds[name].append(process.run(command).seconds)
    result = {
        name: {"median_s": statistics.median(found), "min_s": min(found), "max_s": max(found)}
        for name, found in seconds.items()
    }
    record.finish({"rounds": options.rounds, "commands": result, "skipped": skipped})


def _options() -> argparse.Namespace:
    made = parser(__doc__, "python benchmarks/startup.py --out startup.json")
    made.add_argument("--rounds", type=int, default=20, help="default %(default)s")
    return made.parse_args()


def _commands(network: Path, data: Path, out: Path) -> dict[str, list[str]]:
    """Give the commands to time by name."""
    tool = list(process.SNNCONV)
    commands = {
        "python -c pass": [tool[0], "-c", "pass"],
        "snnconv --version": [*tool, "--version"],
        "snnconv --help": [*tool, "--help"],
        "snnconv simulate --help": [*tool, "simulate", "--help"],
    }
    for backend in runs.BACKENDS:
        simulate = [
            *tool,
            "simulate",
            str(network),
            "--data",
            str(data),
            "--limit",
            "1",
            "--steps",
            "1",
            "--observe",
            "0",
        ]
        simulate += ["--threads", "1", "--backend", backend, "--overwrite", "-q", "-o", str(out)]
        commands[f"snnconv simulate, 1 image, 1 step, {backend}"] = simulate
    return commands


if __name__ == "__main__":
    main()
