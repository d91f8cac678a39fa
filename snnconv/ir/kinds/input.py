"""``Input``: the image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from snnconv.choices import Encoding
from snnconv.ir.codes import signed_rate
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.kinds.node import Node, Sizes

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork


class Input(Node):
    """The image: a constant current, a Poisson train of signed spikes, or event frames."""

    kind: Literal["Input"] = "Input"
    amplitude: Annotated[float, Field(gt=0)] | None = None
    """λ_x: what one Poisson spike carries, in the unit of the preprocessed image."""

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give its own: it is where shapes come from."""
        return self.shape

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say how the image enters."""
        if network.encoding is Encoding.POISSON:
            least, largest = signed_rate.CODE.bound()
            return Flow(Kind.SPIKES, constant=False, least=least, largest=largest, train=True)
        return Flow(Kind.CURRENT, constant=network.encoding is Encoding.CONSTANT)
