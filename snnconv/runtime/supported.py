"""What of a network the runtime does not run, found without building anything."""

from collections.abc import Callable

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.neurons.registry import neurons_of
from snnconv.runtime.nodes.operation import check_plain, check_steady
from snnconv.runtime.nodes.registry import check_kind, first_problem
from snnconv.runtime.poisson import check_seed
from snnconv.transforms.on_spikes import as_run


def problems(network: SpikingNetwork, seed: int = 0) -> list[str]:
    """Give the reasons why a network does not run, one for each node at most; none where it does.

    Parameters
    ----------
    network : SpikingNetwork
    seed : int
        Of a Poisson input.
    """
    found: list[str] = []

    def look(check: Callable[[], object]) -> bool:
        try:
            check()
        except NotRunnableError as error:
            found.append(str(error))
        return not found

    look(lambda: first_problem(network))
    look(lambda: as_run(network))
    if network.encoding is ir.Encoding.POISSON:
        look(lambda: check_seed(seed))
    for node in network.nodes:
        look(lambda node=node: _check(network, node))  # type: ignore[misc]
    return found


def _check(network: SpikingNetwork, node: ir.Node) -> None:
    check_plain(node)
    check_kind(node)
    for field, name in node.parameters.items():
        if field not in node.OWN_AXES:
            check_steady(node, name, network.tensors[name])
    if isinstance(node, ir.Neuron):
        neurons_of(node)
