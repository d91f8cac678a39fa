"""ReLU parity: with its neurons replaced by ReLUs, the spiking network computes the ONNX model.

For each ReLU, Add and output tensor x of the model, with x̂ what the network carries in its place,

    max |λ x̂ − x| / max |x| < 10⁻⁴.

The bound leaves room for float32 in onnxruntime and for the rounding of weights to their grids; a wrong scale, even
one that keeps every decision, is off by orders of magnitude more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.errors import ModelError, ParityError
from snnconv.graph.reader import Survey
from snnconv.graph.reference import ReferenceModel
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.program import relu_values

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Deviation:
    """How far a value of the network is from the ONNX model's: max|λ x̂ − x| / max|x|, dimensionless."""

    value: str
    node: str
    error: float


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
    values = [value for value, _, _ in _compared(network)]
    reference = ReferenceModel(model, sorted(set(values)))
    worst = np.zeros(len(values))
    largest = np.zeros(len(values))
    for images in batches:
        outputs, summed = relu_values(network, images, caps=caps)
        expected = dict(zip(reference.values, reference.run(images), strict=True))
        for row, (value, node, is_sum) in enumerate(_compared(network)):
            carried = (summed if is_sum else outputs)[node.name]
            scale = _by_channel(network.tensor(node.source_scale, 1.0), carried.ndim)
            if is_sum and isinstance(node, ir.Neuron):  # what neurons add up is in the unit of their threshold
                scale = scale / network.tensor(node.threshold, 1.0)
            # NaN stays NaN
            worst[row] = np.maximum(worst[row], np.abs(scale * carried - expected[value]).max())
            largest[row] = np.maximum(largest[row], np.abs(expected[value]).max())
    errors = worst / np.where(largest > 0, largest, 1.0)
    return [
        Deviation(value, node.name, float(error))
        for (value, node, _), error in zip(_compared(network), errors, strict=True)
    ]


def check_parity(
    network: SpikingNetwork,
    model: Path | Survey,
    batches: Iterable[Array],
    caps: Mapping[str, float] | None = None,
    noise: float | None = None,
) -> Deviation:
    """Give the largest deviation from the ONNX model.

    Parameters
    ----------
    network, model, batches, caps
        As for `deviations`.
    noise : float, optional
        How far the folded graph is from the model in float32, for the message: a model that makes rounding errors much
        larger cannot be compared closely.

    Raises
    ------
    ParityError
        Naming the first value that deviates by more than the tolerance.
    """
    found = deviations(network, model, batches, caps)
    for deviation in found:
        if not deviation.error < TOLERANCE:
            rounding = "" if noise is None else f" (float32 rounding alone moves this model by {noise:.1e})"
            raise ParityError(
                f"the network deviates from {network.provenance.source_name} at {deviation.value} "
                f"(node {deviation.node}): max|λx̂ − x| / max|x| is {deviation.error:.2e}, less than {TOLERANCE:.0e} is "
                f"expected{rounding}; a scale far below the activations costs precision, so raise --percentile; "
                "else report this model"
            )
    if not found:
        raise ModelError(
            f"{network.provenance.source_name} has no layer with weights and no ReLU: there is nothing to do"
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


def _by_channel(scale: Array, rank: int) -> Array:
    return scale.reshape(-1, *(1,) * (rank - 2)) if scale.ndim else scale  # (C,) -> (C, 1, 1)
