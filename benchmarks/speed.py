"""Images per second of each backend, of SpikingJelly and of sinabs: same network, T, images and threads, in turn.

The sample model is measured without options; CIFAR ResNets with --models and --data. The peers run under
their own interpreter (README.md says how to install it); without --peers-python they are left out. Each peer first
tries its settings (batch size, steps a call, memory format) for a few steps; its fastest is used in all rounds.
In each round every runner runs once, so that a slow minute of the machine is shared. Ratios are taken within a round.
A run that other processes disturb is made again, up to --retries times.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import cases
import prepare
import process
import runs
from record import Record, parser, say

import snnconv

PEERS = {"SpikingJelly": "spikingjelly_speed.py", "sinabs": "sinabs_speed.py"}
YARDSTICK = "SpikingJelly"
NOTE = (
    "seconds of a backend: summary of snnconv simulate (reading, preprocessing, simulating, counting, writing). "
    "seconds of a peer: its simulation loop, images preprocessed in memory, whole batches"
)


def main() -> None:
    """Measure and write the result."""
    options = _options()
    record = Record("speed", options)
    with prepare.work_folder(options.work) as work:
        measured = []
        for case in cases.chosen(options):
            record.used(case.files)
            network = prepare.convert(case, work, snnconv.ConversionOptions(readout="current", compensation="none"))
            count = options.images or case.images
            images = prepare.peer_images(case, work, count)
            for steps in options.steps:
                say(f"{case.name}, T = {steps}, {count} images")
                measured.append(_measure(case, network, images, steps, options))
    record.finish({"note": NOTE, "cases": measured})


def _options() -> argparse.Namespace:
    made = parser(__doc__, "python benchmarks/speed.py --peers-python peers/bin/python --out speed.json")
    cases.add_options(made)
    made.add_argument("--peers-python", type=Path, metavar="PATH", help="interpreter that has SpikingJelly and sinabs")
    made.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS), help="these peers alone")
    made.add_argument("--backends", nargs="+", choices=runs.BACKENDS, default=runs.BACKENDS)
    made.add_argument("--steps", type=int, nargs="+", default=[64, 350], metavar="T")
    made.add_argument("--images", type=int, help="of each network; default 384 digits, 128 of CIFAR-10")
    made.add_argument("--threads", type=int, default=2, help="default %(default)s")
    made.add_argument("--rounds", type=int, default=5, help="default %(default)s")
    runs.add_options(made)
    return made.parse_args()


def _measure(
    case: cases.Case, network: Path, images: prepare.PeerImages, steps: int, options: argparse.Namespace
) -> dict[str, Any]:
    """Measure one network at one T."""
    runners: dict[str, runs.Runner] = {}
    skipped: dict[str, str] = {}
    settings: dict[str, Any] = {}
    for backend in options.backends:
        job = runs.Job(network, case.test, backend, steps, images.count, options.threads)
        try:
            runs.simulate(runs.Job(network, case.test, backend, 1, 1, 1))  # does it run this network at all?
        except runs.RefusedError as reason:
            skipped[backend] = str(reason)
            continue
        runners[backend] = lambda job=job: runs.simulate(job)
    for name in options.peers if options.peers_python else ():
        command = _peer_command(name, case, images, steps, options)
        say(f"  {name}: looking for its fastest setting")
        try:
            settings[name] = _peer([*command, "--tune"], options.threads)["tried"]
        except RuntimeError as reason:
            skipped[name] = str(reason)
            continue
        best = {key: settings[name][0][key] for key in ("batch", "chunk", "channels_last")}
        chosen = [*command, "--setting", json.dumps(best)]
        runners[name] = lambda chosen=chosen: _peer(chosen, options.threads)
    rounds = [_round(number, runners, options.retries) for number in range(options.rounds)]
    return {
        "network": case.name,
        "steps": steps,
        "images": images.count,
        "threads": options.threads,
        "onnx_accuracy": images.onnx_accuracy,
        "skipped": skipped,
        "peer_settings_tried": settings,
        "rounds": rounds,
        "median": {name: _median([r[name] for r in rounds]) for name in runners} if rounds else {},
        "ratio_to": YARDSTICK,
        "ratio": _ratios(rounds),
    }


def _peer_command(
    name: str, case: cases.Case, images: prepare.PeerImages, steps: int, options: argparse.Namespace
) -> list[str]:
    script = Path(__file__).parent / "peers" / PEERS[name]
    command = [str(options.peers_python), str(script), str(case.model), "--calibration", str(images.calibration)]
    command += ["--images", str(images.images), "--steps", str(steps)]
    return [*command, "--limit", str(images.count), "--threads", str(options.threads)]


def _peer(command: list[str], threads: int) -> dict[str, Any]:
    done = process.run(command, threads=threads)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # a library may talk before
    return found | {"peak_mb": done.peak_mb, "cpu_seconds": done.cpu_seconds, "other_cores": done.other_cores}


def _round(number: int, runners: dict[str, runs.Runner], retries: int) -> dict[str, Any]:
    """Run each runner once; every round begins with another one."""
    names = list(runners)
    result: dict[str, Any] = {}
    for index in range(len(names)):
        name = names[(index + number) % len(names)]
        result[name] = runs.undisturbed(runners[name], retries)
        say(f"  round {number + 1}: {name} {result[name]['images_per_second']:.2f} images/s")
    return {name: result[name] for name in names}


def _median(found: list[dict[str, Any]]) -> dict[str, Any]:
    keys = ("images_per_second", "ms_per_image_step", "peak_mb")
    return {key: statistics.median(run[key] for run in found) for key in keys} | {"accuracy": found[0]["accuracy"]}


def _ratios(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Give each runner's images/s as a multiple of the yardstick's in the same round."""
    result = {}
    for name in rounds[0] if rounds and YARDSTICK in rounds[0] else ():
        found = [r[name]["images_per_second"] / r[YARDSTICK]["images_per_second"] for r in rounds]
        result[name] = {"median": statistics.median(found), "min": min(found), "max": max(found), "rounds": found}
    return result


if __name__ == "__main__":
    main()
