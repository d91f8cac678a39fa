"""The networks between the ONNX model and a spiking network: one imperfection more in each.

What a network has beyond plain ReLUs is taken out of it again, one part at a time:

    as it is → weights without ζ → constant input → reset by subtraction → V(0) = 0 → classes by their current, not
    their spikes → λ that the activations use → ReLUs clipped at λ → ReLUs → shortcuts of λ_in/λ_out → the model

Read backwards this is a ladder from the ONNX model to the network, and two neighbours differ in one thing only. A
part that a network does not have makes no stage of its own. ζ comes last: it was chosen for the network with all the
others, and may be far too strong without one of them.
"""

from dataclasses import dataclass

from snnconv.diagnosis.model import PartName
from snnconv.ir.network import SpikingNetwork
from snnconv.transforms.constant_input import constant_input
from snnconv.transforms.from_rest import from_rest
from snnconv.transforms.reset_by_subtraction import reset_by_subtraction
from snnconv.transforms.uncompensated import uncompensated


@dataclass(frozen=True)
class SpikingStage:
    """A network that is simulated, and what it has beyond the one before it."""

    last: PartName
    network: SpikingNetwork


def spiking_stages(network: SpikingNetwork) -> tuple[SpikingStage, ...]:
    """Give the spiking networks, from the one with nothing but T steps to the network as it is.

    Parameters
    ----------
    network : SpikingNetwork

    Returns
    -------
    tuple of SpikingStage
        The last one holds `network` itself.
    """
    stages: list[SpikingStage] = []
    for part, without in (
        (PartName.COMPENSATION, uncompensated),
        (PartName.ENCODING, constant_input),
        (PartName.RESET, reset_by_subtraction),
        (PartName.INITIAL, from_rest),
    ):
        simpler = without(network)
        if simpler is not None:
            stages.append(SpikingStage(part, network))
            network = simpler
    stages.append(SpikingStage(PartName.STEPS, network))
    return tuple(reversed(stages))
