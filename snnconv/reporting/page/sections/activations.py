"""Rates against the activations that they stand for."""

from math import log10

from markupsafe import Markup

from snnconv.reporting.page.blocks import Block, Multiples, Panel, Section
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.sections.rates import UNOBSERVED, chosen, left_out
from snnconv.reporting.page.svg.element import element, label, number, picture
from snnconv.reporting.page.svg.heat import shaded
from snnconv.reporting.page.text import fixed, percent
from snnconv.runs.observation import DENSITY_BINS, DENSITY_END, Observation, ObservedLayer

_SIDE, _LEFT, _TOP, _BOTTOM, _RIGHT = 132.0, 22.0, 8.0, 18.0, 6.0
_NO_REFERENCE = "activations need the ONNX model: run simulate with --reference MODEL.onnx and --observe N."


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    for run in runs:
        observation = run.report.observation
        if observation is not None and _measured(observation):
            blocks.append(_multiples(run, observation))
    blocks += missing(runs, lambda report: report.observation is None, UNOBSERVED)
    blocks += missing(runs, lambda r: r.observation is not None and not _measured(r.observation), _NO_REFERENCE)
    lead = (
        "A rate should equal its activation divided by λ. Cells on the thin line do; below it the neuron fired too "
        "little, above it too much. Beyond a/λ = 1 a rate cannot follow."
    )
    return Section("activations", "Rate against activation", lead, blocks)


def _measured(observation: Observation) -> list[ObservedLayer]:
    return [layer for layer in observation.layers if layer.density is not None]


def _multiples(run: Run, observation: Observation) -> Multiples:
    layers = _measured(observation)
    panels = [Panel(_draw(run, layer), layer.name, _correlation(layer)) for layer in chosen(layers)]
    rows = [
        (
            layer.name,
            a * DENSITY_END / DENSITY_BINS,
            (a + 1) * DENSITY_END / DENSITY_BINS,
            r / DENSITY_BINS,
            (r + 1) / DENSITY_BINS,
            neurons,
        )
        for layer in layers
        for a, r, neurons in layer.density or ()
    ]
    head = ("layer", "activation_from", "activation_to", "rate_from", "rate_to", "neurons")
    caption = (
        f"Neurons of {len(observation.images)} images by a/λ (across, 0 to {DENSITY_END:g}, the last column all above) "
        "and rate (up, 0 to 1); a stronger colour is more, on a logarithmic scale; r is Pearson's correlation."
        + left_out(layers)
    )
    data = csv_file(f"rate-activation{run.slug}", head, rows)
    return Multiples(tuple(panels), caption, data, f"{run.prefix}Rate against a/λ")


def _correlation(layer: ObservedLayer) -> str:
    if layer.errors is None or layer.errors.correlation is None:
        return "r undefined"
    return f"r = {fixed(layer.errors.correlation, 3)}"


def _draw(run: Run, layer: ObservedLayer) -> Markup:
    density = layer.density or ()
    most = log10(max((neurons for _, _, neurons in density), default=1) + 1)
    each = _SIDE / DENSITY_BINS
    cells = ((a, DENSITY_BINS - 1 - r, log10(neurons + 1) / most) for a, r, neurons in density)
    bottom, one = _TOP + _SIDE, _LEFT + _SIDE / DENSITY_END
    body = [
        element("rect", x=_LEFT, y=_TOP, width=_SIDE, height=_SIDE, class_="field"),
        *shaded(cells, _LEFT, _TOP, each, each),
        element(
            "path",
            d=f"M{number(_LEFT)} {number(bottom)}L{number(one)} {number(_TOP)}H{number(_LEFT + _SIDE)}",
            class_="guide",
        ),
        label(_LEFT - 4, bottom, "0", "tick", text_anchor="end"),
        label(_LEFT - 4, _TOP + 8, "1", "tick", text_anchor="end"),
        label(_LEFT, bottom + 13, "0", "tick", text_anchor="middle"),
        label(one, bottom + 13, "1", "tick", text_anchor="middle"),
        label(_LEFT + _SIDE * 0.42, bottom + 13, "a/λ", "tick", text_anchor="middle"),
    ]
    title = f"{run.prefix}Rate against activation, layer {layer.name}"
    saturated = "" if layer.errors is None else f"; {percent(layer.errors.saturated, 2)} of activations beyond λ"
    return picture(
        f"fig-density{run.slug}-{layer.depth}",
        title,
        _correlation(layer) + saturated,
        _LEFT + _SIDE + _RIGHT,
        bottom + _BOTTOM,
        body,
    )
