"""Operators that are sums of ReLUs: Σ gₖ · ReLU(aₖ x + bₖ) + c is written out as the nodes that compute it."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from snnconv.graph.graph import Add, Affine, Node, Relu, Shape
from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported

Array = np.ndarray[Any, Any]


class ReluSum:
    """Writes an operator as affine maps, ReLUs and a sum.

    Parameters
    ----------
    node : OnnxNode
        The operator; the parts are named after it and after its output.
    context : Context
    shape : tuple of int
        Of what it reads and makes, for one image, channels first.
    """

    def __init__(self, node: OnnxNode, context: Context, shape: Shape) -> None:
        self._node = node
        self._context = context
        self._shape = shape
        self._nodes: list[Node] = []

    def affine(self, x: str, gain: Array | float, offset: Array | float, of: str) -> str:
        """Add x · gain + offset; give its name. Gain and offset broadcast to the shape."""
        return self._affine(x, gain, offset, f"{self._node.name}/{of}", self._inner(of))

    def relu(self, x: str, of: str, cap: float | None = None) -> str:
        """Add a ReLU; give its name."""
        name = self._inner(of)
        self._nodes.append(Relu(f"{self._node.name}/{of}", (x,), name, self._shape, cap))
        return name

    def add(self, values: Iterable[str], of: str) -> str:
        """Add a sum inside the operator; give its name."""
        name = self._inner(of)
        self._nodes.append(Add(f"{self._node.name}/{of}", tuple(values), name, self._shape))
        return name

    def end_affine(self, x: str, gain: Array | float, offset: Array | float) -> Read:
        """Let x · gain + offset be what the operator makes."""
        self._affine(x, gain, offset, self._node.name, self._node.output)
        return self._read()

    def end_add(self, values: Iterable[str]) -> Read:
        """Let a sum be what the operator makes."""
        self._nodes.append(Add(self._node.name, tuple(values), self._node.output, self._shape))
        return self._read()

    def _affine(self, x: str, gain: Array | float, offset: Array | float, name: str, output: str) -> str:
        wide = (1,) * len(self._shape)
        gain, offset = (np.asarray(part, dtype=np.float64) for part in (gain, offset))
        gain, offset = (part.reshape((*wide[part.ndim :], *part.shape)) for part in (gain, offset))
        if not (np.isfinite(gain).all() and np.isfinite(offset).all()):
            raise Unsupported("its constant is too large for float32")
        self._nodes.append(Affine(name, (x,), output, self._shape, gain=gain, offset=offset))
        return output

    def _inner(self, of: str) -> str:
        return self._context.inner(f"{self._node.output}/{of}")

    def _read(self) -> Read:
        made = tuple(self._nodes)
        return Read(made, derived=tuple(node.output for node in made[:-1]))
