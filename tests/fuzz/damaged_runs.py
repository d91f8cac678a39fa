"""Damaged run folders: reported as they were or refused in one line, and what the line advises helps.

Usage, from anywhere: python tests/fuzz/damaged_runs.py --seed 0 --count 500

A case damages one file of a finished run: bits, bytes, a cut, a value of its JSON with the digest as it was or made
anew, a part put together anew, a file that is missing, or one of another place or run. Then report (as JSON and as a
page), inspect and simulate read it. A digest that was made anew can hide what only a simulation can tell: such a case
may say something else, but must end well. In all others it must not: what is reported is the undamaged run, or nothing.
After that the advice is followed, and the run must be whole again.

One line for each failure; its files are kept in --keep. Exit 1 if there is a failure.
"""

import io
import json
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from snnconv.files import sealed
from snnconv.runs import part as part_file
from snnconv.runs.part import Part
from tests.fuzz import damages_json, made_files
from tests.fuzz.arguments import new_parser
from tests.fuzz.command import Done, run
from tests.fuzz.damages_json import Rng, pick
from tests.fuzz.damages_text import bits, cut, cut_out, digit

UNCHANGED, REFUSED, OTHERWISE, FAILED = "unchanged", "refused", "otherwise", "FAILED"

_JSON = ("run.json", "summary.json", "observation.json")
_TIMED = ("seconds", "images_per_second", "command_line")
_TRIES = 12  # pieces of advice, one after the other


def _delete(rng: Rng, path: Path) -> None:
    del rng
    path.unlink()


def _value(rng: Rng, path: Path) -> None:
    content = json.loads(path.read_bytes())
    damages_json.damage(rng, content)
    path.write_text(json.dumps(content))


def _sealed_value(rng: Rng, path: Path) -> None:
    content = json.loads(path.read_bytes())
    del content[sealed.DIGEST]
    for _ in range(int(rng.integers(1, 3))):
        damages_json.damage(rng, content)
    path.write_text(json.dumps(sealed.seal(content)))


def _other_run(rng: Rng, path: Path) -> None:
    del rng
    folder = path.parent.parent if path.parent.name == "parts" else path.parent
    shutil.copyfile(folder.parent / "other" / path.relative_to(folder), path)


def _other_place(rng: Rng, path: Path) -> None:
    others = sorted(path.parent.iterdir())
    data, other = path.read_bytes(), pick(rng, others)
    path.write_bytes(other.read_bytes())
    other.write_bytes(data)


