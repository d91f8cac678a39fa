"""What a method gives."""

from dataclasses import dataclass, replace
from typing import Any

from snnconv.conversion.records import Record
from snnconv.conversion.scales import Scaling
from snnconv.ir.network import SpikingNetwork


@dataclass(frozen=True)
class Converted:
    """A network, and what was found on the way.

    Attributes
    ----------
    network : SpikingNetwork
    scales : Scaling or None
        λ of its layers where they are not the calibration's percentiles: its normalised twin has them too.
    record : Record or None
        What a search found.
    """

    network: SpikingNetwork
    scales: Scaling | None = None
    record: Record | None = None


def noted(network: SpikingNetwork, found: dict[str, Any]) -> SpikingNetwork:
    """Give the network with what a method found beside the options in its provenance."""
    provenance = network.provenance
    return replace(network, provenance=provenance.model_copy(update={"options": provenance.options | found}))
