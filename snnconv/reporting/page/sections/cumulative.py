"""Spikes per neuron by layer, as the network goes on."""

from snnconv.reporting.page.blocks import Block, Figure, Section
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.layers import depth_axis
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.svg.axis import Axis
from snnconv.reporting.page.svg.chart import Chart, Series, draw, lying
from snnconv.reporting.page.text import count, significant

_STEPS_SHOWN = 5
"""Of one run: more curves lie on each other."""


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    if any(_layers(run) for run in runs):
        blocks.append(_figure(runs))
    blocks += missing(runs, lambda r: not any(layer.neurons for layer in r.layers), "the run has no neurons.")
    lead = (
        "Spikes so far per neuron of each layer, mean over images and neurons (as Sengupta et al., Fig. 5). "
        "Where the curve falls, deeper layers are quieter."
    )
    return Section("cumulative", "Cumulative spikes per neuron", lead, blocks)


def _layers(run: Run) -> list[tuple[str, tuple[float, ...]]]:
    """Give names, and spikes per neuron after each reported step."""
    pairs = zip(run.report.layers, run.report.layer_curves, strict=True)
    return [(a.name, tuple(s / a.neurons for s in b.spikes_per_image)) for a, b in pairs if a.neurons]


def _series(run: Run, alone: bool) -> list[Series]:
    layers = _layers(run)
    steps = [row.step for row in run.report.accuracy_by_step]
    shown = range(max(0, len(steps) - _STEPS_SHOWN), len(steps)) if alone else [len(steps) - 1]
    depths = range(1, len(layers) + 1)
    return [
        Series(
            f"T = {steps[at]}" if alone else run.end,
            depths,
            [values[at] for _, values in layers],
            # the last step is the run's own stroke, those before it count on
            run.index + (len(steps) - 1 - at),
            marks=len(layers) <= 60,
        )
        for at in shown
    ]


def _figure(runs: Runs) -> Figure:
    series = [one for run in runs if _layers(run) for one in _series(run, len(runs) == 1)]
    values = [y for one in series for y in one.y]
    depth = max(len(one.x) for one in series)
    ends = "; ".join(
        f"{one.label or 'last step'}: {significant(one.y[0])} to {significant(one.y[-1])}" for one in series
    )
    chart = Chart(
        "Spikes per neuron by layer",
        f"First to last layer: {ends}",
        depth_axis(depth),
        Axis("spikes per neuron so far", 0, max(values) * 1.05 or 1.0, format=significant),
        tuple(series),
    )
    rows = [
        (run.label, name, row.step, value)
        for run in runs
        for name, values in _layers(run)
        for row, value in zip(run.report.accuracy_by_step, values, strict=True)
    ]
    data = csv_file("spikes-per-neuron", ("run", "layer", "step", "spikes_per_neuron"), rows)
    last = ", ".join(f"{run.prefix}T = {count(run.report.run.steps)}" for run in runs)
    caption = f"Spikes per neuron by layer; last step: {last}."
    return Figure(draw(chart, "fig-cumulative"), caption + lying(chart), data)
