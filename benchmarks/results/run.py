"""Measures what the papers claim, and writes benchmarks/results/results.json and docs/results.md.

What is in WORK is not made again: the command can be stopped at any time and given again. A model that is not there
is left out, and the page says so. The page is written after every experiment.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import collect
import page
import places as at
from experiment import Experiment, Group
from groups import GROUPS
from make import Maker
from models import CALIBRATION_IMAGES
from places import Places
from tool import ToolError
from writing import lines, write

sys.path.append(str(Path(__file__).parents[1]))
import machine

FORMAT, VERSION = "snnconv.results", 1
_HERE = Path(__file__).parent
_WRITTEN = ("benchmarks/results/results.json", "docs/results.md")
_MACHINE = ("cpu", "cores", "memory_gb", "system", "python", "packages", "revision")


def main(
    arguments: Sequence[str] | None = None,
    groups: Sequence[Group] = GROUPS,
    calibration_images: int = CALIBRATION_IMAGES,
) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        None takes those of the process.
    groups : sequence of Group
    calibration_images : int

    Returns
    -------
    int
        1 if a command of an experiment failed or none could be run, else 0.
    """
    options = _parse(
        arguments, [name for group in groups for name in (group.name, *(e.name for e in group.experiments))]
    )
    content = _read(options.results)
    if options.page_only:
        write(options.page, page.text(content))
        return 0
    places = Places(options.models.resolve(), options.data.resolve(), options.work.resolve())
    here = {key: value for key, value in machine.describe().items() if key in _MACHINE}
    here["revision"] = machine.revision(_WRITTEN)
    maker = Maker(places, options.threads, calibration_images, here["revision"])
    if options.list:
        _list(groups, maker, places)
        return 0
    failed: dict[str, str] = {}
    added = False
    for group in groups:
        for experiment in group.experiments:
            if options.only and not {group.name, experiment.name} & set(options.only):
                continue
            lacking = at.lacking(experiment, places)
            if lacking is not None:
                print(f"{experiment.name}: {lacking}; left out", file=sys.stderr)
                continue
            try:
                _add(content, group, experiment, maker, places)
            except ToolError as error:
                failed[f"{group.name} {experiment.name}"] = str(error)
                print(f"{experiment.name}: {error}; going on with the next", file=sys.stderr)
            else:
                added = True
                content["machine"] = here
            content["not_run"] = _not_run(content, groups, places, failed)
            write(options.results, lines(content) + "\n")
            write(options.page, page.text(content))
    if not added:
        print("nothing could be run", file=sys.stderr)
    return 0 if added and not failed else 1


def _parse(arguments: Sequence[str] | None, names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python benchmarks/results/run.py --models MODELS --data DATA --work WORK"
    )
    parser.add_argument("--models", type=Path, help="folder with resnet20_cifar10.onnx and resnet56_cifar10.onnx")
    parser.add_argument("--data", type=Path, help="folder with cifar10/test.npz, cifar10/train.zip, mnist/mnist.npz")
    parser.add_argument("--work", type=Path, help="folder for all that is made; its models/ has the trained ones")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=names,
        metavar="NAME",
        help="groups or experiments, by the names that --list prints",
    )
    parser.add_argument("--list", action="store_true", help="say what is done and what is missing, and run nothing")
    parser.add_argument(
        "--page-only", action="store_true", help="write the page again, from the results that are there"
    )
    parser.add_argument("--threads", type=int, default=0, help="of each command; 0 takes one for each core")
    parser.add_argument("--results", type=Path, default=_HERE / "results.json", metavar="FILE.json")
    parser.add_argument("--page", type=Path, default=_HERE.parents[1] / "docs" / "results.md", metavar="FILE.md")
    options = parser.parse_args(arguments)
    if not options.page_only and None in (options.models, options.data, options.work):
        parser.error("--models, --data and --work are needed, or --page-only")
    if options.page_only and not options.results.exists():
        parser.error(f"{options.results} is not there: --page-only needs results")
    return options


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {"format": FORMAT, "version": VERSION, "machine": {}, "groups": {}, "comparisons": {}, "not_run": []}
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if (content.get("format"), content.get("version")) != (FORMAT, VERSION):
        raise SystemExit(f"{path} is no {FORMAT} of version {VERSION}; move it away and run again")
    return content


def _add(content: dict[str, Any], group: Group, experiment: Experiment, maker: Maker, places: Places) -> None:
    records = content["groups"].setdefault(group.name, {})
    maker.make(experiment)
    records[experiment.name] = collect.record(experiment, maker.commands(experiment), places)
    # in the order of the list, whatever was run first
    names = [e.name for e in group.experiments if e.name in records]
    content["groups"][group.name] = {name: records[name] for name in names}
    # of the same model only: a comparison reads whole runs
    mine = [e for e in group.experiments if e.model == experiment.model and e.name in records]
    pairs = [e.name for e in mine if not maker.missing(e)]
    earlier = collect.without(experiment, content["comparisons"].get(group.name, []))
    content["comparisons"][group.name] = collect.merged(group, earlier, collect.compared(group, pairs, places))


def _not_run(
    content: dict[str, Any], groups: Sequence[Group], places: Places, failed: dict[str, str]
) -> list[dict[str, str]]:
    made = []
    for group in groups:
        for experiment in group.experiments:
            name = f"{group.name} {experiment.name}"
            if name in failed:
                why = failed[name]
            elif experiment.name in content["groups"].get(group.name, {}):
                continue
            else:
                why = at.lacking(experiment, places) or "not run yet"
            made.append({"group": group.name, "experiment": experiment.name, "why": why})
    return made


def _list(groups: Sequence[Group], maker: Maker, places: Places) -> None:
    for group in groups:
        for experiment in group.experiments:
            missing = maker.missing(experiment)
            state = "missing: " + ", ".join(missing) if missing else "done"
            lacking = at.lacking(experiment, places) if missing else None
            print(f"{group.name:<11} {experiment.name:<26} {f'cannot run: {lacking}' if lacking else state}")


def _stopped(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # as Ctrl-C: the command that runs is stopped too
    signal.signal(signal.SIGTERM, _stopped)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped; give the same command again and it goes on", file=sys.stderr)
        sys.exit(130)
