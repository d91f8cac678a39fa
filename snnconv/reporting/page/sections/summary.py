"""The summary: what came out, in one table and one sentence."""

from collections.abc import Callable

from snnconv.data.classes import ONE_NUMBER, decides
from snnconv.reporting.classes import of_one_class
from snnconv.reporting.model import Report
from snnconv.reporting.page.blocks import Block, Facts, Note, Section, Table
from snnconv.reporting.page.runs import Runs, differing_options
from snnconv.reporting.page.text import count, fixed, percent, percent_range, significant

NONE = "–"
_LABELS = "Accuracy needs labels: run simulate on data that has them, or with --labels."
_REFERENCE = "The ANN, the loss and the agreement need the ONNX model: run simulate with --reference MODEL.onnx."
_ONE_NUMBER = f"Accuracy, loss and agreement are not measured where a network gives {ONE_NUMBER}."
_OF_ANN = 0.99


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    for run in runs:
        report = run.report
        if not report.complete:
            done = f"{count(report.run.images)} of {count(report.run.planned_images)} images"
            blocks.append(Note(f"{run.prefix}unfinished run: all numbers are of {done}.", missing=True))
        if report.near_chance is not None:
            blocks.append(Note(f"{run.prefix}{report.near_chance}.", missing=True))
        one_class = of_one_class(report.classes)
        if one_class is not None:
            blocks.append(Note(f"{run.prefix}{one_class}.", missing=True))
    if len(runs) == 1:
        blocks += [Note(sentence(runs[0].report)), Facts(headline(runs[0].report), look="big")]
        blocks.append(Facts(tuple((row[0], row[1], "") for row in _values(runs)), look="card"))
    else:
        blocks.append(
            Table("Result at the last time step; intervals are 95 %", ("", *(r.label for r in runs)), _values(runs))
        )
    deciding = [run.report.accuracy_by_step[-1] for run in runs if decides(run.report.run.classes)]
    if len(deciding) < len(runs):
        blocks.append(Note(_ONE_NUMBER, missing=True))
    if any(last.accuracy is None for last in deciding):
        blocks.append(Note(_LABELS, missing=True))
    if any(last.agreement is None for last in deciding):
        blocks.append(Note(_REFERENCE, missing=True))
    return Section("summary", "Summary", "", blocks)


def sentence(report: Report) -> str:
    """Say the result in words."""
    last, images = report.accuracy_by_step[-1], count(report.run.images)
    if last.accuracy is None:
        if last.agreement is None:
            return f"The spiking network ran for {last.step} time steps on {images} images."
        return (
            f"After {last.step} time steps the spiking network decides as its ONNX model on "
            f"{percent(last.agreement)} of {images} images."
        )
    text = f"After {last.step} time steps the spiking network is right on {percent(last.accuracy)} of {images} images"
    if last.loss_points is None or last.loss_points_low is None or last.loss_points_high is None:
        return text + "."
    side = "below" if last.loss_points >= 0 else "above"
    low, high = fixed(last.loss_points_low), fixed(last.loss_points_high)
    points = fixed(abs(last.loss_points))
    return f"{text}, {points} points {side} its ONNX model (loss, 95 % interval: {low} to {high} points)."


def headline(report: Report) -> tuple[tuple[str, str, str], ...]:
    """Give the few numbers that stand large on the page."""
    last = report.accuracy_by_step[-1]
    items = [("Accuracy", accuracy(report), accuracy_interval(report))] if last.accuracy is not None else []
    if last.loss_points is not None:
        items.append(("Loss", f"{fixed(last.loss_points)} points", loss_interval(report)))
    if last.agreement is not None:
        items.append(("Agreement with the ANN", percent(last.agreement), "same decision"))
    if report.synops_per_mac is not None:
        items.append(("SynOps per MAC", significant(report.synops_per_mac), "of the ANN, for one image"))
    items.append(("Time steps", count(report.run.steps), report.run.encoding + " input"))
    return tuple(items)


def accuracy(report: Report) -> str:
    """Give the accuracy at the last step."""
    value = report.accuracy_by_step[-1].accuracy
    return NONE if value is None else percent(value)


def accuracy_interval(report: Report) -> str:
    """Give its interval."""
    last = report.accuracy_by_step[-1]
    if last.accuracy_low is None or last.accuracy_high is None:
        return NONE
    return percent_range(last.accuracy_low, last.accuracy_high)


