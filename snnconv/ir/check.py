"""The rules that every spiking network keeps, hand-made, converted or read from a file."""

from collections import Counter
from typing import Any

import numpy as np

from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.ir.grid import FLOAT32_BITS
from snnconv.ir.network import SpikingNetwork, topological_order

_GRIDS = 100

DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32")
"""What a tensor of a network may hold."""


def check(network: SpikingNetwork) -> SpikingNetwork:
    """Give the network back if it keeps every rule of the IR.

    Raises
    ------
    NetworkError
        Naming the node, the rule, and found against expected.
    """
    _check_names(network)
    if topological_order(list(network.nodes), list(network.edges)) != network.nodes:
        raise NetworkError("the nodes are not in topological order")
    _check_ends(network)
    preprocessing = network.preprocessing
    if preprocessing is not None and preprocessing.input_shape != network.input.shape:
        raise NetworkError(
            f"the preprocessing makes images of {preprocessing.input_shape}, the Input has {network.input.shape}"
        )
    _check_tensors_are_used(network)
    _check_numbers(network)
    for node in network.nodes:
        _check_node(network, node)
    return network


def _check_names(network: SpikingNetwork) -> None:
    names = Counter(node.name for node in network.nodes)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise NetworkError(f"two nodes have the name {twice[0]}")
    for edge in network.edges:
        for end in (edge.source, edge.target):
            if end not in names:
                raise NetworkError(f"the edge {edge.source} → {edge.target} names the node {end}, which does not exist")


def _check_ends(network: SpikingNetwork) -> None:
    for kind in (ir.Input, ir.Readout):
        count = sum(isinstance(node, kind) for node in network.nodes)
        if count != 1:
            raise NetworkError(f"a network has one {kind.__name__} node, found {count}")
    for node in network.nodes:
        found = len(network.incoming[node.name])
        if node.ONE_INPUT and found != 1:
            raise NetworkError(f"node {node.name}: a {node.kind} has one incoming edge, found {found}")
        if not isinstance(node, ir.Input) and not found:
            raise NetworkError(f"node {node.name}: a {node.kind} needs an incoming edge")
        if isinstance(node, ir.Readout) and network.outgoing[node.name]:
            raise NetworkError(f"node {node.name}: a Readout has no outgoing edge")
    source = network.by_name[network.incoming[network.readout.name][0].source]
    if network.readout.mode is ir.ReadoutMode.SPIKES and not isinstance(source, ir.Neuron):
        raise NetworkError(
            f"node {network.readout.name}: counting spikes needs a Neuron before it, found {source.kind}"
        )
    if len(network.readout.shape) != 1:
        raise NetworkError(f"node {network.readout.name}: a Readout has one axis, found {network.readout.shape}")
    if network.classes is not None and (len(network.classes),) != network.readout.shape:
        raise NetworkError(f"{len(network.classes)} class names for a readout of {network.readout.shape[0]} classes")


def _check_tensors_are_used(network: SpikingNetwork) -> None:
    used = {name for node in network.nodes for name in tensor_names(node)}
    missing = sorted(used - set(network.tensors))
    if missing:
        raise NetworkError(f"the tensor {missing[0]} is named by a node but missing")
    unused = sorted(set(network.tensors) - used)
    if unused:
        raise NetworkError(f"the tensor {unused[0]} belongs to no node")


def _check_numbers(network: SpikingNetwork) -> None:
    """Find what is no number, cut or not finite, by its value; weights are multiplied as float32: finite there too."""
    for name, value in network.tensors.items():
        if value.dtype.name not in DTYPES:
            raise NetworkError(f"the tensor {name} is {value.dtype}, expected one of {', '.join(DTYPES)}")
        if not value.size:
            raise NetworkError(f"the tensor {name} has no numbers: its shape is {value.shape}")
    for node in network.nodes:
        weighted = isinstance(node, ir.Weighted)
        for name in tensor_names(node):
            value = network.tensors[name]
            with np.errstate(over="ignore"):
                run = value.astype(np.float32, copy=False) if weighted else value
            if not np.isfinite(run).all():
                wrong = "NaN, infinity or a number beyond float32" if weighted else "NaN or infinity"
                raise NetworkError(f"node {node.name}: {name} holds {wrong}; mend it")


