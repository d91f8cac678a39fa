"""Single spikes of a few neurons."""

from itertools import groupby

from markupsafe import Markup

from snnconv.reporting.page.blocks import Block, Figure, Section
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.names import apart
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.sections.rates import UNOBSERVED
from snnconv.reporting.page.svg.axis import Axis, Field
from snnconv.reporting.page.svg.chart import COLOURS
from snnconv.reporting.page.svg.element import element, label, number, picture
from snnconv.reporting.page.svg.frame import x_ticks
from snnconv.reporting.page.text import count
from snnconv.runs.observation import Observation, RasterRow

_WIDTH, _NAMES, _ROW, _GAP, _BOTTOM = 720.0, 164.0, 7.0, 4.0, 40.0


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    for run in runs:
        observation = run.report.observation
        if observation is not None and observation.raster.rows:
            blocks.append(_figure(run, observation))
    blocks += missing(runs, lambda report: report.observation is None, UNOBSERVED)
    lead = "Each mark is a spike; each row is a neuron, a few of every layer, while one image is shown."
    return Section("raster", "Spikes of a few neurons", lead, blocks)


def _figure(run: Run, observation: Observation) -> Figure:
    raster = observation.raster
    spikes = sum(len(row.steps) for row in raster.rows)
    title = f"{run.prefix}Spikes of {len(raster.rows)} neurons over {observation.steps} time steps"
    description = f"{count(spikes)} spikes in image {raster.image}"
    rows = [(row.layer, " ".join(map(str, row.neuron)), " ".join(map(str, row.steps))) for row in raster.rows]
    data = csv_file(f"raster{run.slug}", ("layer", "neuron", "steps"), rows)
    caption = f"{run.prefix}Spikes of {len(raster.rows)} neurons in image {raster.image}, input layers at the top."
    return Figure(_draw(run, observation, title, description), caption, data, wide=True)


def _draw(run: Run, observation: Observation, title: str, description: str) -> Markup:
    groups = [(name, list(rows)) for name, rows in groupby(observation.raster.rows, key=lambda row: row.layer)]
    height = sum(max(len(rows) * _ROW, 11) + _GAP for _, rows in groups)
    last = observation.steps
    axis = Axis("time step", 0.5, last + 0.5, format=lambda v: f"{v:.0f}", wanted=8)
    field = Field(_NAMES, 4, _WIDTH - _NAMES - 12, height, axis, Axis("", 0, 1))
    body: list[Markup] = []
    top = field.top
    names = apart([name for name, _ in groups], 20)
    for short, (_, rows) in zip(names, groups, strict=True):
        tall = max(len(rows) * _ROW, 11)
        body.append(label(_NAMES - 8, top + tall / 2 + 4, short, "tick", text_anchor="end"))
        body.append(
            element("path", d=f"M{number(_NAMES)} {number(top + tall + _GAP / 2)}H{number(field.right)}", class_="grid")
        )
        marks = "".join(_marks(field, row, top + k * _ROW) for k, row in enumerate(rows))
        body.append(element("path", d=marks, class_=f"spike s{run.index % COLOURS}"))
        top += tall + _GAP
    body.append(element("path", d=f"M{number(_NAMES)} {number(field.bottom)}H{number(field.right)}", class_="axis"))
    body += x_ticks(field)
    body.append(label(_NAMES + field.width / 2, field.bottom + 32, "time step", "axis-title", text_anchor="middle"))
    return picture(f"fig-raster{run.slug}", title, description, _WIDTH, height + _BOTTOM, body)


def _marks(field: Field, row: RasterRow, top: float) -> str:
    return "".join(f"M{number(field.at_x(step))} {number(top + 1)}v{number(_ROW - 2)}" for step in row.steps)
