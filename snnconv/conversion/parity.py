"""ReLU parity: with its neurons replaced by ReLUs, the spiking network computes the ONNX model.

For each ReLU, Add and output tensor x of the model, with x̂ what the network carries in its place,

    max |λ x̂ − x| / max |x| < 10⁻⁴.

The bound leaves room for float32 in onnxruntime and for the rounding of weights to their grids; a wrong scale, even
one that keeps every decision, is off by orders of magnitude more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.errors import ParityError
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


def deviations(network: SpikingNetwork, model: Path, images: Array) -> list[Deviation]:
    """Compare every value that the network carries with the ONNX model's.

    Parameters
    ----------
    network : SpikingNetwork
        Converted from `model`.
    model : Path
        The ONNX file.
    images : ndarray (N, C, H, W) float32
        Preprocessed images.

    Returns
    -------
    list of Deviation
        From the input to the output.
    """
    outputs, summed = relu_values(network, images)
    compared = list(_compared(network, outputs, summed))
    reference = ReferenceModel(model, sorted({value for value, _, _, _ in compared}))
    expected = dict(zip(reference.values, reference.run(images), strict=True))
    return [Deviation(value, node, _error(carried, scale, expected[value])) for value, node, carried, scale in compared]


def check_parity(network: SpikingNetwork, model: Path, images: Array) -> Deviation:
    """Give the largest deviation from the ONNX model.

    Raises
    ------
    ParityError
        Naming the first value that deviates by more than the tolerance.
    """
    found = deviations(network, model, images)
    for deviation in found:
        if not deviation.error < TOLERANCE:
            raise ParityError(
                f"the network deviates from {model.name} at {deviation.value} (node {deviation.node}): "
                f"max|λx̂ − x| / max|x| is {deviation.error:.2e}, less than {TOLERANCE:.0e} is expected; "
                "please report this model as a bug"
            )
    return max(found, key=lambda deviation: deviation.error)


def _compared(
    network: SpikingNetwork, outputs: dict[str, Array], summed: dict[str, Array]
) -> Iterator[tuple[str, str, Array, Array]]:
    """Give (ONNX value, node, what it carries, λ)."""
    classifier = network.by_name[network.incoming[network.readout.name][0].source]
    for node in network.nodes:
        if node.source is None or isinstance(node, ir.Input | ir.Readout):
            continue
        scale = network.tensor(node.source_scale, 1.0)
        if isinstance(node, ir.Neuron) and node.input_source is not None:
            yield node.input_source, node.name, summed[node.name], scale
        # neurons at the end cut off negative logits, which the model does not; what they add up is compared above
        if not (isinstance(node, ir.Neuron) and node is classifier and node.source == node.input_source):
            yield node.source, node.name, outputs[node.name], scale


def _error(carried: Array, scale: Array, expected: Array) -> float:
    if scale.ndim:
        scale = scale.reshape(-1, *(1,) * (carried.ndim - 2))  # (C,) -> (C, 1, 1)
    largest = float(np.abs(expected).max())
    return float(np.abs(scale * carried - expected).max()) / (largest or 1.0)
