"""A network as it is run on Poisson input: weights that read the image see spikes of 1 that stand for λ_x.

Weights in the file are those of a constant input. So what reads the train of the image has w · λ_x instead, made once
in float64 and rounded to the node's own grid. That grid was made for sums of w x with |x| ≤ λ_x, and sums of w λ_x over
spikes of −1, 0 and 1 are no larger: they are exact in float64, and in the int32 of the event-driven kernel.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Flow
from snnconv.ir.grid import rounded
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]

_LINEAR = (ir.Select, ir.Flatten, ir.SumPool, ir.Concat, ir.Sum)
_RUN = (ir.Encoding.CONSTANT, ir.Encoding.POISSON)


def as_run(network: SpikingNetwork) -> SpikingNetwork:
    """Give the network whose weights are what its encoding makes of them; with constant input, itself.

    Parameters
    ----------
    network : SpikingNetwork

    Returns
    -------
    SpikingNetwork
        With float64 weights in the nodes that read the Poisson train of the image.

    Raises
    ------
    NotRunnableError
        If the runtime does not run the encoding, or not with this network.
    """
    if network.encoding is ir.Encoding.CONSTANT:
        return network
    if network.encoding not in _RUN:
        known = " or ".join(encoding.value for encoding in _RUN)
        raise NotRunnableError(
            f"the network has the encoding {network.encoding.value}, which the runtime does not run yet; give another: "
            f"{known}"
        )
    amplitude = network.input.amplitude
    if amplitude is None:
        raise NotRunnableError(
            f"node {network.input.name}: no amplitude, so nobody knows what a Poisson spike stands for; "
            "run it with --encoding constant"
        )
    found = network.flows
    tensors = dict(network.tensors)
    nodes = [_as_run(network, found, node, amplitude, tensors) for node in network.nodes]
    return replace(network, nodes=tuple(nodes), tensors=tensors)


def _as_run(
    network: SpikingNetwork, found: dict[str, Flow], node: ir.Node, amplitude: float, tensors: dict[str, Array]
) -> ir.Node:
    trains = [found[edge.source].train for edge in network.incoming[node.name]]
    if not any(trains):
        return node
    if not all(trains):
        raise _refused(node, "adds up Poisson spikes of the image and something else")
    if isinstance(node, ir.Weighted):
        field = "gain" if isinstance(node, ir.Scale) else "weight"
        name = f"{node.name}.{field} on spikes"
        tensors[name] = _on_spikes(network, node, getattr(node, field), amplitude)
        return node.model_copy(update={field: name})
    if not isinstance(node, _LINEAR):
        raise _refused(node, "reads Poisson spikes of the image without weights")
    return node


def _refused(node: ir.Node, what: str) -> NotRunnableError:
    return NotRunnableError(
        f"node {node.name}: a {node.kind} that {what}, which the runtime does not run; run it with --encoding constant"
    )


def _on_spikes(network: SpikingNetwork, node: ir.Weighted, name: str, amplitude: float) -> Array:
    """Give w · λ_x on the node's grid, float64; where it has none the sums are not exact anyway."""
    value: Array = network.tensors[name].astype(np.float64) * amplitude
    if node.grid is None:
        return value
    grid = np.asarray(network.tensors[node.grid], dtype=np.int64)
    axes = len(node.shape) if isinstance(node, ir.Scale) else value.ndim
    return rounded(value, grid.reshape(-1, *(1,) * (axes - 1)) if grid.size > 1 else grid.reshape(()))
