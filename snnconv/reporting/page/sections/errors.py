"""How the error grows with depth."""

from collections.abc import Callable

from snnconv.reporting.model import Report
from snnconv.reporting.page.blocks import Block, Figure, Note, Section, Table
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.layers import depth_axis
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.sections.rates import UNOBSERVED
from snnconv.reporting.page.svg.axis import Axis
from snnconv.reporting.page.svg.chart import Chart, Series, draw, lying
from snnconv.reporting.page.text import fixed, percent, significant
from snnconv.runs.observation import LayerErrors

_NO_REFERENCE = "errors need the ONNX model: run simulate with --reference MODEL.onnx and --observe N."


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    if any(_errors(run.report) for run in runs):
        active = "Error of the most active neurons"
        caption = (
            "Error of the neuron that fired most in an image, mean over the images, by layer "
            "(Hu et al., Fig. 4); the thin line is the fit p·q^l."
        )
        blocks.append(_figure(runs, "fig-error-active", active, caption, lambda e: e.most_active_error, fitted=True))
        caption = "Magnitude of the error, mean over all neurons and images."
        blocks.append(
            _figure(runs, "fig-error-mean", "Mean absolute error", caption, lambda e: e.absolute_error, fitted=False)
        )
        blocks += [Note(text) for run in runs if (text := _fit(run))]
        blocks += [_table(run) for run in runs if _errors(run.report)]
    blocks += missing(runs, lambda report: report.observation is None, UNOBSERVED)
    blocks += missing(runs, lambda r: r.observation is not None and not _errors(r), _NO_REFERENCE)
    lead = "The error of a neuron is clip(a/λ, 0, 1) − rate (Hu et al., Eq. 11): above 0 it fired too little."
    return Section("errors", "Propagation error by depth", lead, blocks)


def _errors(report: Report) -> list[LayerErrors]:
    if report.observation is None:
        return []
    return [layer.errors for layer in report.observation.layers if layer.errors is not None]


def _figure(
    runs: Runs, name: str, title: str, caption: str, value: Callable[[LayerErrors], float], *, fitted: bool
) -> Figure:
    series: list[Series] = []
    for run in runs:
        found = _errors(run.report)
        if not found:
            continue
        depths = [e.depth for e in found]
        series.append(Series(run.end, depths, [value(e) for e in found], run.index, marks=True, joined=not fitted))
        growth = None if run.report.observation is None else run.report.observation.growth
        if fitted and growth is not None:
            series.append(Series("", depths, [growth.p * growth.q**d for d in depths], run.index, thin=True))
    numbers = [y for one in series for y in one.y]
    low, high = min([*numbers, 0.0]), max([*numbers, 0.0])
    depth = max(max(one.x) for one in series)
    highest = "; ".join(f"{one.label or 'largest'} {significant(max(one.y))}" for one in series if one.marks)
    axis = Axis("error, as a rate", low, high * 1.05 if high > low else low + 1.0, format=significant)
    chart = Chart(title, f"{int(depth)} layers; {highest}", depth_axis(int(depth)), axis, tuple(series))
    rows = [(run.label, e.depth, e.name, value(e)) for run in runs for e in _errors(run.report)]
    data = csv_file(name.removeprefix("fig-"), ("run", "depth", "layer", "error"), rows)
    return Figure(draw(chart, name), caption + lying(chart), data)


def _fit(run: Run) -> str:
    growth = None if run.report.observation is None else run.report.observation.growth
    if growth is None:
        return ""
    r2 = "" if growth.adjusted_r2 is None else f", adjusted R² = {fixed(growth.adjusted_r2, 3)}"
    word = "grows" if growth.q > 1 else "shrinks" if growth.q < 1 else "stays"
    change = percent(abs(growth.q - 1), 1)
    # below 0 the neurons fire too much, and p·q^l falls where its magnitude grows
    what = "its magnitude" if growth.p < 0 else "the error"
    by = "" if growth.q == 1 else f" by {change} a layer"
    return (
        f"{run.prefix}p·q^l with p = {significant(growth.p)} and q = {fixed(growth.q, 4)}{r2}: "
        f"in the fit {what} {word}{by}."
    )


def _table(run: Run) -> Table:
    rows = tuple(
        (
            e.name,
            str(e.depth),
            significant(e.most_active_error),
            significant(e.error),
            significant(e.absolute_error),
            significant(e.absolute_local_error),
            percent(e.saturated),
            percent(e.silent),
            "–" if e.correlation is None else fixed(e.correlation, 4),
        )
        for e in _errors(run.report)
    )
    head = (
        "Layer",
        "Depth",
        "Most active",
        "Mean",
        "Mean absolute",
        "Left on the membrane, |V(T)/(θT)|",
        "Saturated: a/λ > 1",
        "Mute: a > 0, never fired",
        "Correlation",
    )
    return Table(f"{run.prefix}Errors by layer", head, rows, folded=True)
