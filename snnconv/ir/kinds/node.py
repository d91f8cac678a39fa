"""What every kind of node is, and the families of kinds that rules speak of."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from snnconv.ir.flow import Flow, Kind
from snnconv.ir.names import Name as Name

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]

Shape = Annotated[tuple[PositiveInt, ...], Field(min_length=1, max_length=3)]
Ints = tuple[NonNegativeInt, ...]
PositiveInts = tuple[PositiveInt, ...]


class NumberType(StrEnum):
    """Number type of a node's weights, bias and state."""

    FLOAT32 = "float32"
    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"


class Node(BaseModel, ABC):
    """A node of a spiking network. It holds names of tensors, never arrays.

    Attributes
    ----------
    PARAMETERS : tuple of str
        The fields of the kind that name parameters; `grid` and `source_scale` name tensors too.
    OWN_AXES : tuple of str
        Those of them that have axes of their own, the first that of the output channels; others broadcast to the shape.
    ONE_INPUT : bool
        Whether exactly one edge enters it.
    SUMS_INPUTS : bool
        Whether what several edges bring is added up, so that it must have one shape.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    PARAMETERS: ClassVar[tuple[str, ...]] = ()
    OWN_AXES: ClassVar[tuple[str, ...]] = ()
    ONE_INPUT: ClassVar[bool] = False
    SUMS_INPUTS: ClassVar[bool] = True

    name: Name
    shape: Shape
    """Output shape of one image, channels first: (C, H, W), (C, L) or (F,)."""
    number_type: NumberType = NumberType.FLOAT32
    source: Name | None = None
    """The ONNX tensor that this node's output stands for."""
    source_scale: Name | None = None
    """Tensor λ (C,) or (): the ONNX tensor is λ times this node's output."""

    if TYPE_CHECKING:

        @property
        def kind(self) -> str:
            """The name of the kind; each kind has its own as a field."""
            ...

    @property
    def parameters(self) -> dict[str, str]:
        """The tensors that its parameters name, by field."""
        return {field: name for field in self.PARAMETERS if (name := getattr(self, field)) is not None}

    @abstractmethod
    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Compute the node's shape.

        Parameters
        ----------
        inputs : sequence of tuple of int
            The shapes of its incoming edges, in order, channels first.
        weight : tuple of int
            The shape of its weight; () where it has none.

        Raises
        ------
        NetworkError
            If the inputs do not fit the node.
        """

    @abstractmethod
    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say what the node gives to its readers.

        Parameters
        ----------
        network : SpikingNetwork
        inputs : sequence of Flow
            What its incoming edges carry, in order.

        Raises
        ------
        NetworkError
            If it cannot read them.
        """


class Weighted(Node):
    """A node with weights: it gives a current, and each spike that it reads causes synaptic operations."""

    grid: Name | None = None
    """Tensor q, () or (C,) int16: weights and biases are multiples of 2^-q. None where sums are not exact."""

    @property
    @abstractmethod
    def factor(self) -> str:
        """The name of the parameter that what comes in is multiplied by."""

    @property
    @abstractmethod
    def addend(self) -> str | None:
        """The name of the parameter that is added in each step; None where there is none."""

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say that it gives a current."""
        return Flow(Kind.CURRENT, constant=all(flow.constant for flow in inputs))

    @abstractmethod
    def fan_out(self, weight: Sizes, shape: Sizes) -> tuple[int, list[Array]]:
        """Give the synapses that read a position of the node's input, as a product.

        Parameters
        ----------
        weight : tuple of int
            The shape of its weight.
        shape : tuple of int
            The shape of its input, channels first.

        Returns
        -------
        each : int
            Outputs that a window and tap lead to.
        along : list of ndarray int64
            Windows and taps that read each position along each axis; empty where every position is read once.
        """

    @abstractmethod
    def synapses(self, weight: Array, shape: Sizes) -> Array:
        """Give, for each position of the node's input, the synapses whose weight is not 0; taps on padding left out.

        Parameters
        ----------
        weight : ndarray
            What `factor` names.
        shape : tuple of int
            The shape of its input, channels first.

        Returns
        -------
        ndarray int64
            Of the input's shape, channels last.
        """

    @abstractmethod
    def times(self, weight: Array, current: Array) -> Array:
        """Give what the weights make of a map of numbers: for counting, not for running.

        Parameters
        ----------
        weight : ndarray float64
            What `factor` names.
        current : ndarray float64
            Channels first.
        """


class Passive(Node):
    """A node without weights and without neurons: it moves, joins or adds up what comes in.

    Attributes
    ----------
    LINEAR : bool
        Whether spikes of the image's Poisson train keep their meaning on the way through it.
    MOVES_CHANNELS : bool
        Whether its channels are others than those of its inputs.
    """

    LINEAR: ClassVar[bool] = True
    MOVES_CHANNELS: ClassVar[bool] = False

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say that spikes stay spikes, and currents currents."""
        return passed_on(inputs)

    @abstractmethod
    def carried(self, inputs: Sequence[Array]) -> Array:
        """Give what it makes of maps of numbers, channels first: for counting, not for running."""

    def reached(self, inputs: Sequence[Array]) -> Array:
        """Give how often its places are reached, from how often those of its inputs are."""
        return self.carried(inputs)


def passed_on(inputs: Sequence[Flow]) -> Flow:
    """Give the flow of values that are moved or joined and stay what they are."""
    constant = all(flow.constant for flow in inputs)
    train = all(flow.train for flow in inputs)
    if any(flow.kind is Kind.CURRENT for flow in inputs):
        return Flow(Kind.CURRENT, constant=constant, train=train)
    graded = any(flow.kind is Kind.GRADED for flow in inputs)
    carried = {flow.carries for flow in inputs}
    one = carried.pop() if len(carried) == 1 else None
    least, largest = min(flow.least for flow in inputs), max(flow.largest for flow in inputs)
    return Flow(Kind.GRADED if graded else Kind.SPIKES, constant, least, largest, one, train)


def added_up(inputs: Sequence[Flow], times: float = 1.0) -> Flow:
    """Give the flow of a sum of values, each `times` times: graded spikes, or a current."""
    constant = all(flow.constant for flow in inputs)
    train = all(flow.train for flow in inputs)
    if any(flow.kind is Kind.CURRENT for flow in inputs):
        return Flow(Kind.CURRENT, constant=constant, train=train)
    least, largest = sum(flow.least for flow in inputs) * times, sum(flow.largest for flow in inputs) * times
    return Flow(Kind.GRADED, constant, least, largest, train=train)
