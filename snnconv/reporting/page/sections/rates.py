"""How often neurons fire, layer by layer."""

from collections.abc import Sequence

from snnconv.reporting.page.blocks import Block, Figure, Multiples, Panel, Section, Table
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.layers import by_layer
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.svg.histogram import histogram
from snnconv.reporting.page.text import count, percent, significant
from snnconv.runs.observation import ObservedLayer

UNOBSERVED = "single neurons were not observed: repeat simulate with --observe N."
MOST_PANELS = 24
"""Small pictures for each run; a deeper network shows layers evenly spread over its depth."""


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    if any(_rates(run) for run in runs):
        blocks.append(_figure(runs))
        blocks += [_table(run) for run in runs]
    blocks += missing(runs, lambda r: all(layer.mean_rate is None for layer in r.layers), "the run has no neurons.")
    blocks += [_histograms(run) for run in runs if run.report.observation is not None]
    blocks += missing(runs, lambda report: report.observation is None, UNOBSERVED)
    lead = "The rate of a neuron is its spikes divided by the time steps: 1 fires at every step, and cannot go higher."
    return Section("rates", "Firing rates", lead, blocks)


def chosen(layers: Sequence[ObservedLayer]) -> list[ObservedLayer]:
    """Give at most `MOST_PANELS` layers, evenly over the depth, the first and the last among them."""
    if len(layers) <= MOST_PANELS:
        return list(layers)
    return [layers[round(k * (len(layers) - 1) / (MOST_PANELS - 1))] for k in range(MOST_PANELS)]


def left_out(layers: Sequence[ObservedLayer]) -> str:
    """Say that not all layers are shown, where that is so."""
    if len(layers) <= MOST_PANELS:
        return ""
    return f" {MOST_PANELS} of {len(layers)} layers, evenly over the depth; the CSV has all."


def _rates(run: Run) -> list[tuple[str, float]]:
    return [(layer.name, layer.mean_rate) for layer in run.report.layers if layer.mean_rate is not None]


def _figure(runs: Runs) -> Figure:
    svg, more = by_layer(runs, "fig-rates", "Mean rate of each layer", "mean rate", _rates, significant)
    rows = [(run.label, name, rate) for run in runs for name, rate in _rates(run)]
    data = csv_file("rates", ("run", "layer", "mean_rate"), rows)
    return Figure(svg, "Mean rate of the neurons of each layer, over all images and time steps." + more, data)


def _table(run: Run) -> Table:
    seen = {} if run.report.observation is None else {layer.name: layer for layer in run.report.observation.layers}
    head = ["Layer", "Neurons", "Mean rate", "Spikes per neuron"]
    if seen:
        head += ["Highest rate*", "Never fired*"]
    rows = []
    for layer in run.report.layers:
        if layer.mean_rate is None:
            continue
        spikes = "–" if layer.spikes_per_neuron is None else significant(layer.spikes_per_neuron)
        row = [layer.name, count(layer.neurons), significant(layer.mean_rate), spikes]
        if seen:
            one = seen.get(layer.name)
            row += ["–", "–"] if one is None else [significant(one.highest_rate), percent(one.silent_neurons, 1)]
        rows.append(tuple(row))
    note = "; * of single neurons, over all observed images together" if seen else ""
    return Table(f"{run.prefix}Rates by layer{note}", tuple(head), tuple(rows), folded=True)


def _histograms(run: Run) -> Multiples:
    observation = run.report.observation
    layers = () if observation is None else observation.layers
    images = 0 if observation is None else len(observation.images)
    panels = []
    for layer in chosen(layers):
        still = layer.never_fired / max(sum(layer.rates), 1)
        description = (
            f"{count(sum(layer.rates))} pairs of a neuron and one of {images} images; "
            f"{percent(still, 1)} without a spike; "
            f"highest rate {significant(layer.highest_rate)}"
        )
        svg = histogram(
            f"fig-histogram{run.slug}-{layer.depth}",
            f"Histogram of rates, layer {layer.name}",
            description,
            layer.rates,
            layer.never_fired,
            run.index,
        )
        panels.append(Panel(svg, layer.name, f"without a spike {percent(still, 1)}"))
    rows = [
        (layer.name, k / len(layer.rates), (k + 1) / len(layer.rates), neurons, layer.never_fired if k == 0 else 0)
        for layer in layers
        for k, neurons in enumerate(layer.rates)
    ]
    data = csv_file(f"rate-histograms{run.slug}", ("layer", "from", "to", "neurons", "rate_0"), rows)
    caption = (
        f"Neurons by rate, 0 to 1, each counted once for each of {images} observed images; heights are logarithmic. "
        f"The dark line at the left is pairs of a neuron and an image without a spike.{left_out(layers)}"
    )
    return Multiples(tuple(panels), caption, data, f"{run.prefix}Neurons by rate")
