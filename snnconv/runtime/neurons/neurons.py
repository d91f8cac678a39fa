"""What the neurons of every rule have when they run: a membrane, a threshold, a reset."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from snnconv.ir import nodes as ir

Array = np.ndarray[Any, Any]
AnyRule = TypeVar("AnyRule", bound=ir.Rule)


@dataclass(frozen=True)
class KernelRule:
    """How the event-driven kernel runs a rule: V ← leak · V, V ← V + I, fire where V ≥ θ, reset.

    Attributes
    ----------
    leak : str or None
        The name of the factor on the membrane; None for 1.
    to_zero : bool
        Whether a spike sets the membrane to 0; else it takes the threshold off.
    """

    leak: str | None
    to_zero: bool


class Neurons(ABC, Generic[AnyRule]):
    """Neurons of one rule.

    Parameters
    ----------
    rule : Rule
    threshold, initial : ndarray
        θ and V(0); they broadcast to `shape`.
    shape : tuple of int
        (N, H, W, C).
    parameter : callable
        Gives a parameter of the rule by its name, as it broadcasts to (H, W, C).
    dtype : type
        Of the membrane: in float64 its sums are exact on any grid.

    Attributes
    ----------
    v : ndarray of `shape`
        The membrane.
    threshold
        A float where it is 1 number, else an array of `shape`.
    spikes : ndarray of `shape`, bool
        Who spiked in the last step; a rule of signed spikes has an array of its own here.
    """

    def __init__(
        self,
        rule: AnyRule,
        threshold: Array,
        initial: Array,
        shape: tuple[int, ...],
        parameter: Callable[[str | None, float], Array],
        dtype: type[np.floating[Any]] = np.float64,
    ) -> None:
        self.rule = rule
        self.threshold = scalar_or_full(threshold.astype(dtype), shape)
        self._initial = initial
        self._unit = isinstance(self.threshold, float) and self.threshold == 1.0
        self._to_zero = rule.reset is ir.Reset.ZERO
        self.v = np.empty(shape, dtype=dtype)
        self.spikes: Array = np.empty(shape, dtype=bool)
        self._scratch = np.empty(shape, dtype=dtype)
        self.reset()
        self.prepare(lambda name, default: scalar_or_full(parameter(name, default).astype(dtype), shape))

    def prepare(self, parameter: Callable[[str | None, float], Any]) -> None:
        """Look up what the rule needs; `parameter` gives one number as a float, else an array of full size."""

    def reset(self) -> None:
        """Set the membrane to its initial potential."""
        self.v[...] = self._initial

    @abstractmethod
    def step(self, inputs: Sequence[Array]) -> None:
        """Run one step: add what comes in, say in `spikes` who does, reset."""

    @classmethod
    def in_kernel(cls, rule: AnyRule) -> KernelRule | None:
        """Say how the event-driven kernel runs the rule; None where it does not, and NumPy does."""
        del rule
        return None

    def integrate(self, inputs: Sequence[Array]) -> None:
        """V ← V + I."""
        for current in inputs:
            np.add(self.v, current, out=self.v)

    def fire(self) -> None:
        """S = [V ≥ θ]; V ← V − θ s (subtract), or V ← 0 where s = 1 (zero)."""
        v, fired = self.v, self.spikes
        np.greater_equal(v, self.threshold, out=fired)
        if self._to_zero:
            np.copyto(v, 0.0, where=fired)
        elif self._unit:
            np.subtract(v, fired, out=v)
        else:
            np.multiply(fired, self.threshold, out=self._scratch)
            np.subtract(v, self._scratch, out=v)


def scalar_or_full(value: Array, shape: tuple[int, ...]) -> Any:
    """Give one number as a float, anything else at full size: a broadcast inside the loop is slow."""
    return float(value.reshape(())) if value.size == 1 else np.broadcast_to(value, shape).copy()
