"""What a refused node is a part of: a gate, an activation or a normalisation that was written out in small operators.

An exporter writes squeeze-and-excitation, SiLU or LayerNorm as a few nodes, of which the first that cannot be read says
little. Each function here looks at a refused node and its neighbours, and gives the reason with what to do, or None.
To add one, write it and name it in `_PATTERNS`; the first that says something is heard.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from snnconv.graph.inference.facts import Facts
from snnconv.graph.reading import advice

_SWISH = (
    "it is a part of SiLU or HardSwish (x times a sigmoid of x), which is no ReLU; train with ReLU, or take a variant "
    "of the network that has ReLUs, as EfficientNet-Lite or MobileNetV2"
)
_GATE = (
    "it makes a gate, as of squeeze-and-excitation: channels times numbers that depend on the image have no spiking "
    "form; take the network without gates, as ResNet for SE-ResNet or EfficientNet-Lite for EfficientNet"
)
_BATCH = (
    "it normalises by statistics of the batch; export the model in evaluation mode (model.eval()), and train with "
    "BatchNorm that keeps running statistics"
)
_SQUARE = (
    "it multiplies a value by itself, as GELU and norms do, which ReLUs do not compute; train with ReLU and BatchNorm"
)
_DEEP, _WIDE = 8, 64
"""Nodes that are followed in a row, and in all directions."""
_SIGMOIDS = ("Sigmoid", "HardSigmoid")
_MOVE = ("Gather", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze")
_OF_A_NORM = frozenset(
    {"Add", "Cast", "Clip", "Div", "Expand", "Identity", "Max", "Mul", "Pow", "Reciprocal", "ReduceSum", "Sqrt"}
)
"""What stands between a value and the same value divided by its norm."""


@dataclass(frozen=True)
class Neighbours:
    """Who makes and who reads each value, among the nodes that ONNX knows.

    Attributes
    ----------
    makers : mapping of str to NodeProto
    readers : mapping of str to list of NodeProto
    facts : Facts
        Which values do not depend on the image.
    """

    makers: Mapping[str, onnx.NodeProto]
    readers: Mapping[str, list[onnx.NodeProto]]
    facts: Facts

    @classmethod
    def of(cls, graph: onnx.GraphProto, facts: Facts) -> "Neighbours":
        """Look at the nodes of a file."""
        nodes = [node for node in graph.node if node.domain in advice.STANDARD and node.input]
        readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in nodes:
            for value in node.input:
                readers[value].append(node)
        return cls({value: node for node in nodes for value in node.output}, readers, facts)

    def changing(self, node: onnx.NodeProto) -> list[str]:
        """Give the inputs of a node that depend on the image."""
        return [value for value in node.input if value and value not in self.facts.constants]

    def read_by(self, node: onnx.NodeProto, op: str) -> list[onnx.NodeProto]:
        """Give the nodes of an operator that read what a node makes."""
        return [reader for value in node.output for reader in self.readers.get(value, ()) if reader.op_type == op]


def recognised(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Say what a refused node is a part of, and what to do; None where nothing is recognised.

    Parameters
    ----------
    node : NodeProto
    around : Neighbours
    """
    if node.domain not in advice.STANDARD or not around.changing(node):
        return None
    return next((said for pattern in _PATTERNS if (said := pattern(node, around)) is not None), None)