def tensor_names(node: ir.Node) -> list[str]:
    """Give the names of all tensors that a node uses."""
    others = (getattr(node, field, None) for field in ("source_scale", "grid"))
    return [*node.parameters.values(), *(name for name in others if name is not None)]


def _check_node(network: SpikingNetwork, node: ir.Node) -> None:
    if isinstance(node, ir.Input):
        return
    expected = output_shape(network, node)
    if node.shape != expected:
        raise NetworkError(f"node {node.name}: its shape is {node.shape}, its inputs make {expected}")
    for field, name in node.parameters.items():
        if field not in node.OWN_AXES:
            _check_parameter(network, node, field, network.tensors[name])
    if isinstance(node, ir.Weighted) and node.grid is not None:
        _check_grid(network, node, network.tensors[node.grid])
    if isinstance(node, ir.Neuron):
        _check_neuron(network, node)
    if node.source_scale is not None:
        scale = network.tensors[node.source_scale]
        if scale.shape not in ((), (node.shape[0],)) or not (scale > 0).all():
            raise NetworkError(f"node {node.name}: source_scale must be positive, one or {node.shape[0]} values")


def output_shape(network: SpikingNetwork, node: ir.Node) -> tuple[int, ...]:
    """Compute a node's shape from those of its inputs.

    Raises
    ------
    NetworkError
        If the inputs do not fit the node.
    """
    inputs = network.input_shapes(node)
    for shape in inputs[1:]:
        if node.SUMS_INPUTS and shape != inputs[0]:
            raise NetworkError(f"node {node.name}: summed inputs differ in shape: {inputs[0]} and {shape}")
    weight = network.tensors[node.factor].shape if isinstance(node, ir.Weighted) else ()
    return node.output_shape(inputs, weight)


def _check_parameter(network: SpikingNetwork, node: ir.Node, field: str, value: np.ndarray[Any, Any]) -> None:
    shape = value.shape
    if value.ndim == len(node.shape) + 1:  # a leading step axis
        if shape[0] < network.steps:
            raise NetworkError(f"node {node.name}: {field} has {shape[0]} steps, the network runs {network.steps}")
        shape = shape[1:]
    try:
        broadcast = np.broadcast_shapes(shape, node.shape)
    except ValueError:
        broadcast = ()
    if broadcast != node.shape:
        raise NetworkError(f"node {node.name}: {field} {value.shape} does not broadcast to {node.shape}")


def _check_grid(network: SpikingNetwork, node: ir.Weighted, grid: np.ndarray[Any, Any]) -> None:
    if grid.dtype != np.int16 or grid.shape not in ((), (node.shape[0],)) or (np.abs(grid.astype(int)) > _GRIDS).any():
        raise NetworkError(
            f"node {node.name}: its grid must be int16, one or {node.shape[0]} values from −{_GRIDS} to {_GRIDS}, "
            f"found {grid.dtype} {grid.shape}"
        )
    for field, name in node.parameters.items():
        value = network.tensors[name].astype(np.float64)
        rank = value.ndim if field in node.OWN_AXES else len(node.shape)
        scaled = np.ldexp(value, grid.reshape(-1, *(1,) * (rank - 1)) if grid.ndim else grid)  # (C,) -> (C, 1, 1)
        if (scaled != np.rint(scaled)).any() or (np.abs(scaled) > 2.0**FLOAT32_BITS).any():
            raise NetworkError(f"node {node.name}: {name} is not on its grid, so sums would not be exact")


def _check_neuron(network: SpikingNetwork, node: ir.Neuron) -> None:
    if not (network.tensors[node.threshold] > 0).all():
        raise NetworkError(f"node {node.name}: a threshold must be positive")
    node.rule.check(node.name, network.tensors)
