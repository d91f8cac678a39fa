"""Which operation runs which node kind."""

from collections.abc import Callable

from snnconv.errors import NotRunnableError
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.nodes.conv import Conv
from snnconv.runtime.nodes.dense import Dense
from snnconv.runtime.nodes.flatten import Flatten
from snnconv.runtime.nodes.junction import Concat, Sum
from snnconv.runtime.nodes.maxpool import MaxPoolCurrent, max_pool_gate
from snnconv.runtime.nodes.operation import Operation, Site
from snnconv.runtime.nodes.scale import Scale
from snnconv.runtime.nodes.select import Select
from snnconv.runtime.nodes.sumpool import SumPool

# Neuron, Input and Readout are the program's own: a ReLU may stand in the place of one, the others face the outside
OPERATIONS: dict[str, Callable[[Site], Operation]] = {
    "Conv": Conv,
    "Dense": Dense,
    "Scale": Scale,
    "Sum": Sum,
    "SumPool": SumPool,
    "Select": Select,
    "Flatten": Flatten,
    "Concat": Concat,
    "MaxPoolGate": max_pool_gate,
    "MaxPoolCurrent": MaxPoolCurrent,
}

RUN_BY_THE_PROGRAM = ("Input", "Neuron", "Readout")


def build(site: Site) -> Operation:
    """Build the operation of a node.

    Raises
    ------
    NotRunnableError
        If the runtime does not run this kind, or a parameter of it.
    """
    kind = site.node.kind
    if kind not in OPERATIONS:
        known = ", ".join(sorted((*OPERATIONS, *RUN_BY_THE_PROGRAM)))
        raise NotRunnableError(f"node {site.node.name}: a {kind}, which the runtime does not run yet; it runs {known}")
    return OPERATIONS[kind](site)


def first_problem(network: SpikingNetwork) -> None:
    """Refuse what no node alone shows.

    Raises
    ------
    NotRunnableError
    """
    for edge in network.edges:
        if edge.delay:
            raise NotRunnableError(
                f"the edge {edge.source} → {edge.target} has a delay of {edge.delay} steps, "
                "which the runtime does not run yet"
            )
