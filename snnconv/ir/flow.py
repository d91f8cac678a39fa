"""What flows along the edges: spikes, graded spikes or currents, and what of it is constant in time.

Nothing in the file declares it: it follows from the node that made it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork


class Kind(StrEnum):
    """Kind of a value between two nodes."""

    SPIKES = "spikes"
    GRADED = "graded spikes"
    CURRENT = "current"


@dataclass(frozen=True)
class Flow:
    """What a node gives to its readers.

    Attributes
    ----------
    kind : Kind
        Spikes, graded spikes or current.
    constant : bool
        Whether it is the same at every step.
    least, largest : float
        Between what a spike or graded spike lies, zero included; NaN for a current, whose size depends on the data.
    carries : float or None
        What every spike carries, where that is one number; None where spikes differ or are signed, and for all else.
    train : bool
        Whether it is the Poisson train of the image, or spikes moved or added up from it alone: signed, and each
        stands for λ_x, so that weights that read it are w · λ_x. One spike is one synaptic operation per synapse.
    """

    kind: Kind
    constant: bool
    least: float = float("nan")
    largest: float = float("nan")
    carries: float | None = None
    train: bool = False

    @property
    def narrow(self) -> bool:
        """Whether sums of it fit in float32; weights of the train of the image are on the grid of a current."""
        return self.kind is Kind.SPIKES and not self.train


def flows(network: SpikingNetwork) -> dict[str, Flow]:
    """Give the flow out of every node, by node name.

    Raises
    ------
    NetworkError
        If a ``MaxPoolGate`` reads something else than spikes.
    """
    result: dict[str, Flow] = {}
    for node in network.nodes:
        inputs = [result[edge.source] for edge in network.incoming[node.name]]
        result[node.name] = _flow(network, node, inputs)
    return result


def _flow(network: SpikingNetwork, node: ir.Node, inputs: list[Flow]) -> Flow:
    constant = bool(inputs) and all(flow.constant for flow in inputs)
    match node:
        case ir.Input():
            if network.encoding is ir.Encoding.CONSTANT:
                return Flow(Kind.CURRENT, constant=True)
            if network.encoding is ir.Encoding.POISSON:
                return Flow(Kind.SPIKES, constant=False, least=-1.0, largest=1.0, train=True)
            return Flow(Kind.CURRENT, constant=False)
        case ir.Neuron():
            value = network.tensor(node.spike_value, 1.0)
            least, largest = min(0.0, float(value.min())), max(0.0, float(value.max()))
            if node.signed:
                least, largest = min(least, -largest), max(largest, -least)
            one = not node.signed and float(value.min()) == float(value.max())
            return Flow(Kind.SPIKES, False, least, largest, float(value.min()) if one else None)
        case ir.MaxPoolGate():
            if inputs[0].kind is not Kind.SPIKES:
                raise NetworkError(
                    f"node {node.name}: a MaxPoolGate reads spikes, found {inputs[0].kind.value} of "
                    f"{network.incoming[node.name][0].source}; a MaxPoolCurrent takes them"
                )
            return inputs[0]
        case ir.MaxPoolCurrent():
            # largest sums of equal spikes grow by one spike or none; of spikes that differ by anything between them
            graded = inputs[0].kind is Kind.SPIKES and inputs[0].carries is None
            return replace(inputs[0], kind=Kind.GRADED) if graded else inputs[0]
        case ir.Sum() | ir.Concat() | ir.Select() | ir.Flatten() | ir.SumPool():
            return replace(_passed_on(node, inputs, constant), train=all(flow.train for flow in inputs))
        case _:
            return Flow(Kind.CURRENT, constant=constant)


def _passed_on(node: ir.Node, inputs: list[Flow], constant: bool) -> Flow:
    if any(flow.kind is Kind.CURRENT for flow in inputs):
        return Flow(Kind.CURRENT, constant=constant)
    least, largest = [flow.least for flow in inputs], [flow.largest for flow in inputs]
    if isinstance(node, ir.SumPool):
        size = float(np.prod(node.kernel))
        return Flow(Kind.GRADED, constant, least[0] * size, largest[0] * size)
    if isinstance(node, ir.Sum):
        return Flow(Kind.GRADED, constant, sum(least), sum(largest))
    graded = any(flow.kind is Kind.GRADED for flow in inputs)
    carried = {flow.carries for flow in inputs}
    one = carried.pop() if len(carried) == 1 else None
    return Flow(Kind.GRADED if graded else Kind.SPIKES, constant, min(least), max(largest), one)
