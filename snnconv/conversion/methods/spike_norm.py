"""Sengupta et al.'s SPIKE-NORM: thresholds balanced on the spiking network itself.

For one layer of neurons after the other, the thresholds of all layers before it fixed (Algorithm 1),

    v_th,l = max over neurons, images and steps of Σ_j w_ij X_j(t),

the largest weighted sum of spikes that arrives in a single step; not the membrane. Then the layer fires, and feeds the
next. In scales that is λ_l = v_th,l · λ_{l−1}: the network is built with any λ_l, its largest input in units of the
threshold is measured, and λ_l multiplied by it. The baseline takes the largest activation of the ONNX model instead
(Diehl et al.). In residual units the paper sets all thresholds to 1, which is λ_l = λ_{l−1}, and balances only the
layers outside (section 6.2 and 6.3). Weights stay those of the model, a shortcut weighs 1 (`Shortcut.EQUAL`). λ_0 is
λ_x where the image enters as Poisson spikes, for that is what they carry.

References
----------
Sengupta, Ye, Wang, Liu, Roy: Going Deeper in Spiking Neural Networks: VGG and Residual Architectures, Algorithm 1 and
sections 4 to 6. Diehl et al.: Fast-classifying, high-accuracy spiking deep networks through weight and threshold
balancing, IJCNN 2015.
"""

import logging
from functools import partial
from typing import Any

import numpy as np

from snnconv.calibration.calibration import Calibration
from snnconv.choices import Balance, Compensation, Encoding, Granularity, Shortcut, Units
from snnconv.conversion.convert import convert as build
from snnconv.conversion.converted import Converted, noted
from snnconv.conversion.methods.residual import bias_free, junction_relus, plain_layers, unit_relus
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.propagate import propagate
from snnconv.conversion.records import BalanceRecord, Constraints, LayerThreshold
from snnconv.conversion.samples import Samples
from snnconv.conversion.scales import Scales
from snnconv.errors import UsageError
from snnconv.graph.graph import Graph
from snnconv.ir import nodes as ir
from snnconv.ir.builder import LayerScale
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.layer_input import largest_input

Array = np.ndarray[Any, Any]

OWN = ("balance", "units")
"""Options of this method alone."""

_IMAGES = 256
"""As in section 7.2."""

_BELOW = 1 - 2.0**-20
"""Of the largest sum: the threshold lies a millionth below it, so that this sum fires whichever way weights and
thresholds are rounded. Behind a pooling it is the sum of a full window, which comes often."""

_log = logging.getLogger(__name__)


def check(options: ConversionOptions) -> None:
    """Refuse what is part of another method, or would do nothing here."""
    if options.balance is Balance.SPIKES and (options.percentile != 100 or options.nonzero):
        raise UsageError(
            "--percentile and --nonzero say which activation is taken, and --balance spikes measures thresholds; "
            "leave them out, or give --balance activations"
        )
    if options.granularity is Granularity.CHANNEL:
        raise UsageError("--preset spike-norm has one threshold for a layer; leave --granularity channel out")
    if options.compensation in (Compensation.SEARCH, Compensation.LAYERWISE):
        raise UsageError(
            f"--compensation {options.compensation} is searched with --preset paper only; give none or a factor"
        )


def samples(options: ConversionOptions) -> int:
    """Give how many images are looked at by default; 0 where activations of the ONNX model are enough."""
    return _IMAGES if options.balance is Balance.SPIKES else 0


def purpose(options: ConversionOptions) -> str:
    """Say what the images are for."""
    return f"--preset {options.preset} runs the network on training images; give them with --data"


class Balanced:
    """λ of the layers that are balanced so far; of the others what the calibration says."""

    def __init__(self, calibration: Calibration, options: ConversionOptions) -> None:
        self._others = Scales(calibration, options)
        self.found: dict[str, float] = {}

    def of(self, value: str, *, shared: bool = False) -> Array:
        """Give λ of a value, (C,) float64."""
        other = self._others.of(value, shared=shared)
        return np.full_like(other, self.found[value]) if value in self.found else other


