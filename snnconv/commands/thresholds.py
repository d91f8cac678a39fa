"""What each layer of neurons fires at: threshold, reset and initial potential, as Sengupta et al. show in Fig. 2c."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Span:
    """The least and the largest value of a parameter over the neurons of a layer, and over the steps if it has them."""

    least: float
    largest: float

    def __str__(self) -> str:
        """Give one number where all are the same."""
        same = self.least == self.largest
        return f"{self.least:.4g}" if same else f"{self.least:.4g} to {self.largest:.4g}"


@dataclass(frozen=True)
class LayerThresholds:
    """The parameters of a layer of neurons.

    Attributes
    ----------
    name : str
    neurons : int
    threshold, initial_potential : Span
        In the unit of the membrane.
    source_scale : Span or None
        λ: the ONNX tensor is λ times the layer's output. None where the file gives none.
    reset : Reset
    """

    name: str
    neurons: int
    threshold: Span
    source_scale: Span | None
    reset: ir.Reset
    initial_potential: Span

    def to_json(self) -> dict[str, Any]:
        """Give JSON values."""
        spans = {
            key: None if span is None else {"least": span.least, "largest": span.largest}
            for key, span in (
                ("threshold", self.threshold),
                ("source_scale", self.source_scale),
                ("initial_potential", self.initial_potential),
            )
        }
        return {"name": self.name, "neurons": self.neurons, "reset": self.reset.value} | spans

    def cells(self) -> tuple[str, ...]:
        """Give the cells of a table: name, neurons, threshold, λ, reset, initial potential."""
        scale = "–" if self.source_scale is None else str(self.source_scale)
        return (
            *(self.name, f"{self.neurons:,}", str(self.threshold), scale),
            *(self.reset.value, str(self.initial_potential)),
        )


def thresholds(network: SpikingNetwork) -> tuple[LayerThresholds, ...]:
    """Describe the layers of neurons from the input to the readout."""
    return tuple(
        LayerThresholds(
            name=node.name,
            neurons=prod(node.shape),
            threshold=_span(network.tensors[node.threshold]),
            source_scale=None if node.source_scale is None else _span(network.tensors[node.source_scale]),
            reset=node.rule.reset,
            initial_potential=_span(network.tensor(node.initial_potential, 0.0)),
        )
        for node in network.neurons
    )


def _span(values: Array) -> Span:
    return Span(float(values.min()), float(values.max()))
