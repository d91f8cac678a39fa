"""Accuracy against the work that it takes."""

from snnconv.reporting.page.blocks import Block, Figure, Section
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.runs import Run, Runs, missing, missing_of_classes
from snnconv.reporting.page.sections.accuracy import ann_rules, share_axis
from snnconv.reporting.page.svg.axis import Axis
from snnconv.reporting.page.svg.chart import Chart, Rule, Series, draw, lying
from snnconv.reporting.page.text import count, percent, short

_LEAST = 1e-3
"""Part of the last step's SynOps from which the curve is drawn."""
_NO_LABELS = "no accuracy without labels: run simulate on data that has them, or with --labels."


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    series = [one for run in runs if (one := _series(run)) is not None]
    if series:
        blocks.append(_figure(runs, tuple(series)))
    elif any(run.report.curve.accuracy is not None for run in runs):
        blocks += missing(runs, lambda _: True, "no synaptic operations were counted, so there is no work to compare.")
    blocks += missing_of_classes(runs, lambda report: report.curve.accuracy is None, _NO_LABELS)
    lead = (
        "Each time step costs synaptic operations. Where a curve stays left of the upright line, "
        "the spiking network takes fewer additions than the ANN takes multiply-accumulates."
    )
    return Section("work", "Accuracy against synaptic operations", lead, blocks)


def _series(run: Run) -> Series | None:
    curve = run.report.curve
    if curve.accuracy is None:
        return None
    # the first spikes of a deep network reach few synapses: they would take half of a logarithmic axis
    least = _LEAST * curve.synops_per_image[-1]
    points = [p for p in zip(curve.synops_per_image, curve.accuracy, curve.steps, strict=True) if p[0] > least]
    if not points:
        return None
    reported = {row.step for row in run.report.accuracy_by_step}
    # where a label stands at the end, it has no room for the last step
    last = len(points) - 1 if run.end else len(points)
    from_step = curve.steps[-1] // 16
    notes = {
        k: str(step) for k, (_, _, step) in enumerate(points) if step in reported and step >= from_step and k != last
    }
    return Series(run.end, [p[0] for p in points], [p[1] for p in points], run.index, notes=notes)


def _figure(runs: Runs, series: tuple[Series, ...]) -> Figure:
    macs = ann_rules(runs, lambda r: float(r.ann_counts.macs) or None, lambda v: f"{short(v)}MACs")
    upright = tuple(Rule(rule.label, rule.at, rule.style, upright=True) for rule in macs)
    level = ann_rules(runs, lambda r: None if r.ann is None else r.ann.accuracy, percent)
    work = [value for one in series for value in one.x] + [rule.at for rule in upright]
    shares = [value for one in series for value in one.y] + [rule.at for rule in level]
    chart = Chart(
        "Accuracy against synaptic operations per image",
        "; ".join(
            f"{one.label or 'the network'} reaches {percent(one.y[-1])} with {count(one.x[-1])} SynOps"
            for one in series
        )
        + "; "
        + "; ".join(rule.label for rule in upright),
        Axis("SynOps per image so far (logarithmic)", min(work) / 1.1, max(work) * 1.1, base=10),
        share_axis("accuracy", shares),
        series,
        (*level, *upright),
    )
    rows = [
        (run.label, *row)
        for run in runs
        if run.report.curve.accuracy is not None
        for row in zip(
            run.report.curve.steps, run.report.curve.synops_per_image, run.report.curve.accuracy, strict=True
        )
    ]
    data = csv_file("accuracy-synops", ("run", "step", "synops_per_image", "accuracy"), rows)
    caption = "Accuracy against the SynOps spent so far, from a thousandth on; numbers beside the curve are time steps."
    return Figure(draw(chart, "fig-work"), caption + lying(chart), data)
