"""ReLU parity: with its neurons replaced by ReLUs, the spiking network computes the ONNX model.

For each ReLU, Add and output tensor x of the model, with x̂ what the network carries in its place,

    max |λ x̂ − x| / size(x) < 10⁻⁴,

where size(x) is max |x|, or that of the sums that x enters, if these are larger and nothing else reads x: a branch that
adds a millionth is as exact as the sum shows it. The bound leaves room for float32 in onnxruntime and for the rounding
of weights to their grids; a wrong scale, even one that keeps every decision, is off by orders of magnitude more.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.errors import ModelError, ParityError
from snnconv.graph.reading.reader import Survey
from snnconv.graph.running.reference import ReferenceModel
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.program import relu_values

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-4

_ROUNDINGS = 4
"""How many times as far as float32 moves a value in one way of rounding it may be off by another."""

_FAR_BELOW = 1000.0
"""Activations of so many λ: weights that read them keep 10 bits less than they have, counted from what they make."""


@dataclass(frozen=True)
class Deviation:
    """How far a value of the network is from the ONNX model's.

    Attributes
    ----------
    value : str
        Its name in the ONNX file.
    node : str
        What carries it.
    error : float
        max|λ x̂ − x| / size(x), dimensionless.
    scales : float
        The largest activation of a layer of neurons up to here, in units of the layer's λ.
    """

    value: str
    node: str
    error: float
    scales: float = 0.0


def deviations(
    network: SpikingNetwork,
    model: Path | Survey,
    batches: Iterable[Array],
    caps: Mapping[str, float] | None = None,
) -> list[Deviation]:
    """Compare every value that the network carries with the ONNX model's.

    Parameters
    ----------
    network : SpikingNetwork
        Converted from `model`.
    model : Path or Survey
        The ONNX file, or what was read of it already.
    batches : iterable of ndarray (N, C, H, W) float32
        Preprocessed images; memory grows with the largest batch.
    caps : mapping of str to float, optional
        The largest values of capped ReLUs, by their name.

    Returns
    -------
    list of Deviation
        From the input to the output, over all images.
    """
    rows = list(_compared(network))
    reference = ReferenceModel(model, sorted({value for value, _, _ in rows}))
    worst, largest, scales = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(rows))
    for images in batches:
        outputs, summed = relu_values(network, images, caps=caps)
        expected = dict(zip(reference.values, reference.run(images), strict=True))
        carried = _Carried(network, outputs, summed)
        for row, (value, node, is_sum) in enumerate(rows):
            # NaN stays NaN
            worst[row] = np.maximum(worst[row], np.abs(carried.value(node, is_sum) - expected[value]).max())
            size = np.abs(expected[value]).max()
            largest[row] = np.maximum(largest[row], size if is_sum else np.maximum(size, carried.largest_sum(node)))
            if isinstance(node, ir.Neuron) and not is_sum:
                scales[row] = max(scales[row], float(outputs[node.name].max()))
    errors = worst / np.where(largest > 0, largest, 1.0)
    return [
        Deviation(value, node.name, float(error), float(most))
        for (value, node, _), error, most in zip(rows, errors, np.maximum.accumulate(scales), strict=True)
    ]


def check_parity(
    network: SpikingNetwork,
    model: Path | Survey,
    batches: Iterable[Array],
    caps: Mapping[str, float] | None = None,
    noise: Callable[[str], float] | None = None,
) -> Deviation:
    """Give the largest deviation from the ONNX model.

    Parameters
    ----------
    network, model, batches, caps
        As for `deviations`.
    noise : callable, optional
        Tells how far float32's rounding alone moves a value of the model, dimensionless, for the message: a model that
        makes rounding errors much larger cannot be compared closely.

    Raises
    ------
    ParityError
        Naming the first value that deviates by more than the tolerance.
    """
    found = deviations(network, model, batches, caps)
    for deviation in found:
        if not deviation.error < TOLERANCE:
            rounding = None if noise is None else noise(deviation.value)
            raise ParityError(
                f"the network deviates from {network.provenance.source_name} at {deviation.value} "
                f"(node {deviation.node}): max|λx̂ − x| / max|x| is {deviation.error:.2e}, less than {TOLERANCE:.0e} is "
                f"expected; {_advice(deviation, rounding)}"
            )
    if not found:
        raise ModelError(
            f"{network.provenance.source_name} has no layer with weights and no ReLU: there is nothing to do; "
            "give a network that has some"
        )
    return max(found, key=lambda deviation: deviation.error)


def _compared(network: SpikingNetwork) -> Iterator[tuple[str, ir.Node, bool]]:
    """Give (ONNX value, node that carries it, whether it is what the node's neurons add up)."""
    classifier = network.by_name[network.incoming[network.readout.name][0].source]
    for node in network.nodes:
        if node.source is None or isinstance(node, ir.Input | ir.Readout):
            continue
        if isinstance(node, ir.Neuron) and node.input_source is not None:
            yield node.input_source, node, True
        # neurons at the end cut off negative logits, which the model does not; what they add up is compared above
        if not (isinstance(node, ir.Neuron) and node is classifier and node.source == node.input_source):
            yield node.source, node, False


def _advice(deviation: Deviation, rounding: float | None) -> str:
    """Say what the deviation may come from, and what to do."""
    said = "" if rounding is None else f"float32's rounding alone moves this value by {rounding:.1e}; "
    if rounding is not None and rounding > TOLERANCE / _ROUNDINGS:
        return (
            f"{said}the model cannot be compared more closely than that: convert it with --no-verify, and see with "
            "simulate --reference how often it decides as the model does"
        )
    if deviation.scales > _FAR_BELOW:
        return f"{said}activations are up to {deviation.scales:.0e} times their layer's scale: raise --percentile"
    return f"{said}report this model"


class _Carried:
    """What a network carries for some images, in the units of the ONNX model."""

    def __init__(self, network: SpikingNetwork, outputs: Mapping[str, Array], summed: Mapping[str, Array]) -> None:
        self._network = network
        self._outputs = outputs
        self._summed = summed

    def value(self, node: ir.Node, is_sum: bool) -> Array:
        """Give λ x̂ of what a node gives, or of what its neurons add up."""
        carried = (self._summed if is_sum else self._outputs)[node.name]
        scale = _by_channel(self._network.tensor(node.source_scale, 1.0), carried.ndim)
        if is_sum and isinstance(node, ir.Neuron):  # what neurons add up is in the unit of their threshold
            scale = scale / self._network.tensor(node.threshold, 1.0)
        value: Array = scale * carried
        return value

    def largest_sum(self, node: ir.Node) -> float:
        """Give the largest magnitude of the sums that a node's current enters; 0 if something else reads it too.

        Currents that are added are in one unit, so the node's own λ is that of the sum.
        """
        if isinstance(node, ir.Neuron):
            return 0.0
        return self._of_sums(node.name, self._network.tensor(node.source_scale, 1.0))

    def _of_sums(self, name: str, scale: Array) -> float:
        sizes = []
        for edge in self._network.outgoing[name]:
            reader = self._network.by_name[edge.target]
            if isinstance(reader, ir.Sum):
                total = self._outputs[reader.name]
                size = float(np.abs(_by_channel(scale, total.ndim) * total).max())
                sizes.append(max(size, self._of_sums(reader.name, scale)))
            elif isinstance(reader, ir.Neuron):
                total = self._summed[reader.name]
                sizes.append(float(np.abs(_by_channel(scale, total.ndim) * total).max()))
            else:
                return 0.0
        return min(sizes, default=0.0)


def _by_channel(scale: Array, rank: int) -> Array:
    return scale.reshape(-1, *(1,) * (rank - 2)) if scale.ndim else scale  # (C,) -> (C, 1, 1)