def _sigmoid(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Look for Sigmoid(x) · x, and for Sigmoid(s) · x."""
    if node.op_type not in _SIGMOIDS:
        return None
    for product in around.read_by(node, "Mul"):
        others = [value for value in around.changing(product) if value not in node.output]
        if others:
            return _SWISH if others[0] in node.input else _GATE
    return None


def _product(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Look for x · clip(x + 3, 0, 6) / 6, and for a gate that is capped so."""
    if node.op_type != "Mul" or len(around.changing(node)) != 2:
        return None
    if node.input[0] == node.input[1]:
        return _SQUARE
    capped = False
    for factor, other in (node.input, reversed(node.input)):
        made_of = factor
        for _ in range(_DEEP):
            maker = around.makers.get(made_of)
            if maker is None or len(around.changing(maker)) != 1 or maker.op_type in ("Conv", "Gemm", "MatMul"):
                break
            capped = capped or maker.op_type in ("Clip", *_SIGMOIDS)
            made_of = around.changing(maker)[0]
            if made_of == other:
                return _SWISH if capped else None
    return _GATE if capped else None


def _norm(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Look for the squares of a value that is divided by its norm at the end: before it, it has the same direction."""
    return _before(node, around) if _power(node, around) == 2 and _ends(node, around) else None


def _ends(node: onnx.NodeProto, around: Neighbours) -> bool:
    """Say whether behind a node there is a division and nothing else but what belongs to a norm."""
    waiting, seen = list(node.output), set(node.output)
    divided = False
    while waiting:
        value = waiting.pop()
        for reader in around.readers.get(value, ()):
            if reader.op_type not in _OF_A_NORM or len(seen) > _DEEP:
                return False
            divided = divided or reader.op_type in ("Div", "Reciprocal")
            waiting += [made for made in reader.output if made not in seen]
            seen.update(reader.output)
    return divided


def _before(node: onnx.NodeProto, around: Neighbours) -> str:
    value = around.changing(node)[0]
    return (
        "it divides the output by its norm, which has no spiking form and keeps the direction; "
        f"--output {value} takes the value before it"
    )


def _centred(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Look for x − mean(x), a normalisation that was written out."""
    means = [node] if node.op_type == "ReduceMean" else []
    if means and 0 in _axes(node, around):
        return _BATCH
    if node.op_type == "Sub":
        made = [around.makers.get(value) for value in node.input]
        means = [one for one in made if one is not None and one.op_type == "ReduceMean" and one.input[0] in node.input]
    for mean in means:
        if any(mean.input[0] in difference.input for difference in around.read_by(mean, "Sub")):
            axes = _axes(mean, around)
            return _BATCH if not axes or 0 in axes else advice.NORMALISES
    return None


def _deviation(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Look for the root of a mean, and for the channels that a GroupNorm puts in groups."""
    if node.op_type == "Reshape" and around.read_by(node, "InstanceNormalization"):
        return advice.NORMALISES
    maker = around.makers.get(node.input[0])
    if maker is not None and maker.op_type in ("Add", "Clip", "Max") and len(around.changing(maker)) == 1:
        maker = around.makers.get(around.changing(maker)[0])
    if node.op_type not in ("Sqrt", "Pow") or maker is None or maker.op_type != "ReduceMean":
        return None
    return _BATCH if 0 in _axes(maker, around) else advice.NORMALISES


def _squared(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Look for powers: x² in front of a mean is a variance, x³ a part of GELU."""
    power = _power(node, around)
    if power == 2 and around.read_by(node, "ReduceMean"):
        return advice.NORMALISES
    return advice.GELU if power == 3 else None


def _power(node: onnx.NodeProto, around: Neighbours) -> float | None:
    if node.op_type != "Pow" or node.input[1] not in around.facts.constants:
        return None
    exponent = around.facts.constant(node.input[1])
    numbers = np.unique(exponent) if exponent.dtype.kind in "fiu" else np.empty(0)
    return float(numbers[0]) if numbers.size == 1 else None


def _attention(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Look for products of two matrices that depend on the image, and for what leads to shares of one of them."""
    if node.op_type == "MatMul" and len(around.changing(node)) == 2:
        return advice.MIXES
    if node.op_type not in _MOVE and node.op_type != "Softmax":
        return None
    waiting, seen = [node], 0
    while waiting and seen < _WIDE:
        one, seen = waiting.pop(0), seen + 1
        if one.op_type == "Softmax" and around.read_by(one, "MatMul"):
            return advice.MIXES
        waiting += [reader for value in one.output for reader in around.readers.get(value, ())]
    return None


def _weights(node: onnx.NodeProto, around: Neighbours) -> str | None:
    """Look for weights that are made of the image."""
    if node.op_type not in ("Conv", "Gemm") or len(around.changing(node)) < 2:
        return None
    return f"its weights {around.changing(node)[1]} depend on the image; use a layer whose weights are constant"


def _axes(node: onnx.NodeProto, around: Neighbours) -> tuple[int, ...]:
    """Give the axes of a reduction; none stand for all."""
    given = next((tuple(one.ints) for one in node.attribute if one.name == "axes"), ())
    if len(node.input) > 1 and node.input[1] in around.facts.constants:
        given = tuple(around.facts.constant(node.input[1]).ravel().tolist())
    return given


_PATTERNS: tuple[Callable[[onnx.NodeProto, Neighbours], str | None], ...] = (
    _sigmoid,
    _product,
    _norm,
    _centred,
    _deviation,
    _squared,
    _attention,
    _weights,
)
