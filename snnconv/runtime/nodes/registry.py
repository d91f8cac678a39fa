"""Which operation runs which node kind."""

from collections.abc import Callable
from functools import cache

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.parts import merged
from snnconv.runtime.nodes.operation import Operation, Site

Build = Callable[[Site], Operation]


@cache
def operations() -> dict[str, Build]:
    """Give what builds the operation of each kind: ``OPERATIONS`` of the modules of this folder."""
    return merged("snnconv.runtime.nodes", "OPERATIONS")


# Neuron, Input and Readout are the program's own: a ReLU may stand in the place of one, the others face the outside
RUN_BY_THE_PROGRAM = ("Input", "Neuron", "Readout")


def build(site: Site) -> Operation:
    """Build the operation of a node.

    Raises
    ------
    NotRunnableError
        If the runtime does not run this kind, or a parameter of it.
    """
    check_kind(site.node)
    return operations()[site.node.kind](site)


def check_kind(node: ir.Node) -> None:
    """Refuse a kind that nothing runs.

    Raises
    ------
    NotRunnableError
    """
    known = (*operations(), *RUN_BY_THE_PROGRAM)
    if node.kind not in known:
        names = ", ".join(sorted(known))
        raise NotRunnableError(f"node {node.name}: a {node.kind}, which the runtime does not run yet; it runs {names}")


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
