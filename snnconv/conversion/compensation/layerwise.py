"""One compensation factor for each layer, found greedily from the input on.

For layer l, with ζ of all layers before it fixed,

    argmin_ζ_l  mean_i |clip(a_i/λ_l, 0, 1) − r_i(ζ_l)|,   1 ≤ ζ_l < τ_max,

τ_max being that of the network without factors, as in `search`. The network is run up to the layer's synapses; the
layer itself is then simulated with several factors side by side, since a factor only scales what the synapses give:
I(ζ) = ζ I − (ζ − 1) b, b the part of the input that does not come from synapses.

References
----------
Hu, Tang, Wang, Pan: Spiking Deep Residual Network (the first version), section 3.3: "we apply a compensation factor [ζ]
to each layer of the network", searched in (1, τ_max), "where τ_max is the reciprocal of max firing rate at the last
layer". How it is searched is not said; this order is ours.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from threading import Event
from typing import Any

import numpy as np

from snnconv.conversion.compensation.search import STEP, measured, no_room, trial_of
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.records import LayerFactor, LayerwiseRecord
from snnconv.conversion.samples import Samples
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.layer_input import layer_input, without_spikes
from snnconv.measuring.propagation_error import PropagationErrors, Target
from snnconv.runtime.in_order import in_order
from snnconv.runtime.neurons.neurons import Neurons
from snnconv.runtime.neurons.registry import neurons_of
from snnconv.transforms.factors import Factors, synapses_onto

Array = np.ndarray[Any, Any]

_AT_ONCE = 4
"""Factors that are simulated side by side."""


def layerwise(
    built: Callable[[Factors], SpikingNetwork], given: Samples, options: ConversionOptions
) -> tuple[Factors, LayerwiseRecord]:
    """Find ζ of every layer of neurons that stands for a value of the ONNX model.

    Parameters
    ----------
    built : callable
        Gives the network with these factors.
    given : Samples
        Training images.
    options : ConversionOptions
        T, and whether biases are multiplied too.
    """
    network = built(Factors())
    targets = given.targets(network)
    base = given.recall(
        "errors before",
        PropagationErrors,
        lambda: measured(network, targets, given, options.steps, "errors before"),
    )
    note = no_room(base.tau_max)
    layers: list[LayerFactor] = []
    names = [node.name for node in network.neurons if node.source is not None] if note is None else []
    factors: dict[str, float] = {}

    def searched(name: str) -> LayerFactor:
        return _Layer(built(Factors(layers=factors)), name, targets, given, options).run(base.tau_max or 1.0)

    for done, name in enumerate(names):
        given.progress("compensation, layer by layer", done, len(names))
        found = given.recall(f"ζ of {name}", LayerFactor, partial(searched, name))
        layers.append(found)
        if found.factor != 1.0:
            factors[name] = found.factor
    given.progress("compensation, layer by layer", len(names), len(names))
    product = float(np.prod(list(factors.values())))
    compensated = built(Factors(layers=factors))
    after = trial_of(product, measured(compensated, targets, given, options.steps, "errors after"))
    record = LayerwiseRecord(
        images=base.images,
        steps=options.steps,
        tau_max=base.tau_max,
        layers=tuple(layers),
        before=trial_of(1.0, base),
        after=after,
        note=note,
    )
    return Factors(layers=factors), record


class _Layer:
    """The search for the factor of one layer."""

    def __init__(
        self, network: SpikingNetwork, name: str, targets: list[Target], given: Samples, options: ConversionOptions
    ) -> None:
        node = network.by_name[name]
        assert isinstance(node, ir.Neuron)  # noqa: S101 - the caller names layers of neurons
        self._network, self._node, self._targets, self._given = network, node, targets, given
        self._options = options
        self._scale = _last(network.tensor(node.source_scale, 1.0), len(node.shape))
        self._threshold = _last(network.tensor(node.threshold, 1.0), len(node.shape))
        self._initial = _last(network.tensor(node.initial_potential, 0.0), len(node.shape))
        self._fixed: Array | float = 0.0
        if not options.compensate_biases:
            self._fixed = _bias_of(network, name, given)

    def run(self, tau_max: float) -> LayerFactor:
        """Try 1, 1 + step … below τ_max, until the errors grow."""
        errors: dict[float, float] = {}
        best, highest = 1.0, 0.0
        for first in count(0, _AT_ONCE):
            steps = range(first, first + _AT_ONCE)
            factors = [factor for factor in (round(1 + k * STEP, 6) for k in steps) if factor < tau_max]
            if not factors:
                break
            found, rate = self._errors(factors)
            highest = rate if first == 0 else highest
            errors |= found
            best = min(errors, key=lambda factor: (errors[factor], factor))
            if best != max(errors):
                break
        tried = {f"{factor:g}": error for factor, error in errors.items()}
        return LayerFactor(layer=self._node.name, highest_rate=highest, tried=tried, factor=best)

    def _errors(self, factors: list[float]) -> tuple[dict[float, float], float]:
        """Give the mean error with each factor, and the mean over images of the highest rate with the first."""
        sums = np.zeros(len(factors))
        highest: list[float] = []
        stop = Event()
        neurons = int(np.prod(self._node.shape))

        def work(target: Target) -> tuple[Array, Array]:
            added = np.concatenate(list(self._sums(factors, target, stop)), axis=1)
            a = target.activations[str(self._node.source)].reshape(-1, *self._node.shape).astype(np.float64)
            rates = self._node.rule.CODE.decode(added, self._options.steps)
            error = np.abs(np.clip(np.moveaxis(a, 1, -1) / self._scale, 0.0, 1.0) - rates)
            return error.reshape(len(factors), -1).sum(axis=1), rates[0].reshape(len(a), -1).max(axis=1)

        for error, rates in in_order(work, self._targets, self._given.threads, stop):
            sums += error
            highest += list(rates)
        means = sums / (neurons * len(highest))
        return dict(zip(factors, map(float, means), strict=True)), float(np.mean(highest))

    def _sums(self, factors: list[float], target: Target, stop: Event) -> Iterator[Array]:
        """Simulate the layer alone with each factor; give what spikes add up to, (factors, n, ...)."""
        chunks = layer_input(
            self._network,
            self._node.name,
            target.images,
            self._options.steps,
            backend=self._given.backend,
            first=target.first,
            stop=stop,
        )
        layers: list[_Candidate] = []
        for _, first_step, current in chunks:
            if first_step == 0:
                if layers:
                    yield np.stack([layer.sums for layer in layers])
                layers = [self._neurons(factor, current.shape[1:]) for factor in factors]
            for layer in layers:
                layer.advance(current)
        yield np.stack([layer.sums for layer in layers])

    def _neurons(self, factor: float, shape: tuple[int, ...]) -> "_Candidate":
        def parameter(name: str | None, default: float) -> Array:
            return _last(self._network.tensor(name, default), len(self._node.shape))

        # in float32: candidates are only compared
        neurons = neurons_of(self._node)(
            self._node.rule, self._threshold, self._initial, shape, parameter, dtype=np.float32
        )
        fixed = np.broadcast_to((factor - 1) * self._fixed, shape).astype(np.float32)
        return _Candidate(factor, neurons, -fixed, self._node.rule.CODE.weights(self._options.steps))


class _Candidate:
    """A layer of neurons whose synapses are ζ times as strong, and what its spikes add up to."""

    def __init__(self, factor: float, neurons: Neurons[Any], offset: Array, weights: Array) -> None:
        self._factor, self._neurons = np.float32(factor), neurons
        self._scaled = np.empty_like(neurons.v)
        self._inputs = (self._scaled, offset) if offset.any() else (self._scaled,)
        self._weights = iter(weights)
        self.sums = np.zeros(neurons.v.shape)

    def advance(self, current: Array) -> None:
        """Run a chunk, (K, N, ...)."""
        for step in current:
            np.multiply(step, self._factor, out=self._scaled, casting="same_kind")
            self._neurons.step(self._inputs)
            weight = next(self._weights)
            np.add(self.sums, self._neurons.spikes if weight == 1 else weight * self._neurons.spikes, out=self.sums)


def _bias_of(network: SpikingNetwork, name: str, given: Samples) -> Array:
    """Give what a layer adds up in a step without any input to its synapses, channels last."""
    mine = {node.name for node in synapses_onto(network.nodes, network.edges)[name]}
    silent = without_spikes(network, mine)
    _, _, current = next(iter(layer_input(silent, name, given.images[:1], 1, backend=given.backend)))
    result: Array = current[0].astype(np.float64)
    return result


def _last(value: Array, rank: int) -> Array:
    """Move the channels of a broadcast parameter, (), (C,) or (C, 1, 1), to the end."""
    value = np.asarray(value, dtype=np.float64)
    return np.moveaxis(value, 0, -1) if value.ndim == rank and rank > 1 else value
