"""What an operation of the NumPy runtime is, and what it is built from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.grid import rounded
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.layout import channels_last, parameter

Array = np.ndarray[Any, Any]


class Operation(Protocol):
    """A node at work."""

    def reset(self) -> None:
        """Forget the images so far."""

    def advance(self, inputs: Sequence[Any], steps: int) -> Any:
        """Take a chunk of each incoming edge to a chunk of the output: arrays here, for other backends what they like.

        Parameters
        ----------
        inputs : sequence of ndarray
            (steps, N, ...) each, or (1, N, ...) where constant in time.
        steps : int
            How many steps the chunk has.

        Returns
        -------
        ndarray (steps, N, ...) or (1, N, ...)
            Spikes as float32 numbers, currents as float32 where they are sums on a grid, else as float64. A buffer
            that the next call overwrites.
        """
        ...


@dataclass(frozen=True)
class Site:
    """Where an operation is built: its node, its network, the batch and the chunk.

    Attributes
    ----------
    network : SpikingNetwork
    node : Node
    inputs : tuple of Flow
        What its incoming edges carry, in order.
    flow : Flow
        What it gives.
    batch : int
        N, images at a time.
    chunk : int
        K, the most steps at a time.
    wide : bool
        Whether its sums take more than float32 holds.
    real : bool
        Whether neurons give real numbers, as ReLUs do in their place, and not spikes.
    """

    network: SpikingNetwork
    node: Any
    inputs: tuple[Flow, ...]
    flow: Flow
    batch: int
    chunk: int
    wide: bool = False
    real: bool = False

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(H, W, C) of the output."""
        return channels_last(self.node.shape)

    @cached_property
    def input_shape(self) -> tuple[int, ...]:
        """(H, W, C) of the first input."""
        edge = self.network.incoming[self.node.name][0]
        return channels_last(self.network.by_name[edge.source].shape)

    @cached_property
    def steps(self) -> int:
        """How many steps an output chunk has at most: 1 where it is constant."""
        return 1 if self.flow.constant else self.chunk

    @property
    def reads_current(self) -> bool:
        """Whether an incoming edge carries real numbers, not spikes."""
        return any(flow.kind is Kind.CURRENT for flow in self.inputs)

    @property
    def dtype(self) -> type[np.float32] | type[np.float64]:
        """What it is summed in: float32 for spikes; float64 for graded ones, the image, currents, very many inputs."""
        narrow = not self.wide and all(flow.narrow for flow in self.inputs)
        return np.float32 if narrow else np.float64

    def result_grid(self) -> Array | None:
        """Give q of the node's result, broadcasting to (H, W, C), where it is made of real numbers and rounded."""
        if not self.reads_current or self.node.grid is None:
            return None
        if self.real and not self.flow.constant:
            return None  # the grid may be that of spikes, which are whole numbers: a Concat joins them with currents
        return np.asarray(self.network.tensors[self.node.grid])  # () or (C,), the last axis

    def buffer(self, dtype: type[np.generic] = np.float32) -> Array:
        """Give a zeroed output chunk (K, N, ...)."""
        return np.zeros((self.steps, self.batch, *self.shape), dtype=dtype)

    def parameter(self, name: str | None, default: float) -> Array:
        """Give a parameter that broadcasts to (H, W, C), float64.

        Raises
        ------
        NotRunnableError
            If it has a step axis.
        """
        value = self.network.tensor(name, default)
        check_steady(self.node, name, value)
        return parameter(value.astype(np.float64), len(self.node.shape))


def summed(inputs: Sequence[Array]) -> Array:
    """Add the chunks of all incoming edges; one alone is given back as it is."""
    total = inputs[0]
    for value in inputs[1:]:
        total = total + value
    return total


def on_grid(values: Array, grid: Array | None) -> Array:
    """Round currents to multiples of 2^-grid, in place."""
    if grid is not None:
        values[...] = rounded(values, grid)
    return values


def check_plain(node: ir.Node) -> None:
    """Refuse number types that the NumPy runtime does not run.

    Raises
    ------
    NotRunnableError
    """
    if node.number_type is not ir.NumberType.FLOAT32:
        raise NotRunnableError(
            f"node {node.name}: number type {node.number_type.value}, which the runtime does not run yet"
        )


def check_steady(node: ir.Node, name: str | None, value: Array) -> None:
    """Refuse a parameter that changes with the step.

    Raises
    ------
    NotRunnableError
    """
    if value.ndim > len(node.shape):
        raise NotRunnableError(f"node {node.name}: {name} has a step axis, which the runtime does not run yet")