def convert(graph: Graph, calibration: Calibration, given: Samples | None, options: ConversionOptions) -> Converted:
    """Convert a graph; see `Method`."""
    # a factor comes on top of balanced thresholds: measured with it, they would take it back
    measured = options.model_copy(update={"compensation": Compensation.NONE})
    scales = Balanced(calibration, options)
    units = unit_relus(graph)
    if not bias_free(graph.nodes):
        _log.warning(
            "the model has biases; the method was published for networks without any, and with reset to zero it may "
            "lose nearly all"
        )
    names = list(_layers(graph, calibration, options, scales))
    carried = _carried(build(graph, calibration, measured, scales=scales), options)
    for count, name in enumerate(names):
        layer = _layers(graph, calibration, options, scales)[name]
        known = float(layer.scale.flat[0])
        if layer.value in units and options.units is Units.ONE and layer.spike is not None:
            scales.found[layer.value] = layer.spike * carried[name]
        elif given is None:
            scales.found[layer.value] = known
        else:
            network = build(graph, calibration, measured, scales=scales)
            what = f"SPIKE-NORM, layer {count + 1} of {len(names)}"
            largest = given.recall(
                f"largest input of {name}", float, partial(_largest, network, name, given, options, what)
            )
            # in units of λ: the largest input decides ties by design, so the form is that of the result
            node = network.by_name[name]
            assert isinstance(node, ir.Neuron)  # noqa: S101 - a layer of neurons
            largest /= float(network.tensor(node.threshold, 1.0))
            if largest <= 0:
                _log.warning("%s never gets a positive input; its threshold is its largest activation", name)
            scales.found[layer.value] = known * largest * _BELOW if largest > 0 else known
    network = build(graph, calibration, options, scales=scales)
    record = _record(graph, calibration, options, scales, units, network, carried, given)
    thresholds = {layer.layer: layer.threshold for layer in record.layers}
    return Converted(noted(network, {"thresholds": thresholds}), scales, record)


def _largest(network: SpikingNetwork, name: str, given: Samples, options: ConversionOptions, what: str) -> float:
    """Give the largest sum that reaches a neuron of a layer in one step; tell of the progress under a name."""
    return largest_input(
        network,
        name,
        given.images,
        options.steps,
        backend=given.backend,
        threads=given.threads,
        progress=lambda done: given.progress(what, done, len(given.images)),
    )


def _layers(
    graph: Graph, calibration: Calibration, options: ConversionOptions, scales: Balanced
) -> dict[str, LayerScale]:
    return propagate(graph, scales, options, calibration.input_amplitude).layers


def _carried(network: SpikingNetwork, options: ConversionOptions) -> dict[str, float]:
    """Give what the spikes that each layer of neurons reads carry: λ_x if Poisson spikes of the image, else 1."""
    amplitude = network.input.amplitude or 1.0 if options.encoding is Encoding.POISSON else 1.0
    found = {}
    for layer in network.neurons:
        waiting, sources = [layer.name], set[str]()
        while waiting:
            for edge in network.incoming[waiting.pop()]:
                if isinstance(network.by_name[edge.source], ir.Neuron | ir.Input):
                    sources.add(edge.source)
                else:
                    waiting.append(edge.source)
        found[layer.name] = amplitude if network.input.name in sources else 1.0
    return found


def _record(
    graph: Graph,
    calibration: Calibration,
    options: ConversionOptions,
    scales: Balanced,
    units: set[str],
    network: SpikingNetwork,
    carried: dict[str, float],
    given: Samples | None,
) -> BalanceRecord:
    layers = _layers(graph, calibration, options, scales)
    # where shortcuts are normalised, a junction whose layers differ reads no one λ
    normalised = options.model_copy(update={"shortcut": Shortcut.NORMALISED})
    exact = _layers(graph, calibration, normalised, scales)
    plain = plain_layers(graph, units)
    neurons = {node.name: int(np.prod(node.shape)) for node in network.neurons}
    return BalanceRecord(
        balance=options.balance,
        units=options.units,
        images=0 if given is None else len(given.images),
        steps=options.steps,
        constraints=Constraints(
            bias_free=bias_free(graph.nodes),
            junction_relus=junction_relus(graph) if units else None,
            equal_thresholds=all(layer.spike is not None for layer in exact.values()) if units else None,
            plain_layers=plain,
            preprocessing=plain >= 3 if units else None,
        ),
        layers=tuple(
            LayerThreshold(
                layer=name,
                neurons=neurons[name],
                threshold=None if layer.spike is None else float(layer.scale.flat[0]) / (layer.spike * carried[name]),
                scale=float(layer.scale.flat[0]),
                in_unit=layer.value in units,
            )
            for name, layer in layers.items()
        ),
    )
