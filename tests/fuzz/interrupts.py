"""Ctrl-C and SIGTERM at random moments of every command, once or twice: one line at most, and 130 or 143.

Usage, from anywhere: python tests/fuzz/interrupts.py --seed 0 --count 200

A moment is drawn from the time that the command takes undisturbed, counted from when its handlers stand: Python itself
needs some 30 ms before. What is right: the exit code of a signal that was sent, one line of ours or none, and no file
half-written; or the command was done before the signal came. One line for each failure, exit 1 if there is one. It is
no part of the check command; signals at fixed places are, in tests/cli/test_interrupts.py.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_models"
COMMAND = (sys.executable, "-c", "from snnconv.cli import main; main()")
_CAUGHT = 1 << (signal.SIGTERM - 1)
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


def commands(made: Path, out: Path) -> dict[str, list[str]]:
    """Give command lines that write into `out`, and read what lies in `made`."""
    model, data = SAMPLES / "digits_resnet.onnx", SAMPLES / "digits_test.npz"
    images = ["--data", data, "--samples", 8]
    calibration = ["--calibration", made / "x.calib"]
    few = ["--limit", 48, "--steps", 32, "--reference", model]
    lines: dict[str, list[object]] = {
        "version": ["--version"],
        "help": ["convert", "--help"],
        "check": ["check", model],
        "calibrate": ["calibrate", model, *images, "-o", out / "x.calib"],
        "convert": ["convert", model, *calibration, *images, "--steps", 16, "-o", out / "n.snn"],
        "simulate": ["simulate", made / "n.snn", "--data", data, *few, "-o", out / "run"],
        "report": ["report", made / "run", "--html", out / "page.html"],
        "diagnose": ["diagnose", made / "n.snn", "--reference", model, *images, "--steps", 16, "-o", out / "d.json"],
        "inspect": ["inspect", made / "n.snn", "--json"],
    }
    return {name: [str(word) for word in words] for name, words in lines.items()}


def begun(words: list[str]) -> "subprocess.Popen[str]":
    """Start a command, and wait until its handlers stand."""
    # a child inherits that a signal is ignored, as it is for a job in the background, and no handler
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    signal.signal(signal.SIGINT, before)
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        caught = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt")]
        if caught and int(caught[0], 16) & _CAUGHT:
            break
        time.sleep(0.0005)
    return process


def fault(process: "subprocess.Popen[str]", sent: list[int]) -> str | None:
    """Say what is wrong with how a command ended."""
    err = process.communicate(timeout=120)[1]
    ours = [line for line in err.splitlines() if line.startswith("snnconv: ") and line.split()[1][:-1] in _WORDS]
    code = process.returncode
    if "Traceback" in err or "Exception ignored" in err:
        return err.strip()
    if code == 0:
        return f"done, and said {ours}" if ours else None
    # at its very end Python takes the handlers away, and the signal itself ends it: a shell gives the same code
    if code not in {CODES[number] for number in sent} and -code not in sent:
        return f"exit {code}: {err.strip()}"
    return f"{len(ours)} lines: {err.strip()}" if len(ours) > 1 + (len(sent) > 1) else None


_WORDS = ("interrupted", "terminated")


def half_written(out: Path) -> list[str]:
    """Give files that are there and cannot be read."""
    read = [path for path in (out / "x.calib", out / "n.snn") if path.exists()]
    return [
        path.name
        for path in read
        if subprocess.run([*COMMAND, "inspect", path], check=False, capture_output=True, cwd=ROOT).returncode
    ]


def main() -> int:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=200, help="how many commands are interrupted")
    given = parser.parse_args()
    draw = random.Random(given.seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        made, out = Path(name) / "made", Path(name) / "out"
        made.mkdir()
        seconds = undisturbed(made, out)
        for number in range(given.count):
            found[disturbed(number, draw, seconds, made, out)] += 1
    sys.stdout.write(", ".join(f"{count} {what}" for what, count in found.items()) + "\n")
    return 1 if found["failed"] else 0


def undisturbed(made: Path, out: Path) -> dict[str, float]:
    """Give the seconds that each command takes, once what they read is made."""
    for command in ("calibrate", "convert", "simulate"):
        assert begun(commands(made, made)[command]).wait() == 0, command
    seconds = {}
    for command, words in commands(made, out).items():
        out.mkdir()
        process, start = begun(words), time.monotonic()
        wrong = fault(process, [])
        assert wrong is None, wrong
        seconds[command] = time.monotonic() - start
        shutil.rmtree(out)
    return seconds


def disturbed(number: int, draw: random.Random, seconds: dict[str, float], made: Path, out: Path) -> str:
    """Interrupt one command, say what was wrong, and give what became of it in a word."""
    command = draw.choice(list(seconds))
    # half of them while the command is still loaded
    moment = draw.uniform(0, min(0.4, seconds[command]) if draw.random() < 0.5 else seconds[command])
    sent = [draw.choice(list(CODES)) for _ in range(draw.choice([1, 1, 2]))]
    gap = draw.choice([0.0, 0.001, 0.02, 0.2])
    out.mkdir()
    process = begun(commands(made, out)[command])
    time.sleep(moment)
    for index, one in enumerate(sent):
        time.sleep(gap if index else 0)
        if process.poll() is None:
            os.kill(process.pid, one)
    wrong = fault(process, sent) or ", ".join(half_written(out))
    shutil.rmtree(out)
    if wrong:
        names = " and ".join(signal.Signals(one).name for one in sent)
        sys.stdout.write(f"{number}: {command} after {moment:.3f} s, {names} {gap} s apart: {wrong}\n")
        return "failed"
    return "done before" if process.returncode == 0 else "interrupted"


if __name__ == "__main__":
    sys.exit(main())