def loss_interval(report: Report) -> str:
    """Give the paired interval of the loss."""
    last = report.accuracy_by_step[-1]
    if last.loss_points_low is None or last.loss_points_high is None:
        return NONE
    return f"{fixed(last.loss_points_low)} to {fixed(last.loss_points_high)} points"


def first_near(report: Report) -> int | None:
    """Give the first step at which the accuracy is at least 99 % of the ANN's; None where it never is."""
    curve = report.curve
    if report.ann is None or curve.accuracy is None:
        return None
    wanted = _OF_ANN * report.ann.accuracy
    return next((step for step, value in zip(curve.steps, curve.accuracy, strict=True) if value >= wanted), None)


def _values(runs: Runs) -> tuple[tuple[str, ...], ...]:
    """Give a row for each number that at least one run has."""
    rows = [(title, *(show(run.report) for run in runs)) for title, show in _ROWS]
    rows = [row for row in rows if any(cell != NONE for cell in row[1:])]
    rows += _gains(runs)
    reports = [run.report for run in runs]
    rows += [
        (f"Option {name}", *(str(report.run.network.options.get(name, NONE)) for report in reports))
        for name in differing_options(reports)
    ]
    return tuple(rows)


def _gains(runs: Runs) -> list[tuple[str, ...]]:
    """Give what runs have over the first one, on the same images."""
    if not any(run.gain for run in runs):
        return []
    first = runs[0].tag
    points = [NONE if run.gain is None else f"{fixed(run.gain.points)} points" for run in runs]
    ranges = [NONE if run.gain is None else f"{fixed(run.gain.low)} to {fixed(run.gain.high)} points" for run in runs]
    return [(f"Accuracy minus that of {first}", *points), ("… paired interval of this difference", *ranges)]


def _optional(value: float | None, show: Callable[[float], str]) -> str:
    return NONE if value is None else show(value)


def _spikes_per_neuron(report: Report) -> str:
    neurons = sum(layer.neurons for layer in report.layers)
    return significant(report.accuracy_by_step[-1].spikes_per_image / neurons) if neurons else NONE


def _images(report: Report) -> str:
    done, planned = count(report.run.images), count(report.run.planned_images)
    return done if report.complete else f"{done} of {planned} (unfinished)"


def _ann_interval(report: Report) -> str:
    return NONE if report.ann is None else percent_range(report.ann.accuracy_low, report.ann.accuracy_high)


def _near(report: Report) -> str:
    if report.ann is None or report.curve.accuracy is None:
        return NONE
    step = first_near(report)
    return "never" if step is None else count(step)


_ROWS: tuple[tuple[str, Callable[[Report], str]], ...] = (
    ("Network", lambda r: r.run.network.name),
    ("Model", lambda r: r.run.network.source_name or NONE),
    ("Method", lambda r: r.run.network.method),
    ("Data", lambda r: r.run.data.name),
    ("Images", _images),
    ("Time steps T", lambda r: count(r.run.steps)),
    ("Encoding of the image", lambda r: r.run.encoding),
    ("Accuracy", accuracy),
    ("… interval (Wilson)", accuracy_interval),
    ("Accuracy of the ANN", lambda r: NONE if r.ann is None else percent(r.ann.accuracy)),
    ("… interval of the ANN (Wilson)", _ann_interval),
    ("Loss against the ANN", lambda r: _optional(r.accuracy_by_step[-1].loss_points, lambda v: f"{fixed(v)} points")),
    ("… paired interval (Agresti and Min)", loss_interval),
    ("Agreement with the ANN", lambda r: _optional(r.accuracy_by_step[-1].agreement, percent)),
    ("Top-5 accuracy", lambda r: _optional(r.accuracy_by_step[-1].top5, percent)),
    ("First step with 99 % of the ANN's accuracy", _near),
    ("SynOps per MAC of the ANN", lambda r: _optional(r.synops_per_mac, significant)),
    ("Accumulations per MAC (Sengupta et al.)", lambda r: _optional(r.ac_per_mac, significant)),
    ("SynOps per image", lambda r: count(r.accuracy_by_step[-1].synops_per_image)),
    ("MACs of the ANN per image", lambda r: count(r.ann_counts.macs)),
    ("Spikes per image", lambda r: count(r.accuracy_by_step[-1].spikes_per_image)),
    ("Spikes per neuron", _spikes_per_neuron),
)
