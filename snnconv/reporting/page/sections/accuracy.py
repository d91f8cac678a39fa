"""Accuracy and agreement against the time step."""

from collections.abc import Callable, Sequence

from snnconv.data.classes import decides
from snnconv.reporting.model import Report, StepRow
from snnconv.reporting.page.blocks import Block, Figure, Section, Table
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.runs import Run, Runs, missing, missing_of_classes
from snnconv.reporting.page.svg.axis import Axis
from snnconv.reporting.page.svg.chart import Chart, Rule, Series, draw, lying
from snnconv.reporting.page.text import count, fixed, percent, percent_range, significant

_NO_LABELS = "no accuracy without labels: run simulate on data that has them, or with --labels."
_NO_REFERENCE = "no agreement without the ONNX model: run simulate with --reference MODEL.onnx."


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    if any(run.report.curve.accuracy is not None for run in runs):
        blocks.append(_accuracy(runs))
    blocks += missing_of_classes(runs, lambda report: report.curve.accuracy is None, _NO_LABELS)
    if any(run.report.curve.agreement is not None for run in runs):
        blocks.append(_agreement(runs))
    blocks += missing(runs, lambda r: decides(r.run.classes) and r.curve.agreement is None, _NO_REFERENCE)
    blocks += [steps_table(run) for run in runs]
    lead = "What the network would have decided had it been stopped after each time step."
    return Section("accuracy", "Accuracy against time steps", lead, blocks)


def share_axis(title: str, values: Sequence[float]) -> Axis:
    """Give an axis of shares from a round value below the smallest one up to 100 %."""
    low = min([*values, 1.0])
    low = max(0.0, int(low * 10) / 10 if low >= 0.1 else 0.0)
    return Axis(title, low, 1.0, format=lambda v: percent(v, 0))


def step_axis(runs: Runs) -> Axis:
    """Give the axis of time steps: powers of 2, for most happens in the first of them."""
    last = max(run.report.curve.steps[-1] for run in runs)
    return Axis("time steps (logarithmic)", 1, max(last, 2), base=2, format=lambda v: f"{v:.0f}")


def ann_rules(runs: Runs, value: Callable[[Report], float | None], show: Callable[[float], str]) -> tuple[Rule, ...]:
    """Give one line for each value that the ANNs of the runs have."""
    found: dict[float, list[Run]] = {}
    for run in runs:
        number = value(run.report)
        if number is not None:
            found.setdefault(number, []).append(run)
    rules = []
    for number, those in found.items():
        # the picture has room for two
        tags = ", ".join(run.tag for run in those[:2]) + (" …" if len(those) > 2 else "")
        whose = "" if len(found) == 1 else f" {tags}"
        style = None if len(found) == 1 else those[0].index
        rules.append(Rule(f"ANN{whose} {show(number)}", number, style))
    return tuple(rules)


def _accuracy(runs: Runs) -> Figure:
    series, rows = [], []
    for run in runs:
        curve = run.report.curve
        if curve.accuracy is None or curve.accuracy_low is None or curve.accuracy_high is None:
            continue
        low, high = curve.accuracy_low, curve.accuracy_high
        series.append(Series(run.end, curve.steps, curve.accuracy, run.index, low, high))
        numbers = zip(curve.steps, curve.accuracy, low, high, strict=True)
        rows += [(run.label, *row) for row in numbers]
    rules = ann_rules(runs, lambda r: None if r.ann is None else r.ann.accuracy, percent)
    low_ends = [value for one in series for value in one.low or ()]
    ends = "; ".join(f"{s.label or 'the network'} ends at {percent(s.y[-1])}" for s in series)
    lines = "; ".join(rule.label for rule in rules)
    chart = Chart(
        "Accuracy after each time step",
        f"{ends}. {lines}",
        step_axis(runs),
        share_axis("accuracy", [*low_ends, *(rule.at for rule in rules)]),
        tuple(series),
        rules,
    )
    data = csv_file("accuracy", ("run", "step", "accuracy", "low", "high"), rows)
    caption = "Accuracy after each time step, with Wilson's 95 % interval; the dashed line is the ONNX model."
    return Figure(draw(chart, "fig-accuracy"), caption + lying(chart), data)


def _agreement(runs: Runs) -> Figure:
    series, rows = [], []
    for run in runs:
        curve = run.report.curve
        if curve.agreement is not None:
            series.append(Series(run.end, curve.steps, curve.agreement, run.index))
            rows += [(run.label, *row) for row in zip(curve.steps, curve.agreement, strict=True)]
    ends = "; ".join(f"{s.label or 'the network'} ends at {percent(s.y[-1])}" for s in series)
    values = [value for one in series for value in one.y]
    chart = Chart(
        "Agreement with the ONNX model after each time step",
        f"{ends}.",
        step_axis(runs),
        share_axis("agreement", values),
        tuple(series),
    )
    data = csv_file("agreement", ("run", "step", "agreement"), rows)
    caption = "Share of images on which the spiking network and the ONNX model decide alike."
    return Figure(draw(chart, "fig-agreement"), caption + lying(chart), data)


def steps_table(run: Run) -> Table:
    """Give the run after each reported step; columns that the run does not have are left out."""
    rows = run.report.accuracy_by_step
    columns = [
        (title, [show(row) for row in rows]) for title, show in _COLUMNS if any(show(row) != "–" for row in rows)
    ]
    body = tuple(tuple(cells[k] for _, cells in columns) for k in range(len(rows)))
    caption = f"{run.prefix}after time steps"
    return Table(caption[:1].upper() + caption[1:], tuple(title for title, _ in columns), body, folded=True)


def _range(low: float | None, high: float | None, show: Callable[[float, float], str]) -> str:
    return "–" if low is None or high is None else show(low, high)


def _maybe(value: float | None, show: Callable[[float], str]) -> str:
    return "–" if value is None else show(value)


_COLUMNS: tuple[tuple[str, Callable[[StepRow], str]], ...] = (
    ("Step", lambda row: count(row.step)),
    ("Accuracy", lambda row: _maybe(row.accuracy, percent)),
    ("95 % interval", lambda row: _range(row.accuracy_low, row.accuracy_high, percent_range)),
    ("Loss, points", lambda row: _maybe(row.loss_points, fixed)),
    (
        "paired interval",
        lambda row: _range(row.loss_points_low, row.loss_points_high, lambda a, b: f"{fixed(a)} to {fixed(b)}"),
    ),
    ("Agreement", lambda row: _maybe(row.agreement, percent)),
    ("Top-5", lambda row: _maybe(row.top5, percent)),
    ("Spikes per image", lambda row: count(row.spikes_per_image)),
    ("SynOps per image", lambda row: count(row.synops_per_image)),
    ("AC per MAC", lambda row: _maybe(row.ac_per_mac, significant)),
)
