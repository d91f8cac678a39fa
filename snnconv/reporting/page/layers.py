"""Pictures by layer: bars with names for one run, curves over the depth for several."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from snnconv.reporting.page.runs import Run, Runs
from snnconv.reporting.page.svg.axis import Axis
from snnconv.reporting.page.svg.bars import Bar, axis_of, bars
from snnconv.reporting.page.svg.chart import Chart, Series, draw, lying

MOST_BARS = 60
"""With more layers the names cannot be read any more, and the picture would be longer than a page."""

Named = Sequence[tuple[str, float]]


def by_layer(
    runs: Runs,
    name: str,
    title: str,
    unit: str,
    values: Callable[[Run], Named],
    show: Callable[[float], str],
) -> tuple[Markup, str]:
    """Draw one value for each layer; give the picture, and what its caption should add.

    Parameters
    ----------
    runs : sequence of Run
    name : str
        The picture's id.
    title : str
    unit : str
        The title of the axis.
    values : callable
        Gives names and values of a run's layers.
    show : callable
        Gives a value as text.
    """
    found = [(run, values(run)) for run in runs]
    numbers = [value for _, named in found for _, value in named]
    description = "; ".join(_described(run, named, show) for run, named in found if named)
    if len(found) == 1 and len(numbers) <= MOST_BARS:
        rows = [Bar(layer, value, show(value)) for layer, value in found[0][1]]
        return bars(name, title, description, axis_of(unit, numbers, show), rows), ""
    depth = max(len(named) for _, named in found)
    series = tuple(
        Series(run.end, range(1, len(named) + 1), [value for _, value in named], run.index, marks=depth <= MOST_BARS)
        for run, named in found
        if named
    )
    axis = axis_of(unit, numbers, show)
    chart = Chart(title, description, depth_axis(depth), Axis(unit, axis.low, axis.high, format=show), series)
    return draw(chart, name), lying(chart)


def depth_axis(depth: int) -> Axis:
    """Give an axis of layers, counted from the input."""
    return Axis("layer, counted from the input", 1, max(depth, 2), format=lambda v: f"{v:.0f}", wanted=8)


def _described(run: Run, named: Named, show: Callable[[float], str]) -> str:
    layer, value = max(named, key=lambda pair: pair[1])
    return f"{run.prefix}{len(named)} layers, the highest value {show(value)} in {layer}"
