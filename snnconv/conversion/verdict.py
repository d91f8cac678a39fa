"""What a conversion makes of every ONNX node: spiking, exact, approximate, or not supported.

The spiking network is built with nominal λ, since its nodes do not depend on the calibration. So a model can be
judged before any image is run, by the same code that converts it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from snnconv import passes
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.propagate import propagate
from snnconv.graph import graph as ann
from snnconv.graph.reading.reader import Fate, Finding, Survey
from snnconv.ir import nodes as ir
from snnconv.ir.builder import Builder
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.manifest import Provenance
from snnconv.ir.network import SpikingNetwork, topological_order

Array = np.ndarray[Any, Any]


class Verdict(StrEnum):
    """How a node is carried over."""

    SPIKING = "spiking"
    """It becomes neurons: their rates tend to its activations."""
    EXACT = "exact"
    """Synapses, sums or wiring that compute what it computes."""
    APPROXIMATE = "approximate"
    """It computes something else that tends to the same, or nearly."""
    LEFT_OUT = "left out"
    """It stands behind the network's output."""
    REFUSED = "not supported"


@dataclass(frozen=True)
class Judgement:
    """What is said of an ONNX node.

    Attributes
    ----------
    name, op : str
        Of the ONNX node.
    verdict : Verdict
    how : str
        What becomes of it, or why nothing does and what to change.
    """

    name: str
    op: str
    verdict: Verdict
    how: str


class NominalScaling:
    """A λ near 1 for every value, each another: equal ones would save nodes that a conversion needs."""

    def __init__(self, graph: ann.Graph) -> None:
        self._graph = graph
        self._known: dict[str, float] = {}

    def of(self, value: str, *, shared: bool = False) -> Array:
        """Give λ of a value, (C,)."""
        del shared
        scale = self._known.setdefault(value, 1 + 2.0**-20 * (1 + len(self._known)))
        return np.full(self._graph.shape_of(value)[0], scale)


@dataclass(frozen=True)
class Draft:
    """A spiking network as the conversion would build it, with nominal λ and weights that are not rounded.

    Attributes
    ----------
    graph : Graph
        After the passes.
    network : SpikingNetwork
    origins : mapping of str to str
        The graph's node that each node of the network belongs to.
    """

    graph: ann.Graph
    network: SpikingNetwork
    origins: Mapping[str, str]


def draft(graph: ann.Graph, options: ConversionOptions) -> Draft:
    """Build a network without a calibration.

    Parameters
    ----------
    graph : Graph
        As it was read.
    options : ConversionOptions
        Readout and form of max pooling decide which nodes there are.

    Raises
    ------
    ModelError
        If a part of the model has no spiking form.
    """
    after = passes.run(graph, passes.pipeline(options.max_pooling))
    built: Builder = propagate(after, NominalScaling(after), options, 1.0)
    network = SpikingNetwork(
        nodes=topological_order(built.nodes, built.edges),
        edges=tuple(built.edges),
        tensors=built.tensors,
        steps=options.steps,
        provenance=Provenance(tool="", method=options.preset.value, options={}, citations=()),
    )
    return Draft(after, network, built.origins)


def judge(found: Survey, made: Draft | None) -> tuple[Judgement, ...]:
    """Say of every ONNX node what becomes of it.

    Parameters
    ----------
    found : Survey
        Of the model.
    made : Draft, optional
        None where the model cannot be converted: then nodes that could be are not told apart.
    """
    groups: dict[str, list[ir.Node]] = {}
    flowing: dict[str, Flow] = {}
    if made is not None:
        flowing = made.network.flows
        for node in made.network.nodes:
            groups.setdefault(made.origins[node.name], []).append(node)
    return tuple(_judgement(finding, made, groups, flowing) for finding in found.findings)


def _judgement(
    finding: Finding, made: Draft | None, groups: Mapping[str, list[ir.Node]], flowing: Mapping[str, Flow]
) -> Judgement:
    verdict, how = Verdict.EXACT, "passes its input on"
    if finding.fate is Fate.REFUSED:
        verdict, how = Verdict.REFUSED, finding.why
    elif finding.fate is Fate.LEFT_OUT:
        verdict, how = Verdict.LEFT_OUT, finding.why
    elif finding.fate is Fate.READ and made is None:
        how = "can be read"
    elif finding.fate is Fate.READ and made is not None:
        kept = [node for node in made.graph.nodes if node.name == finding.name or _belongs(node, finding)]
        if kept:
            verdict, how = _of_nodes([node for origin in kept for node in groups.get(origin.name, ())], made, flowing)
        else:
            how = _folded(finding, made.graph)
    return Judgement(finding.name, finding.op, verdict, how)


def _belongs(node: ann.Node, finding: Finding) -> bool:
    """Say whether a node was made of an ONNX node beside the one that has its name."""
    return node.output in finding.outputs and node.name.startswith(f"{finding.name}/")


def _folded(finding: Finding, graph: ann.Graph) -> str:
    for value in finding.outputs:
        maker = graph.producer(value)
        if maker is not None:
            return f"folded into {maker.name}"
    return "one with what reads it"


def _of_nodes(nodes: list[ir.Node], made: Draft, flowing: Mapping[str, Flow]) -> tuple[Verdict, str]:
    """Judge an ONNX node by the nodes of the network that stand for it."""
    neurons = [node for node in nodes if isinstance(node, ir.Neuron)]
    for node in nodes:
        if isinstance(node, ir.MaxPoolGate):
            return Verdict.APPROXIMATE, "gate: the spikes of the neuron with the highest count so far pass"
        if isinstance(node, ir.MaxPoolCurrent):
            if flowing[node.name].constant:
                return Verdict.EXACT, "largest of constant currents, once an image"
            what = "currents" if flowing[node.name].kind is Kind.CURRENT else "spike counts"
            return Verdict.APPROXIMATE, f"largest running sum of {what}: exact as T grows"
    if neurons:
        count = sum(int(np.prod(node.shape)) for node in neurons)
        capped = made.graph.producer(neurons[0].source or "")
        cap = capped.cap if isinstance(capped, ann.Relu) else None
        return Verdict.SPIKING, f"{count:,} IF neurons" + ("" if cap is None else f", λ at most {cap:g}")
    for node in nodes:
        if isinstance(node, ir.Weighted):
            sources = [flowing[edge.source] for edge in made.network.incoming[node.name]]
            if all(flow.kind is not Kind.CURRENT for flow in sources):
                return Verdict.EXACT, "synapses"
            if all(flow.constant for flow in sources):
                return Verdict.EXACT, "multiplies a constant current, once an image"
            return Verdict.EXACT, "multiplies a current at every step, not spikes"
    return Verdict.EXACT, "summed in the membrane" if not nodes else "wiring"
