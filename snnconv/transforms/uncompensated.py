"""A network without its compensation factors: W = W′ / ζ (Hu et al., Eq. 14, the other way)."""

from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from snnconv.ir.network import SpikingNetwork
from snnconv.transforms.exact_sums import exact_sums
from snnconv.transforms.factors import Factors, synapses_onto


def factors_of(network: SpikingNetwork) -> Factors | None:
    """Give the compensation factors that a network's file records; None where there are none."""
    options = network.provenance.options
    by_layer = options.get("factors")
    if isinstance(by_layer, dict) and all(_is_factor(value) for value in by_layer.values()):
        return Factors(layers=by_layer)
    for value in (options.get("factor"), options.get("compensation")):
        if isinstance(value, int | float) and _is_factor(value):
            return None if value == 1 else Factors(everywhere=float(value))
    return None


def uncompensated(network: SpikingNetwork) -> SpikingNetwork | None:
    """Give the network with its weights divided by the factors that its file records; None where there are none."""
    factors = factors_of(network)
    if factors is None:
        return None
    tensors = dict(network.tensors)
    biases = network.provenance.options.get("compensate_biases") is True
    for reader, nodes in synapses_onto(network.nodes, network.edges).items():
        factor = factors.layers.get(reader, factors.everywhere)
        for node in nodes:
            fields = node.PARAMETERS
            for name in filter(None, (getattr(node, field) for field in (fields if biases else fields[:1]))):
                tensors[name] = np.asarray(tensors[name], dtype=np.float64) / factor
    return exact_sums(replace(network, tensors=tensors))


def _is_factor(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value > 0
