"""The networks between the ONNX model and a spiking network: one imperfection more in each.

What a network has beyond plain ReLUs is taken out of it again, one part at a time:

    as it is → weights without ζ → constant input → reset by subtraction → V(0) = 0 → classes by their current, not
    their spikes → λ that the activations use → ReLUs clipped at λ → ReLUs → shortcuts of λ_in/λ_out → the model

Read backwards this is a ladder from the ONNX model to the network, and two neighbours differ in one thing only. A
part that a network does not have makes no stage of its own. ζ comes last: it was chosen for the network with all the
others, and may be far too strong without one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np

from snnconv.conversion.compensation.factors import Factors, synapses_onto
from snnconv.conversion.exact_sums import exact_sums
from snnconv.diagnosis.model import PartName
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork


@dataclass(frozen=True)
class SpikingStage:
    """A network that is simulated, and what it has beyond the one before it."""

    last: PartName
    network: SpikingNetwork


def spiking_stages(network: SpikingNetwork) -> tuple[SpikingStage, ...]:
    """Give the spiking networks, from the one with nothing but T steps to the network as it is.

    Parameters
    ----------
    network : SpikingNetwork

    Returns
    -------
    tuple of SpikingStage
        The last one holds `network` itself.
    """
    stages: list[SpikingStage] = []
    for part, without in (
        (PartName.COMPENSATION, uncompensated),
        (PartName.ENCODING, _constant),
        (PartName.RESET, _subtracting),
        (PartName.INITIAL, _from_rest),
    ):
        simpler = without(network)
        if simpler is not None:
            stages.append(SpikingStage(part, network))
            network = simpler
    stages.append(SpikingStage(PartName.STEPS, network))
    return tuple(reversed(stages))


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
            fields = ir.TENSOR_FIELDS.get(node.kind, ())
            for name in filter(None, (getattr(node, field) for field in (fields if biases else fields[:1]))):
                tensors[name] = np.asarray(tensors[name], dtype=np.float64) / factor
    return exact_sums(replace(network, tensors=tensors))


def with_tensors(network: SpikingNetwork, tensors: Mapping[str, Any]) -> SpikingNetwork:
    """Give the network with some tensors in the place of its own, on exact grids."""
    return exact_sums(replace(network, tensors={**network.tensors, **tensors}))


def _is_factor(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value > 0


def _constant(network: SpikingNetwork) -> SpikingNetwork | None:
    if network.encoding is ir.Encoding.CONSTANT:
        return None
    return replace(network, encoding=ir.Encoding.CONSTANT)


def _subtracting(network: SpikingNetwork) -> SpikingNetwork | None:
    if all(node.reset is ir.Reset.SUBTRACT for node in network.neurons):
        return None
    return _changed(network, ir.Neuron, reset=ir.Reset.SUBTRACT)


def _from_rest(network: SpikingNetwork) -> SpikingNetwork | None:
    if not any(network.tensor(node.initial_potential, 0.0).any() for node in network.neurons):
        return None
    return _changed(network, ir.Neuron, initial_potential=None)


def _changed(network: SpikingNetwork, kind: type, **update: Any) -> SpikingNetwork:
    nodes = tuple(node.model_copy(update=update) if isinstance(node, kind) else node for node in network.nodes)
    return replace(network, nodes=nodes)
