"""What of a network the kernel runs, and what is left to NumPy.

A layer of neurons takes the weighted nodes in front of it with it: their currents never leave the registers. A weighted
node that somebody else reads gives its current as numbers.
"""

from dataclasses import dataclass, field

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.event.connections import NotTakenError, Synapses, carried, connect
from snnconv.runtime.neurons.registry import neurons_of
from snnconv.transforms.on_spikes import as_run


@dataclass
class Plan:
    """How a network is run.

    Attributes
    ----------
    capacity : int
        K, the steps of a chunk.
    layers : dict of str to Synapses
        Layers of neurons with all that they read.
    currents : dict of str to Synapses
        Weighted nodes that give their current.
    inside : set of str
        Nodes that are part of a layer.
    bits : set of str
        ``Select`` and ``SumPool`` nodes that the kernel runs.
    reasons : dict of str to str
        Nodes that run in NumPy, and why.
    """

    capacity: int
    layers: dict[str, Synapses] = field(default_factory=dict)
    currents: dict[str, Synapses] = field(default_factory=dict)
    inside: set[str] = field(default_factory=set)
    bits: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)


def make_plan(network: SpikingNetwork, capacity: int) -> Plan:
    """Decide which nodes the kernel runs.

    Parameters
    ----------
    network : SpikingNetwork
        One that the NumPy runtime runs.
    capacity : int
        K, the steps of a chunk.
    """
    network = as_run(network)
    found = network.flows
    plan = Plan(capacity)
    for node in network.nodes:
        if isinstance(node, ir.Neuron):
            _plan_layer(plan, network, found, node)
    for node in network.nodes:
        if node.name in plan.inside or found[node.name].constant:
            continue
        if isinstance(node, ir.Weighted):
            _plan_current(plan, network, found, node)
        elif isinstance(node, ir.Select | ir.SumPool):
            _plan_bits(plan, network, found, node)
        elif isinstance(node, ir.Sum | ir.Concat | ir.Flatten):
            plan.reasons[node.name] = f"a {node.kind} whose result somebody reads"
        elif isinstance(node, ir.MaxPool):
            plan.reasons[node.name] = f"a {node.kind} compares running sums"
    _drop_unread(plan, network)
    return plan


def _plan_layer(plan: Plan, network: SpikingNetwork, found: dict[str, Flow], node: ir.Neuron) -> None:
    if network.incoming[network.readout.name][0].source == node.name and network.readout.ties is ir.Ties.MEMBRANE:
        plan.reasons[node.name] = "the readout asks for its membrane"
        return
    if neurons_of(node).in_kernel(node.rule) is None:
        plan.reasons[node.name] = f"the kernel does not run the rule {node.rule.kind}"
        return
    terms, inside = _terms(network, found, node)
    changing = [term for term in terms if not found[term].constant]
    shared = [term for term in changing if len(network.outgoing[term]) > 1]
    if shared:
        plan.reasons[node.name] = f"it reads {shared[0]}, which others read too"
        return
    weighted = [network.by_name[name] for name in changing]
    beside = _constants(network, found, node)
    try:
        plan.layers[node.name] = _connected(plan, network, found, weighted, node, beside)
    except NotTakenError as reason:
        plan.reasons[node.name] = str(reason)
        return
    plan.inside.update(inside, changing)


def _connected(
    plan: Plan,
    network: SpikingNetwork,
    found: dict[str, Flow],
    weighted: list[ir.Node],
    node: ir.Neuron,
    beside: tuple[ir.Node, ...],
) -> Synapses:
    if beside:
        try:
            return connect(network, found, weighted, node.shape, plan.capacity, beside)
        except NotTakenError:
            pass  # on a grid as fine as that of the constant currents the weights may be too large
    return connect(network, found, weighted, node.shape, plan.capacity)


def _constants(network: SpikingNetwork, found: dict[str, Flow], node: ir.Neuron) -> tuple[ir.Node, ...]:
    """Give the nodes with a grid whose constant currents a layer adds up, itself or the largest of them."""
    sources = [edge.source for edge in network.incoming[node.name] if found[edge.source].constant]
    made_by = [network.by_name[_behind_pools(network, source)] for source in sources]
    return tuple(source for source in made_by if isinstance(source, ir.Weighted) and source.grid is not None)


def _behind_pools(network: SpikingNetwork, name: str) -> str:
    """Give the node whose current is the largest of its windows here; without a pool that is the node itself."""
    while isinstance(network.by_name[name], ir.MaxPoolCurrent):
        name = network.incoming[name][0].source
    return name


def _terms(network: SpikingNetwork, found: dict[str, Flow], node: ir.Neuron) -> tuple[list[str], list[str]]:
    """Give the nodes whose results a layer adds up, and the sums that were taken apart for it."""
    terms, sums = [], []
    for edge in network.incoming[node.name]:
        source = network.by_name[edge.source]
        behind = [e.source for e in network.incoming[edge.source]]
        # taken apart only where all of it changes: a leaky membrane adds a constant on its own
        if (
            isinstance(source, ir.Sum)
            and len(network.outgoing[source.name]) == 1
            and not any(found[name].constant for name in behind)
        ):
            terms += behind
            sums.append(source.name)
        else:
            terms.append(edge.source)
    return terms, sums


def _plan_current(plan: Plan, network: SpikingNetwork, found: dict[str, Flow], node: ir.Node) -> None:
    try:
        plan.currents[node.name] = connect(network, found, [node], node.shape, plan.capacity)
    except NotTakenError as reason:
        plan.reasons[node.name] = str(reason)


def _plan_bits(plan: Plan, network: SpikingNetwork, found: dict[str, Flow], node: ir.Select | ir.SumPool) -> None:
    source = network.incoming[node.name][0].source
    value = carried(found[source])
    if found[source].train:
        plan.reasons[node.name] = f"it reads signed spikes of {source}"
    elif found[source].kind is not Kind.SPIKES or value is None:
        plan.reasons[node.name] = f"it reads {found[source].kind.value} of {source}"
    elif isinstance(node, ir.Select) and node.steps[0] != 1:
        plan.reasons[node.name] = "it takes every so many channels"
    elif isinstance(node, ir.SumPool) and len(node.kernel) != 2:
        plan.reasons[node.name] = f"it pools over {len(node.kernel)} axis"
    elif isinstance(node, ir.SumPool) and value != 1:
        plan.reasons[node.name] = "it sums spikes that carry something else than 1"
    else:
        plan.bits.add(node.name)


def _drop_unread(plan: Plan, network: SpikingNetwork) -> None:
    """Put nodes that only layers looked through inside, where nobody else reads them."""
    taken = set(plan.inside) | set(plan.currents)
    for node in reversed(network.nodes):
        if (
            isinstance(node, ir.Sum | ir.Flatten | ir.SumPool)
            and all(edge.target in taken for edge in network.outgoing[node.name])
            and network.outgoing[node.name]
        ):
            taken.add(node.name)
            plan.inside.add(node.name)
            plan.bits.discard(node.name)
            plan.reasons.pop(node.name, None)
