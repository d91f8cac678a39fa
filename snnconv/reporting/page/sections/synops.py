"""Where the synaptic operations are spent, and when."""

from markupsafe import Markup

from snnconv.reporting.page.blocks import Block, Figure, Section, Table
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.layers import by_layer
from snnconv.reporting.page.names import apart
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.svg.chart import WIDTH
from snnconv.reporting.page.svg.element import element, label, picture
from snnconv.reporting.page.svg.heat import shaded
from snnconv.reporting.page.text import count, percent, short

_OLDER = "it was made by an older snnconv; run simulate with --overwrite."
_NAMES, _TOP, _ROW, _BOTTOM = 160.0, 6.0, 13.0, 40.0


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    active = [run for run in runs if any(layer.synops_per_image for layer in run.report.layers)]
    if active:
        blocks.append(_figure(active))
        blocks += [_over_steps(run) for run in active if per_step(run)]
        blocks += [_table(run) for run in active]
    blocks += missing(
        runs,
        lambda r: not any(layer.synops_per_image for layer in r.layers),
        "no spike reached a synapse, so there are no synaptic operations.",
    )
    blocks += missing(
        runs, lambda r: any(c.synops_per_image is None for c in r.layer_curves), "the run does not say when: " + _OLDER
    )
    lead = "A synaptic operation is one spike that arrives at one neuron; borders, strides and shortcuts count exactly."
    return Section("synops", "Synaptic operations by layer", lead, blocks)


def _named(run: Run) -> list[tuple[str, float]]:
    return [(layer.name, layer.synops_per_image) for layer in run.report.layers]


def _figure(runs: Runs) -> Figure:
    svg, more = by_layer(runs, "fig-synops", "SynOps by layer", "SynOps per image", _named, short)
    rows = [
        (run.label, layer.name, layer.synops_per_image, layer.synops_share)
        for run in runs
        for layer in run.report.layers
    ]
    data = csv_file("synops", ("run", "layer", "synops_per_image", "share"), rows)
    return Figure(svg, "SynOps that feed each layer, for one image over all time steps." + more, data)


def per_step(run: Run) -> list[list[float]]:
    """Give SynOps per time step between the reported steps, (layers, reported steps); nothing in older runs."""
    curves = [curve.synops_per_image for curve in run.report.layer_curves if curve.synops_per_image is not None]
    steps = [row.step for row in run.report.accuracy_by_step]
    if len(curves) < len(run.report.layer_curves):
        return []
    return [
        [
            (value - (curve[k - 1] if k else 0.0)) / (steps[k] - (steps[k - 1] if k else 0))
            for k, value in enumerate(curve)
        ]
        for curve in curves
    ]


def intervals(run: Run) -> list[str]:
    """Name the steps between the reported ones: ``1``, ``2``, ``3–4`` …."""
    steps = [row.step for row in run.report.accuracy_by_step]
    firsts = [before + 1 for before in [0, *steps[:-1]]]
    return [str(last) if first == last else f"{first}–{last}" for first, last in zip(firsts, steps, strict=True)]


def _over_steps(run: Run) -> Figure:
    values, names = per_step(run), intervals(run)
    most = max(max(row) for row in values) or 1.0
    layer = max(range(len(values)), key=lambda k: max(values[k]))
    title = f"{run.prefix}SynOps per time step, by layer and time"
    described = f"Up to {short(most)} SynOps per step, in {run.report.layer_curves[layer].name}"
    rows = [
        (curve.name, name, value)
        for curve, row in zip(run.report.layer_curves, values, strict=True)
        for name, value in zip(names, row, strict=True)
    ]
    data = csv_file(f"synops-over-steps{run.slug}", ("layer", "steps", "synops_per_step"), rows)
    caption = (
        f"{run.prefix}SynOps per time step, by layer and time: a stronger colour is more, the strongest {short(most)}."
    )
    return Figure(_heat(run, values, names, most, title, described), caption, data)


def _heat(run: Run, values: list[list[float]], names: list[str], most: float, title: str, described: str) -> Markup:
    row = _ROW if len(values) <= 60 else 6.0
    each = (WIDTH - _NAMES - 12) / len(names)
    bottom = _TOP + len(values) * row
    cells = ((k, i, value / most) for i, line in enumerate(values) for k, value in enumerate(line))
    body = [
        element("rect", x=_NAMES, y=_TOP, width=WIDTH - _NAMES - 12, height=bottom - _TOP, class_="field"),
        *shaded(cells, _NAMES, _TOP, each, row),
    ]
    if row == _ROW:
        body += [
            label(_NAMES - 6, _TOP + i * row + 10, name, "tick", text_anchor="end")
            for i, name in enumerate(apart([curve.name for curve in run.report.layer_curves], 20))
        ]
    wanted = max(len(name) for name in names) * 6 + 6
    stride = max(1, -(-int(wanted) // max(int(each), 1)))
    body += [
        label(_NAMES + (k + 0.5) * each, bottom + 15, names[k], "tick", text_anchor="middle")
        for k in range(len(names) - 1, -1, -stride)
    ]
    body.append(label(_NAMES + (WIDTH - _NAMES) / 2, bottom + 32, "time steps", "axis-title", text_anchor="middle"))
    return picture(f"fig-synops-steps{run.slug}", title, described, WIDTH, bottom + _BOTTOM, body)


def _table(run: Run) -> Table:
    rows = tuple(
        (
            layer.name,
            count(layer.synops_per_image),
            "–" if layer.synops_share is None else percent(layer.synops_share),
            count(layer.spikes_per_image),
        )
        for layer in run.report.layers
    )
    head = ("Layer", "SynOps per image", "Share", "Spikes per image")
    return Table(f"{run.prefix}SynOps by layer", head, rows, folded=True)
