"""The ReLU network between the ONNX file and the spiking network: a graph of the few operations we convert.

Every value is one image's tensor, channels first and without the batch axis. A value has the name that it has in the
ONNX file, so messages and measurements can name it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """An operation with one output.

    Attributes
    ----------
    name : str
        The ONNX node's name, for messages.
    inputs : tuple of str
        Names of the values it reads.
    output : str
        Name of the value it makes.
    shape : tuple of int
        Shape of the output for one image, channels first.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    shape: Shape


@dataclass(frozen=True)
class Conv(Node):
    """Convolution; `weight` (O, I/groups, *kernel), `bias` (O,), both float64. Pads: begins, then ends."""

    weight: Array
    bias: Array
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...]
    groups: int


@dataclass(frozen=True)
class Dense(Node):
    """Full connection of a flat value; `weight` (O, I), `bias` (O,), both float64."""

    weight: Array
    bias: Array


@dataclass(frozen=True)
class BatchNorm(Node):
    """γ (x − µ) / √(var + ε) + β per channel; all (C,) float64."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float


@dataclass(frozen=True)
class Affine(Node):
    """x · gain + offset; both float64, of as many axes as x, and broadcast to it: (C, 1, 1) is one number a channel."""

    gain: Array
    offset: Array

    @property
    def is_by_channel(self) -> bool:
        """Whether gain and offset are the same for all pixels."""
        return all(size == 1 for part in (self.gain, self.offset) for size in part.shape[1:])


@dataclass(frozen=True)
class Relu(Node):
    """max(x, 0), and at most `cap` where there is one (ReLU6: 6)."""

    cap: float | None = None


@dataclass(frozen=True)
class Add(Node):
    """The sum of two or more values of one shape."""


@dataclass(frozen=True)
class AveragePool(Node):
    """Sums over windows, divided by `divisor`: one number, or (1, H, W) where windows at the border hold fewer pixels.

    Pads: begins, then ends; padding adds nothing.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    divisor: Array


@dataclass(frozen=True)
class MaxPool(Node):
    """Largest values of windows. Pads: begins, then ends; padding is never the largest."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]


@dataclass(frozen=True)
class Concat(Node):
    """Values joined along `axis`: 0 are the channels."""

    axis: int


@dataclass(frozen=True)
class Flatten(Node):
    """All axes become one, in the order channels, rows, columns."""


@dataclass(frozen=True)
class Select(Node):
    """Slices each axis (start, stop, step), then pads it with zeros."""

    starts: tuple[int, ...]
    stops: tuple[int, ...]
    steps: tuple[int, ...]
    pads_before: tuple[int, ...]
    pads_after: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """A ReLU network with one input and one output.

    Attributes
    ----------
    name : str
        File name of the model, without folders.
    sha256 : str
        Hash of the model file.
    input : str
        Name of the input value.
    input_shape : tuple of int
        Shape of one image, (C, H, W).
    output : str
        Name of the output value: the logits.
    nodes : tuple of Node
        In topological order.
    layouts : mapping of str to tuple of int
        Values that the ONNX file keeps in another order of axes: transposed by this order, batch axis included, they
        are channels first. (0, 3, 1, 2) is a value that the file keeps as (N, H, W, C).
    internal : mapping of str to str
        Values that the ONNX file does not have, each with the value of the file that has the same numbers in another
        shape, or an empty text.
    derived : frozenset of str
        Values that the file does not have, and that neurons stand for or add up all the same: the parts of an operator
        that is a sum of ReLUs. They follow from values of the file by the nodes between.
    """

    name: str
    sha256: str
    input: str
    input_shape: Shape
    output: str
    nodes: tuple[Node, ...]
    layouts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    internal: Mapping[str, str] = field(default_factory=dict)
    derived: frozenset[str] = frozenset()

    @cached_property
    def _producers(self) -> dict[str, Node]:
        return {node.output: node for node in self.nodes}

    @cached_property
    def _readers(self) -> dict[str, tuple[Node, ...]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for value in dict.fromkeys(node.inputs):
                found.setdefault(value, []).append(node)
        return {value: tuple(nodes) for value, nodes in found.items()}

    def producer(self, value: str) -> Node | None:
        """Give the node that makes a value, or None for the input."""
        return self._producers.get(value)

    def readers(self, value: str) -> tuple[Node, ...]:
        """Give the nodes that read a value."""
        return self._readers.get(value, ())

    def shape_of(self, value: str) -> Shape:
        """Give the shape of a value for one image."""
        node = self.producer(value)
        return self.input_shape if node is None else node.shape

    def known_shape(self, value: str) -> Shape | None:
        """Give the shape of a value for one image, None for one that the graph does not have."""
        node = self.producer(value)
        return node.shape if node is not None else self.input_shape if value == self.input else None

    @property
    def caps(self) -> dict[str, float]:
        """The largest values of capped ReLUs, by the value they make; by the ReLU's name where the file has no such."""
        capped = [node for node in self.nodes if isinstance(node, Relu)]
        return {self.known_as(node.output) or node.name: node.cap for node in capped if node.cap is not None}

    def known_as(self, value: str) -> str | None:
        """Give the name under which the reference gives a value, None where it does not."""
        return value if value not in self.internal or value in self.derived else None

    @property
    def class_count(self) -> int:
        """How many logits the output has."""
        return self.shape_of(self.output)[0]

    def with_nodes(self, nodes: Iterable[Node]) -> "Graph":
        """Give the same graph with other nodes."""
        return replace(self, nodes=tuple(nodes))


def reached(nodes: Sequence[Node], output: str) -> tuple[Node, ...]:
    """Give the nodes that an output needs, in order, of nodes in topological order."""
    wanted, kept = {output}, []
    for node in reversed(nodes):
        if node.output in wanted:
            kept.append(node)
            wanted.update(node.inputs)
    return tuple(reversed(kept))
