"""Threshold balancing: the scales of a network move from its weights into its thresholds.

A layer with weights A λ_in/λ_out, bias b/λ_out and threshold 1 becomes one with

    weights A,   bias b/λ_in,   threshold v_th = λ_out/λ_in,

which is each of the three times λ_out/λ_in, so the spikes stay the same (Sengupta et al., section 5: "both operations
are exactly equivalent mathematically"). It exists only where all spikes that a layer reads stand for one λ_in, which is
their equal-threshold constraint (section 6.2). Elsewhere the weights keep the scale and the threshold stays 1.

References
----------
Sengupta, Ye, Wang, Liu, Roy: Going Deeper in Spiking Neural Networks, sections 5 and 6.2.
"""

from collections.abc import Iterable

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.builder import Builder
from snnconv.transforms.factors import synapses_onto


def balance_thresholds(built: Builder) -> None:
    """Give every layer that can have one a threshold in the place of a scale, in place.

    Parameters
    ----------
    built : Builder
        With float64 weights that are not on their grids yet, and thresholds of 1.
    """
    by_name = {node.name: node for node in built.nodes}
    for reader, nodes in synapses_onto(built.nodes, built.edges).items():
        neuron, layer = by_name[reader], built.layers.get(reader)
        if not isinstance(neuron, ir.Neuron) or layer is None or layer.spike is None or np.ptp(layer.scale) > 0:
            continue
        threshold = float(layer.scale.flat[0]) / layer.spike
        _multiply(built, (neuron.threshold, neuron.initial_potential), threshold)
        for node in nodes:
            _multiply(built, node.parameters.values(), threshold)
            # the current is larger, so one unit of it stands for less
            _multiply(built, (node.source_scale,), 1 / threshold)


def _multiply(built: Builder, names: Iterable[str | None], factor: float) -> None:
    for name in filter(None, names):
        built.tensors[name] = np.asarray(built.tensors[name]) * factor
