"""``snnconv report``."""

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnconv.cli.terminal import Terminal
from snnconv.errors import UsageError

if TYPE_CHECKING:
    from snnconv.reporting.energy.profile import EnergyProfile
    from snnconv.reporting.model import Comparison, Report

_DROPPED = 4


def report_cli(
    terminal: Terminal,
    runs: Annotated[list[Path], typer.Argument(help="Run folders.", metavar="RUN/…", show_default=False)],
    energy: Annotated[bool, typer.Option("--energy", help="Price the operations on named hardware.")] = False,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            help="An energy profile by id, or a file, with its sources; several may be given.",
            metavar="ID|FILE",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write one page with pictures here.", metavar="PAGE.html")
    ] = None,
    cite: Annotated[bool, typer.Option("--cite", help="Print BibTeX for what was used, and nothing else.")] = False,
    max_drop: Annotated[
        float | None,
        typer.Option("--max-drop", help="Exit with 4 if the loss is larger.", metavar="POINTS"),
    ] = None,
) -> None:
    """Report what runs say: accuracy by step against the ONNX model, spikes, SynOps and energy.

    Several runs stand side by side in the same tables and pictures.

    Example: snnconv report run --energy --html run.html
    """
    from snnconv.files.atomic import check_place
    from snnconv.files.replaced import PAGE
    from snnconv.reporting.compare import compare
    from snnconv.reporting.model import Report
    from snnconv.reporting.report import exceeds
    from snnconv.reporting.report import report as make
    from snnconv.runs.run_folder import RunFolder

    _check_usage(cite and terminal.json, max_drop)
    if html is not None:
        read = [*(file for run in runs for file in RunFolder(run).files), *map(Path, profile or ())]
        check_place(html, read, PAGE)
    # a page without energies would lack what most readers look for
    profiles = _profiles(profile, energy or html is not None)
    made = make(runs[0], profiles) if len(runs) == 1 else compare(runs, profiles)
    reports = (made,) if isinstance(made, Report) else made.runs
    if html is not None:
        from snnconv.reporting.page import write_page

        write_page(reports, html, () if isinstance(made, Report) else made.gains)
    terminal.did(f"report: read {', '.join(map(str, runs))}{'' if html is None else f', wrote {html}'}")
    if cite:
        for entry in dict.fromkeys(entry for one in reports for entry in one.citations):
            for line in [*entry.splitlines(), ""]:
                terminal.write(line)
    elif terminal.json:
        terminal.result(made)
    else:
        _print(terminal, made, details=bool(profile))
    if html is not None:
        terminal.say(f"wrote {html}")
    if max_drop is not None:
        too_much = [(folder, one) for folder, one in zip(runs, reports, strict=True) if exceeds(one, max_drop)]
        for folder, one in too_much:
            loss = one.accuracy_by_step[-1].loss_points
            text = f"{folder}: the loss, {loss:.4g} points, is above {max_drop:g}"
            terminal.did(f"report: {text}")
            terminal.say(text)
        if too_much:
            raise typer.Exit(_DROPPED)


def _check_usage(both: bool, max_drop: float | None) -> None:
    """Refuse options that ask for two things at once, or for nothing that there is."""
    if both:
        raise UsageError("--cite prints BibTeX, --json has the same entries as `citations`; give one of the two")
    if max_drop is not None and not (isfinite(max_drop) and max_drop >= 0):
        raise UsageError(f"--max-drop must be a number of percentage points, at least 0, found {max_drop:g}")


def _profiles(named: list[str] | None, wanted: bool) -> "tuple[EnergyProfile, ...]":
    from snnconv.reporting.energy.load import builtin_profiles, load_profile

    if named:
        return tuple(load_profile(profile) for profile in named)
    return builtin_profiles() if wanted else ()


def _print(terminal: Terminal, made: "Report | Comparison", details: bool) -> None:
    from snnconv.cli.text.energy import print_energy
    from snnconv.cli.text.one_run import print_run
    from snnconv.cli.text.several_runs import print_runs
    from snnconv.reporting.model import Report

    if not isinstance(made, Report):
        print_runs(terminal, made)
        return
    print_run(terminal, made)
    if made.energy:
        print_energy(terminal, made, details)
