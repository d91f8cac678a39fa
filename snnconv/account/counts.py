"""What is counted: synaptic operations by the real fan-out of each spike, and dense operations.

    SynOps = Σ_i s_i F_i,   F = (C_out / groups) · outer(t_y, t_x),   t_x[i] = #{(o, k): o·S + k·d − P = i}

with s_i the value of the spikes at input i in one step: borders, stride, dilation and groups are counted exactly, a
graded spike by its value. A weighted node that reads a current makes dense multiply-accumulates instead; they are
counted by the same rule, so taps that fall on padding are left out.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]


def fan_out_by_axis(network: SpikingNetwork, node: ir.Weighted) -> tuple[int, list[Array]]:
    """Give the synapses that read a position of a node's input as a product; see `Weighted.fan_out`."""
    return node.fan_out(network.tensors[node.factor].shape, network.input_shapes(node)[0])


def fan_out(network: SpikingNetwork, node: ir.Weighted) -> Array:
    """Give how many synapses of a node read each position of its input.

    Returns
    -------
    ndarray int64
        (H, W) for a ``Conv``: the same for each channel; () for ``Dense`` and ``Scale``.
    """
    each, along = fan_out_by_axis(network, node)
    result = np.asarray(each)
    for axis in along:
        result = result[..., None] * axis
    return result


def nonzero_fan_out(network: SpikingNetwork, node: ir.Weighted) -> Array:
    """Give, for each position of a node's input, the synapses whose weight is not 0: the fan-out of NeuroBench.

    Unlike `fan_out` it differs from channel to channel.

    Returns
    -------
    ndarray int64
        Of the input's shape, channels last.
    """
    return node.synapses(np.asarray(network.tensors[node.factor]), network.input_shapes(node)[0])


@dataclass(frozen=True)
class DenseOps:
    """Multiply-accumulates of one weighted node for one image and one evaluation.

    Attributes
    ----------
    macs : int
        Taps that fall on padding left out.
    padded_macs : int
        All taps, as most papers count.
    reads_current : bool
        Whether the spiking network makes them too: the node reads a current.
    constant : bool
        Whether that current is constant, so that once per image is enough.
    of_ann : bool
        Whether the ReLU network makes them: a ``Scale`` is normalisation, or a BatchNorm that could not be folded.
    """

    macs: int
    padded_macs: int
    reads_current: bool
    constant: bool
    of_ann: bool


def macs_of(network: SpikingNetwork, node: ir.Weighted) -> tuple[int, int]:
    """Give the multiply-accumulates of one evaluation: taps on padding left out, and all taps.

    It is also how many synaptic operations one spike at every input causes.
    """
    shape = network.input_shapes(node)[0]
    spread = fan_out(network, node)
    macs = int(spread.sum()) * shape[0] if spread.ndim else int(spread) * prod(shape)
    per_output = 1 if isinstance(node, ir.Scale) else prod(network.tensors[node.factor].shape[1:])
    return macs, prod(node.shape) * per_output


def dense_ops(network: SpikingNetwork) -> dict[str, DenseOps]:
    """Give the dense operations of every weighted node but a ``Scale`` fed by spikes, by node name.

    For nodes that read spikes these are what the ReLU network does in their place.
    """
    found = network.flows
    result = {}
    for node in network.nodes:
        if not isinstance(node, ir.Weighted):
            continue
        sources = [found[edge.source] for edge in network.incoming[node.name]]
        reads_current = any(flow.kind is Kind.CURRENT for flow in sources)
        if isinstance(node, ir.Scale) and not reads_current:
            continue
        constant = all(flow.constant for flow in sources)
        macs, padded = macs_of(network, node)
        result[node.name] = DenseOps(macs, padded, reads_current, constant, of_ann=not isinstance(node, ir.Scale))
    return result
