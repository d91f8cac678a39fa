"""Several runs side by side as text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from snnconv.cli.terminal import Terminal
from snnconv.cli.text.energy import number, side_uj
from snnconv.cli.text.options import option
from snnconv.cli.text.plots import Series, by_steps

if TYPE_CHECKING:
    from snnconv.reporting.model import Comparison, Report

_MARKS = "123456789abcdefghijklmnopqrstuvwxyz"


def print_runs(terminal: Terminal, made: "Comparison") -> None:
    """Print runs side by side; what differs between their methods is named."""
    runs = made.runs
    marks = [_mark(index) for index in range(len(runs))]
    for mark, folder, run in zip(marks, made.folders, runs, strict=True):
        unfinished = "" if run.complete else f", unfinished: {run.run.planned_images} are planned"
        terminal.write(
            f"{mark}  {folder}: {run.run.network.name} on {run.run.images:,} images of {run.run.data.name}{unfinished}"
        )
        for line in _differing(runs, run):
            terminal.write(f"   {line}")
        if run.near_chance is not None:
            terminal.write(f"   Note: {run.near_chance}")
    _print_numbers(terminal, made, marks)
    _print_steps(terminal, runs, marks)
    _print_layers(terminal, runs, marks)
    _print_energy(terminal, runs, marks)


def _mark(index: int) -> str:
    return _MARKS[index] if index < len(_MARKS) else "+"


def _differing(runs: Sequence["Report"], run: "Report") -> list[str]:
    """Name the options of a run that are not the same in all runs that say them."""
    said = []
    for key, value in run.run.network.options.items():
        others = [other.run.network.options.get(key, value) for other in runs]
        # a run has its own time steps
        if key != "steps" and any(other != value for other in others):
            said.append(option(key, value))
    return [", ".join(said)] if said else []


def _print_numbers(terminal: Terminal, made: "Comparison", marks: Sequence[str]) -> None:
    rows = []
    for index, (mark, run) in enumerate(zip(marks, made.runs, strict=True)):
        last = run.accuracy_by_step[-1]
        gain = made.gains[index - 1] if index else None
        rows.append(
            (
                mark,
                f"{run.run.steps}",
                "–" if run.ann is None else f"{100 * run.ann.accuracy:.2f}",
                "–" if last.accuracy is None else f"{100 * last.accuracy:.2f}",
                _interval(last.loss_points, last.loss_points_low, last.loss_points_high),
                _interval(*((None,) * 3 if gain is None else (gain.points, gain.low, gain.high))),
                f"{last.synops_per_image / 1e6:,.2f}",
                "–" if run.synops_per_mac is None else f"{run.synops_per_mac:.2f}",
            )
        )
    terminal.table(
        "at the last step",
        ("", "T", "ANN %", "acc. %", "loss [95 %]", "gain on 1", "M SynOps", "/MAC"),
        rows,
        note="Loss against the ONNX model, gain against run 1 on the same images; in points, intervals are paired.",
    )


def _interval(points: float | None, low: float | None, high: float | None) -> str:
    return "–" if points is None else f"{points:.2f} [{low:.2f}, {high:.2f}]"


def _print_steps(terminal: Terminal, runs: Sequence["Report"], marks: Sequence[str]) -> None:
    if any(run.curve.accuracy is None for run in runs):
        return
    curves = [
        Series(mark, run.curve.steps, [100 * value for value in run.curve.accuracy or ()])
        for mark, run in zip(marks, runs, strict=True)
    ]
    terminal.write("accuracy % by step")
    for line in by_steps(curves):
        terminal.write(line)
    terminal.write("")
    by_run = [{row.step: row for row in run.accuracy_by_step} for run in runs]
    steps = sorted({step for rows in by_run for step in rows})
    terminal.table(
        "accuracy % by step",
        ("T", *marks),
        [
            (str(step), *("–" if step not in rows else f"{100 * (rows[step].accuracy or 0.0):.2f}" for rows in by_run))
            for step in steps
        ],
        left=0,
    )


def _print_layers(terminal: Terminal, runs: Sequence["Report"], marks: Sequence[str]) -> None:
    """Print the rates of layers of the same names."""
    by_run = [{layer.name: layer for layer in run.layers if layer.mean_rate is not None} for run in runs]
    names = list(dict.fromkeys(name for rows in by_run for name in rows))
    terminal.table(
        "mean rate by layer",
        ("layer", *marks),
        [(name, *(f"{rows[name].mean_rate:.4f}" if name in rows else "–" for rows in by_run)) for name in names],
    )


def _print_energy(terminal: Terminal, runs: Sequence["Report"], marks: Sequence[str]) -> None:
    if not runs[0].energy:
        return
    rows = []
    for index, estimate in enumerate(runs[0].energy):
        of_all = [run.energy[index] for run in runs]
        title = estimate.profile_id + (" *" if estimate.mixed_technology else "")
        for name, values in (
            ("ANN µJ", [side_uj(e.ann) for e in of_all]),
            ("SNN µJ", [side_uj(e.snn) for e in of_all]),
            ("ANN/SNN", [number(e.ratio) for e in of_all]),
        ):
            # what a profile does not price takes no row
            if set(values) != {number(None)}:
                rows.append((title, name, *values))
                title = ""
    terminal.table(
        "energy per image, estimated",
        ("profile", "", *marks),
        rows,
        left=2,
        note="Estimates, not measurements. * different technologies. One run alone shows prices and sources.",
    )
