"""``Readout``: the end of the network."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import NonNegativeInt

from snnconv.choices import ReadoutMode
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.kinds.node import Node, Sizes

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork


class Ties(StrEnum):
    """What decides between classes of equal spike counts: the membrane, or the lower index."""

    MEMBRANE = "membrane"
    INDEX = "index"


class Readout(Node):
    """The end of the network: accumulates current or counts spikes, from step `start` on."""

    ONE_INPUT: ClassVar[bool] = True

    kind: Literal["Readout"] = "Readout"
    mode: ReadoutMode
    ties: Ties = Ties.MEMBRANE
    start: NonNegativeInt = 0

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give the shape of its input."""
        return inputs[0]

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say that it adds up: nobody reads it."""
        return Flow(Kind.CURRENT, constant=inputs[0].constant)