def _sealed_part(rng: Rng, path: Path) -> None:
    """Change a number of a column, or its shape or type, and make the digest anew."""
    with np.load(path) as archive:
        columns = {name: archive[name] for name in archive.files if name != "digest"}
    name = pick(rng, sorted(columns))
    column = columns[name].copy()
    how = int(rng.integers(4))
    if how == 0 and column.size:
        column.reshape(-1)[int(rng.integers(column.size))] += 1
    elif how == 1:
        column = column[: len(column) // 2]
    elif how == 2:
        column = column.astype(pick(rng, (np.float64, np.int32, np.complex64, np.uint8)))
    else:
        column = column[None]
    columns[name] = column
    record = json.loads((path.parent.parent / "run.json").read_bytes())
    digest = sealed.digest({"request": record["request"]})
    if column.dtype.kind == "c":
        buffer = io.BytesIO()
        np.savez(buffer, digest=np.zeros(32, np.uint8), **columns)
        path.write_bytes(buffer.getvalue())
    else:
        path.write_bytes(part_file.to_bytes(Part(first=int(path.stem), **columns), digest))


Damage = Callable[[Rng, Path], None]

OF_ANY: tuple[Damage, ...] = (bits, bits, cut, cut_out, _delete, _other_run)
OF_JSON: tuple[Damage, ...] = (*OF_ANY, digit, digit, _value, _value, *(_sealed_value,) * 6)
OF_PART: tuple[Damage, ...] = (*OF_ANY, _other_place, _sealed_part, _sealed_part)
ANEW = (_sealed_value, _sealed_part)
"""Damages behind which the digest fits."""


def damaged(seed: int, number: int, made: Path, folder: Path) -> tuple[Path, str, bool]:
    """Copy the runs into a folder and damage a file; give the run, what was done, and whether its digest fits."""
    rng = np.random.default_rng([seed, number])
    for name in ("run", "other"):
        shutil.copytree(made / name, folder / name)
    path = folder / "run"
    file = path / pick(rng, (*_JSON, *_JSON, *(f"parts/{part.name}" for part in sorted((path / "parts").iterdir()))))
    damage = pick(rng, OF_JSON if file.suffix == ".json" else OF_PART)
    damage(rng, file)
    return path, f"{damage.__name__.strip('_')} of {file.name}", damage in ANEW


def run_case(seed: int, number: int, made: Path, whole: Any) -> tuple[str, str]:
    """Damage a run, read it, follow the advice; give the verdict and why."""
    with tempfile.TemporaryDirectory() as parent:
        path, what, anew = damaged(seed, number, made, Path(parent))
        verdict, why = _read(path, whole, anew)
        if verdict != FAILED:
            fault = _repaired(made, path, whole, anew)
            verdict, why = (FAILED, fault) if fault else (verdict, why)
        return verdict, f"{what}: {why}"


def _read(path: Path, whole: Any, anew: bool) -> tuple[str, str]:
    """Report and inspect a run."""
    page = path.parent / "page.html"
    commands = [("report", path, "--json"), ("report", path, "--html", page), ("report", path), ("inspect", path)]
    done = [run(*command) for command in (*commands, ("inspect", path, "--json"))]
    faults = [one.fault for one in done if one.fault]
    if faults:
        return FAILED, faults[0]
    first = done[0]
    if first.refused:
        return REFUSED, first.refused
    # a run may be without an observation
    expected = whole if (path / "observation.json").exists() else whole | {"observation": None}
    if essence(first.json) == expected:
        return UNCHANGED, ""
    return (OTHERWISE, "") if anew else (FAILED, "report says something else")


def _repaired(made: Path, path: Path, whole: Any, anew: bool) -> str | None:
    """Simulate into a run and follow what is advised; give what went wrong."""
    command: tuple[object, ...] = made_files.simulate(made, path)
    for _ in range(_TRIES):
        done = run(*command)
        if done.fault:
            return done.fault
        if done.refused is None:
            break
        advised = _follow(done, path)
        if advised is None:
            return f"no advice that could be followed: {done.refused}"
        command = (*made_files.simulate(made, path), *advised)
    else:
        return "all advice was followed, and the run is not whole"
    found = run("report", path, "--json")
    if found.fault or found.refused:
        return f"after simulate: {found.fault or found.refused}"
    return None if anew or essence(found.json) == whole else "simulate keeps something else"


def _follow(done: Done, path: Path) -> tuple[str, ...] | None:
    """Do what a refusal advises; give the options of the next command."""
    said = done.refused or ""
    if "--overwrite" in said:
        return ("--overwrite",)
    named = re.match(r"(\S+) (?:is damaged|was changed)", said)
    if named and "delete it" in said and Path(named[1]).is_relative_to(path):
        Path(named[1]).unlink()
        return ()
    if said.endswith("is no run folder; name another, or empty it"):
        shutil.rmtree(path)
        return ()
    return None


def essence(report: Any) -> Any:
    """Give a report without what differs from one run to the next: times, and the folder in the command line."""
    if isinstance(report, dict):
        return {key: essence(value) for key, value in report.items() if key not in _TIMED}
    return [essence(value) for value in report] if isinstance(report, list) else report


def main() -> int:
    parser = new_parser(__doc__, "run folders", count=500, timeout=60, keep="damaged-runs")
    options = parser.parse_args()
    started, counts = time.monotonic(), Counter[str]()
    with tempfile.TemporaryDirectory() as parent:
        made = made_files.make(Path(parent))
        whole = essence(run("report", made / "run", "--json").json)
        for number in range(options.first, options.first + options.count):
            verdict, why = run_case(options.seed, number, made, whole)
            counts[verdict] += 1
            if verdict == FAILED:
                kept = options.keep / f"{options.seed}-{number}"
                shutil.rmtree(kept, ignore_errors=True)
                kept.mkdir(parents=True)
                damaged(options.seed, number, made, kept)
            if options.verbose or verdict == FAILED:
                sys.stdout.write(f"case {number} of seed {options.seed} {verdict}: {why}\n")
                sys.stdout.flush()
    shown = ", ".join(f"{counts[verdict]} {verdict}" for verdict in (UNCHANGED, REFUSED, OTHERWISE, FAILED))
    sys.stdout.write(f"{options.count} damaged runs in {time.monotonic() - started:.0f} s: {shown}\n")
    return 1 if counts[FAILED] else 0


if __name__ == "__main__":
    sys.exit(main())
