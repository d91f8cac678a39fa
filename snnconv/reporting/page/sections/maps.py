"""Feature maps: activation, rate and their difference, runs side by side."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from snnconv.reporting.page.blocks import Block, Figure, Note, Section
from snnconv.reporting.page.download import Cell, csv_file
from snnconv.reporting.page.names import apart
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.sections.rates import UNOBSERVED
from snnconv.reporting.page.svg.bitmap import DIVERGING, SEQUENTIAL, Map, map_png, picture_png, tile
from snnconv.reporting.page.svg.chart import COLOURS
from snnconv.reporting.page.svg.element import element, label, picture
from snnconv.reporting.page.svg.ticks import nice_step
from snnconv.reporting.page.text import significant
from snnconv.runs.observation import FeatureMap, Observation, ObservedImage

MOST_RUNS = 3
"""Side by side; more would not fit."""
_TILE, _GAP, _NAMES, _TOP, _BETWEEN, _NAME = 56.0, 6.0, 156.0, 104.0, 18.0, 100.0
_BOTTOM, _RAMP = 8.0, 74.0

Column = tuple[Run, str]


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    observed = [run for run in runs if run.report.observation is not None and run.report.observation.maps]
    shown = observed[:MOST_RUNS]
    positions = sorted({m.image for run in shown for m in _observation(run).maps})
    blocks += [_figure(shown, position) for position in positions]
    if len(observed) > MOST_RUNS:
        left = ", ".join(run.tag for run in observed[MOST_RUNS:])
        blocks.append(Note(f"Only the first {MOST_RUNS} runs fit side by side; left out: {left}."))
    no_maps = "no layer has rows and columns, so there are no feature maps."
    blocks += missing(runs, lambda report: report.observation is None, UNOBSERVED)
    blocks += missing(runs, lambda r: r.observation is not None and not r.observation.maps, no_maps)
    lead = (
        "The most active channel of a layer, for single images: what the ONNX model computes (a/λ), how often the "
        "neurons fired, and clip(a/λ, 0, 1) − rate (as Hu et al., Fig. 2)."
    )
    return Section("maps", "Feature maps", lead, blocks)


def _observation(run: Run) -> Observation:
    assert run.report.observation is not None  # noqa: S101 - callers have looked
    return run.report.observation


def difference(one: FeatureMap) -> list[list[float]] | None:
    """Give clip(a/λ, 0, 1) − rate, (H, W)."""
    if one.activation is None:
        return None
    return [
        [min(max(a, 0.0), 1.0) - r for a, r in zip(row, rates, strict=True)]
        for row, rates in zip(one.activation, one.rate, strict=True)
    ]


def _figure(runs: Sequence[Run], position: int) -> Figure:
    maps = {run.index: {m.layer: m for m in _observation(run).maps if m.image == position} for run in runs}
    layers = list(dict.fromkeys(layer for found in maps.values() for layer in found))
    image = next((i for i in _observation(runs[0]).images if i.position == position), None)
    differences = {(run.index, m.layer): difference(m) for run in runs for m in maps[run.index].values()}
    largest = max((abs(v) for d in differences.values() if d for row in d for v in row), default=0.0)
    limit = min(nice_step(largest), 1.0) if largest > 0 else 1.0
    columns: list[Column] = []
    for run in runs:
        modelled = any(m.activation is not None for m in maps[run.index].values())
        columns += [(run, kind) for kind in (("a/λ", "rate", "difference") if modelled else ("rate",))]
    body = [*_head(runs, columns, image), *_legends(limit, any(kind == "difference" for _, kind in columns))]
    names = apart(layers, 19)
    for row, layer in enumerate(layers):
        top = _TOP + row * (_TILE + _GAP)
        found = next(m for run in runs if (m := maps[run.index].get(layer)) is not None)
        body.append(label(_NAMES - 8, top + _TILE / 2, names[row], "tick", text_anchor="end"))
        channels = dict.fromkeys(m.channel for run in runs if (m := maps[run.index].get(layer)) is not None)
        shape = f"channel {'/'.join(map(str, channels))}"
        if len(channels) == 1:
            shape += f", {len(found.rate)}×{len(found.rate[0])}"
        body.append(label(_NAMES - 8, top + _TILE / 2 + 14, shape, "note", text_anchor="end"))
        for k, (run, kind) in enumerate(columns):
            one = maps[run.index].get(layer)
            body.append(_tile(one, differences.get((run.index, layer)), kind, _left(columns, k), top, limit))
    # the name of the last run may be longer than its columns
    ends = [
        _left(columns, len(columns) - 1) + _TILE,
        *(_left(columns, columns.index((r, "rate"))) + _NAME for r in runs),
    ]
    width = max(ends) + 12
    height = _TOP + len(layers) * (_TILE + _GAP) + _BOTTOM
    described = "; ".join(
        _described(run, layer, differences.get((run.index, layer))) for run in runs for layer in layers
    )
    svg = picture(f"fig-maps-{position}", f"Feature maps of image {position}", described, max(width, 330), height, body)
    head = ("run", "layer", "channel", "row", "column", "activation_over_lambda", "rate")
    data = csv_file(f"feature-maps-{position}", head, _rows(runs, maps))
    return Figure(svg, _caption(runs, position, image), data, wide=len(columns) > 3)


def _left(columns: Sequence[Column], k: int) -> float:
    """Give the left edge of a column; runs stand apart."""
    return _NAMES + k * (_TILE + _GAP) + (columns[k][0].index - columns[0][0].index) * _BETWEEN


def _head(runs: Sequence[Run], columns: Sequence[Column], image: ObservedImage | None) -> Iterator[Markup]:
    if image is not None and image.picture is not None:
        yield tile(picture_png(image.picture), 0, 8, 72)
        yield label(0, 94, "input", "note")
    for k, (run, kind) in enumerate(columns):
        x = _left(columns, k)
        if len(runs) > 1 and (k == 0 or columns[k - 1][0] is not run):
            yield label(x, _TOP - 24, run.end, f"label s{run.index % COLOURS}")
        yield label(x, _TOP - 8, kind, "tick")


def _tile(one: FeatureMap | None, change: Map | None, kind: str, x: float, y: float, limit: float) -> Markup:
    empty = element("rect", x=x, y=y, width=_TILE, height=_TILE, class_="field")
    if one is None:
        return empty
    if kind == "rate":
        return tile(map_png(one.rate, 0, 1, SEQUENTIAL), x, y, _TILE)
    if one.activation is None or change is None:
        return empty
    if kind == "a/λ":
        return tile(map_png(one.activation, 0, 1, SEQUENTIAL), x, y, _TILE)
    return tile(map_png(change, -limit, limit, DIVERGING), x, y, _TILE)


def _legends(limit: float, with_difference: bool) -> Iterator[Markup]:
    ramp = [[k / 63 for k in range(64)]]
    scales = [(_NAMES, "a/λ and rate", "0", "1", map_png(ramp, 0, 1, SEQUENTIAL))]
    if with_difference:
        end = significant(limit)
        scales.append((_NAMES + 94, "difference", f"−{end}", end, map_png(ramp, 0, 1, DIVERGING)))
    for x, title, low, high, href in scales:
        yield element("image", href=href, x=x, y=26, width=_RAMP, height=8, preserveAspectRatio="none", class_="tile")
        yield label(x, 18, title, "tick")
        yield label(x, 48, low, "tick")
        yield label(x + _RAMP, 48, high, "tick", text_anchor="end")


def _described(run: Run, layer: str, change: Map | None) -> str:
    if change is None:
        return f"{run.prefix}{layer}: rate alone"
    values = [abs(v) for row in change for v in row]
    return f"{run.prefix}{layer}: mean absolute difference {significant(sum(values) / len(values))}"


def _caption(runs: Sequence[Run], position: int, image: ObservedImage | None) -> str:
    said = [] if image is None or image.label is None else [f"label {image.label}"]
    if image is not None and image.model_decision is not None:
        said.append(f"the ONNX model says {image.model_decision}")
    for run in runs:
        own = next((i for i in _observation(run).images if i.position == position), None)
        if own is not None and own.decision is not None:
            said.append(f"{run.prefix}the spiking network says {own.decision}")
    return f"Image {position}{': ' if said else ''}{', '.join(said)}. Values beyond an end of a scale take its colour."


def _rows(runs: Sequence[Run], maps: dict[int, dict[str, FeatureMap]]) -> Iterator[Sequence[Cell]]:
    for run in runs:
        for one in maps[run.index].values():
            for y, rates in enumerate(one.rate):
                for x, rate in enumerate(rates):
                    activation = None if one.activation is None else one.activation[y][x]
                    yield run.label, one.layer, one.channel, y, x, activation, rate
