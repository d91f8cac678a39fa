"""Damaged .snn, .calib, profiles, arrays and journals: read as they were or refused in one line.

Usage, from anywhere: python tests/fuzz/damaged_files.py --kind snn --seed 0 --count 500

Kinds: snn, calib, profile, npz, npy, journal. A case damages bytes, or one place of the content with all hashes made
anew. Behind hashes that fit a file may say something else, but its reader must end well. Where they do not, what is
read must be what was written, or nothing. Profiles and arrays have no hash of ours: they must be read or refused.

One line for each failure; its file is kept in --keep. Exit 1 if there is a failure.
"""

import json
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from snnconv.files import container, sealed
from tests.fuzz import damages_container, damages_json, damages_text, made_files
from tests.fuzz.arguments import new_parser
from tests.fuzz.command import Done, run
from tests.fuzz.damages_json import Rng, pick

UNCHANGED, REFUSED, OTHERWISE, FAILED = "unchanged", "refused", "otherwise", "FAILED"

_ADDRESS_SPACE = 6 * 2**30
NAMES = {
    "snn": "net.snn",
    "calib": "net.calib",
    "profile": "profile.json",
    "npz": "x.npz",
    "npy": "x.npy",
    "journal": "searched.snn.unfinished",
}


def _commands(kind: str, made: Path, path: Path, out: Path) -> list[tuple[object, ...]]:
    """Give the command lines that read a damaged file of a kind; what the last one says, or writes, is compared."""
    simulate = ("--limit", 4, "--steps", 3, "--threads", 1, "--observe", 1, "-o", out / "run")
    calibrated = (*made_files.convert(made, "n.snn")[:2], "--calibration", path, "--compensation", "none")
    match kind:
        case "snn":
            read = [("inspect", path), ("simulate", path, "--data", made / "x.npz", *simulate), ("report", out / "run")]
            return [*read, ("inspect", path, "--json")]
        case "calib":
            merge = ("calibrate", "--merge", path, path, "-o", out / "merged.calib")
            exact = (*calibrated, "--granularity", "channel", "--percentile", 100, "-o", out / "n.snn")
            return [("inspect", path), merge, (*calibrated, "-o", out / "m.snn"), exact, ("inspect", path, "--json")]
        case "profile":
            report = ("report", made / "run", "--profile", path)
            return [report, (*report, "--html", out / "page.html"), (*report, "--json")]
        case "journal":
            return [(*made_files.search(made, "n.snn")[:-1], out / "searched.snn")]
        case _:
            return [("simulate", made / "net.snn", "--data", path, *simulate)]


def damaged(seed: int, number: int, kind: str, made: Path, folder: Path) -> tuple[Path, str, bool]:
    """Copy a file into a folder and damage it; give it, what was done, and whether its hashes fit."""
    rng = np.random.default_rng([seed, number, sorted(NAMES).index(kind)])
    path = folder / NAMES[kind]
    shutil.copyfile(made / path.name, path)
    anew = _ANEW.get(kind)
    if anew is None or rng.random() < 1 / 3:
        damage = pick(rng, damages_text.DAMAGES)
        damage(rng, path)
        return path, damage.__name__, kind in ("profile", "npz", "npy")
    return path, anew(rng, path), True


def _container(rng: Rng, path: Path) -> str:
    manifest, tensors = container.read(path, f"snnconv.{path.suffix[1:]}", 1)
    what = []
    for _ in range(int(rng.integers(1, 3))):
        in_tensors = rng.random() < 0.6
        what.append(damages_container.damage(rng, tensors) if in_tensors else damages_json.damage(rng, manifest))
    container.write(path, manifest, tensors)
    return ", ".join(what)


def _sealed(rng: Rng, path: Path) -> str:
    content = json.loads(path.read_bytes())
    del content[sealed.DIGEST]
    what = damages_json.damage(rng, content)
    path.write_text(json.dumps(sealed.seal(content)))
    return what


def _json(rng: Rng, path: Path) -> str:
    content = json.loads(path.read_bytes())
    what = ", ".join(damages_json.damage(rng, content) for _ in range(int(rng.integers(1, 3))))
    path.write_text(json.dumps(content))
    return what


_ANEW: dict[str, Callable[[Rng, Path], str]] = {
    "snn": _container,
    "calib": _container,
    "journal": _sealed,
    "profile": _json,
}


def run_case(seed: int, number: int, kind: str, made: Path, whole: str, timeout: int) -> tuple[str, str]:
    """Damage a file and read it; give the verdict and why."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        (folder / "out").mkdir()
        # beside its network, where a search looks for it
        path, what, anew = damaged(seed, number, kind, made, folder / "out" if kind == "journal" else folder)
        signal.alarm(timeout)
        try:
            done = [run(*line) for line in _commands(kind, made, path, folder / "out")]
        finally:
            signal.alarm(0)
        faults = [one.fault for one in done if one.fault]
        if faults:
            return FAILED, f"{what}: {faults[0]}"
        if done[-1].refused:
            return REFUSED, f"{what}: {done[-1].refused}"
        if _result(kind, done[-1], folder / "out") == whole:
            return UNCHANGED, what
        return (OTHERWISE, what) if anew else (FAILED, f"{what}: it is read as something else")


def _result(kind: str, done: Done, out: Path) -> str:
    return (out / "searched.snn").read_bytes().hex() if kind == "journal" else done.out


def expected(kind: str, made: Path) -> str:
    """Give what comes of the undamaged file."""
    if kind == "journal":
        return (made / "searched.snn").read_bytes().hex()
    with tempfile.TemporaryDirectory() as parent:
        return [run(*line) for line in _commands(kind, made, made / NAMES[kind], Path(parent))][-1].out


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError("no end in sight")


def main() -> int:
    parser = new_parser(__doc__, "files of a kind", count=500, timeout=30, keep="damaged-files")
    parser.add_argument("--kind", choices=sorted(NAMES), action="append", help="only this kind; may be repeated")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_long)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    failed = 0
    with tempfile.TemporaryDirectory() as parent:
        made = made_files.make(Path(parent))
        for kind in options.kind or NAMES:
            started, counts, whole = time.monotonic(), Counter[str](), expected(kind, made)
            for number in range(options.first, options.first + options.count):
                verdict, why = run_case(options.seed, number, kind, made, whole, options.timeout)
                counts[verdict] += 1
                if verdict == FAILED:
                    kept = options.keep / f"{kind}-{options.seed}-{number}"
                    kept.mkdir(parents=True, exist_ok=True)
                    damaged(options.seed, number, kind, made, kept)
                if options.verbose or verdict == FAILED:
                    sys.stdout.write(f"{kind} {number} of seed {options.seed} {verdict}: {why}\n")
                    sys.stdout.flush()
            shown = ", ".join(f"{counts[verdict]} {verdict}" for verdict in (UNCHANGED, REFUSED, OTHERWISE, FAILED))
            sys.stdout.write(f"{options.count} damaged {kind} in {time.monotonic() - started:.0f} s: {shown}\n")
            failed += counts[FAILED]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
