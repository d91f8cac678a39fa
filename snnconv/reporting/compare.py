"""Several runs side by side, and what each gains against the first on the same images."""

from collections.abc import Sequence
from pathlib import Path

from snnconv.errors import RunError
from snnconv.reporting.decisions import Decisions, decisions
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.reporting.intervals import paired_difference
from snnconv.reporting.model import Comparison, Gain, Report
from snnconv.reporting.report import report
from snnconv.runs.run_folder import RunFolder


def compare(folders: Sequence[Path | str], profiles: Sequence[EnergyProfile] = ()) -> Comparison:
    """Report several runs, and the paired difference of each to the first.

    Parameters
    ----------
    folders : sequence of Path
        Run folders, at least two.
    profiles : sequence of EnergyProfile
        What to price the operations with.

    Raises
    ------
    RunError
        If there are fewer than two, one has no images yet, or its files are damaged.
    """
    if len(folders) < 2:
        raise RunError(f"a comparison needs at least 2 run folders, found {len(folders)}; name more")
    runs = tuple(report(folder, profiles) for folder in folders)
    decided = [decisions(RunFolder(Path(folder)), run.run) for folder, run in zip(folders, runs, strict=True)]
    return Comparison(
        folders=tuple(str(folder) for folder in folders),
        runs=runs,
        gains=tuple(_gain(runs[0], decided[0], run, found) for run, found in zip(runs[1:], decided[1:], strict=True)),
    )


def _gain(first: Report, of_first: Decisions, other: Report, of_other: Decisions) -> Gain | None:
    """Compare decisions at the last steps; None where the images are not the same or have no labels."""
    same = first.run.data.sha256 == other.run.data.sha256 and of_first.images == of_other.images
    if not same or of_first.labels is None or of_other.labels is None:
        return None
    if (of_first.labels != of_other.labels).any():
        return None
    before, after = of_first.last == of_first.labels, of_other.last == of_other.labels
    found = paired_difference(int((after & ~before).sum()), int((before & ~after).sum()), of_first.images)
    return Gain(points=found.points, low=found.low, high=found.high)
