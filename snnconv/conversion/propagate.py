"""Scale propagation: the ReLU network becomes a spiking network that computes the same, divided by λ.

Every value x of the ReLU network has a scale λ over its channels, and the spiking network carries x/λ. For a weighted
layer y = Σₖ Aₖ xₖ + b that neurons read,

    A′ₖ = diag(1/λ_y) Aₖ diag(λₖ),   b′ = b/λ_y,   threshold 1,

which is Eq. 2 for one input and Eq. 4 for a residual block. An identity shortcut is the case A = 1: a synapse of weight
λ_in/λ_out (Eq. 5-6). `Shortcut` has two other weights, which published networks have and which are not exact. A mean
over k² pixels is a sum whose λ is k² times smaller. A current with several readers stays in the ReLU network's own
units and is scaled where it is read.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, sections 3.1 and 3.2, Eq. 2-6.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnconv.choices import Granularity, MaxPooling, Shortcut
from snnconv.conversion.names import check_names
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.scales import Scaling
from snnconv.errors import ModelError
from snnconv.graph import graph as ann
from snnconv.ir import nodes as ir
from snnconv.ir.builder import Builder, LayerScale, broadcast, over_pixels

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Carried:
    """How the spiking network carries a value x: the nodes' outputs sum to x/λ.

    Attributes
    ----------
    nodes : tuple of str
    scale : ndarray (C,)
        λ.
    current : bool
        Real numbers, not spikes.
    graded : bool
        Sums of spikes.
    spike : float or None
        λ of the neurons whose spikes these are, or are made of; None where they differ. 1 for the image.
    """

    nodes: tuple[str, ...]
    scale: Array
    current: bool
    graded: bool = False
    spike: float | None = None

    @property
    def portion(self) -> Array | float:
        """What of a spike one unit of the value is: 1/k² of a mean over k² pixels."""
        return 1.0 if self.spike is None else self.scale / self.spike


def propagate(graph: ann.Graph, scales: Scaling, options: ConversionOptions, amplitude: float) -> Builder:
    """Build the spiking network, its weights not yet rounded.

    Parameters
    ----------
    graph : Graph
        With BatchNorm folded.
    scales : Scales
        λ of each layer of neurons.
    options : ConversionOptions
        Shortcut, readout and initial potential.
    amplitude : float
        λ_x, the largest magnitude of a preprocessed input.

    Returns
    -------
    Builder
        Nodes, edges and float64 tensors, from the input to the readout.

    Raises
    ------
    ModelError
        If a value of the network is used in a way that has no spiking form.
    """
    check_names(graph)
    return _Propagation(graph, scales, options).run(amplitude)


class _Propagation:
    def __init__(self, graph: ann.Graph, scales: Scaling, options: ConversionOptions) -> None:
        self._graph = graph
        self._scales = scales
        self._options = options
        self._spiking_ends = options.readout is ir.ReadoutMode.SPIKES
        self._out = Builder()
        self._carried: dict[str, Carried] = {}
        self._targets: dict[str, Array] = {}

    def run(self, amplitude: float) -> Builder:
        graph = self._graph
        image = ir.Input(name=graph.input, shape=graph.input_shape, amplitude=amplitude, source=graph.input)
        self._out.add(image, ())
        self._carried[graph.input] = Carried((image.name,), np.ones(graph.input_shape[0]), current=True, spike=1.0)
        for node in graph.nodes:
            self._out.origin = node.name
            self._carried[node.output] = self._convert(node)
        self._readout()
        if not any(isinstance(node, ir.Neuron | ir.Weighted) for node in self._out.nodes):
            raise ModelError(
                f"{graph.name} has no layer with weights and no ReLU, so there is nothing to convert; "
                "give a network that has some"
            )
        return self._out

    def _convert(self, node: ann.Node) -> Carried:
        match node:
            case ann.Conv() | ann.Dense():
                return self._weighted(node)
            case ann.Affine():
                return self._affine(node)
            case ann.Add():
                return self._add(node)
            case ann.Relu():
                return self._relu(node)
            case ann.AveragePool():
                return self._average_pool(node)
            case ann.MaxPool():
                return self._max_pool(node)
            case ann.Concat():
                return self._concat(node)
            case ann.Select():
                return self._select(node)
            case ann.Flatten():
                return self._flatten(node)
            case _:
                raise ModelError(f"{type(node).__name__} {node.name} has no spiking form after the passes")

    def _target(self, value: str) -> Array:
        """Give λ in which a current is made: that of the one ReLU that it reaches through sums and pools, else 1."""
        chain = []
        while value not in self._targets:
            chain.append(value)
            readers = self._graph.readers(value)
            if value == self._graph.output:
                ends = self._spiking_ends and not readers
                self._targets[value] = self._scales.of(value, shared=True) if ends else self._ones(value)
            elif len(readers) == 1 and isinstance(readers[0], ann.Relu):
                self._targets[value] = self._relu_scale(readers[0])
            elif len(readers) == 1 and isinstance(readers[0], ann.Add | ann.MaxPool):
                value = readers[0].output
            else:
                self._targets[value] = self._ones(value)
        self._targets |= dict.fromkeys(chain, self._targets[value])
        return self._targets[value]

    def _ones(self, value: str) -> Array:
        return np.ones(self._graph.shape_of(value)[0])

    def _relu_scale(self, node: ann.Relu) -> Array:
        """Give λ of a ReLU: its percentile, and at most its cap."""
        scale = self._scales.of(node.output)
        return scale if node.cap is None else np.minimum(scale, node.cap)

    def _source(self, value: str) -> str | None:
        """Give the name of a value of the ONNX model, where it is known there."""
        return self._graph.known_as(value)

    def _weighted(self, node: ann.Conv | ann.Dense) -> Carried:
        x, target = self._carried[node.inputs[0]], self._target(node.output)
        name = self._out.name(node.name)
        bias = over_pixels(node.bias / target, len(node.shape))
        tensors = {"bias": bias} if node.bias.any() else {}
        tensors["source_scale"] = broadcast(target, 1)
        common: dict[str, Any] = {
            "name": name,
            "shape": node.shape,
            "weight": f"{name}.weight",
            "bias": f"{name}.bias" if "bias" in tensors else None,
            "source": self._source(node.output),
            "source_scale": f"{name}.source_scale",
        }
        if isinstance(node, ann.Dense):
            tensors["weight"] = node.weight * x.scale / target[:, None]
            self._out.add(ir.Dense(**common), x.nodes, **tensors)
        else:
            # λ of the input channels that each output channel reads: (O, I/groups, 1, 1)
            scale = x.scale.reshape(node.groups, -1).repeat(len(target) // node.groups, axis=0)[:, :, None, None]
            tensors["weight"] = node.weight * scale / target[:, None, None, None]
            self._out.add(
                ir.Conv(
                    **common,
                    strides=node.strides,
                    pads=node.pads,
                    dilations=node.dilations,
                    groups=node.groups,
                ),
                x.nodes,
                **tensors,
            )
        return Carried((name,), target, current=True, spike=x.spike)

    def _affine(self, node: ann.Affine) -> Carried:
        x, target = self._carried[node.inputs[0]], self._target(node.output)
        rank = len(node.shape)
        wide = over_pixels(target, rank)
        gain = node.gain * over_pixels(x.scale, rank) / wide
        name = self._scaled(node.name, node.shape, x.nodes, gain, node.offset / wide)
        return Carried((name,), target, current=True, spike=x.spike)

    def _add(self, node: ann.Add) -> Carried:
        target = self._target(node.output)
        parts = [self._carried[value] for value in node.inputs]
        path = _one(part.spike for part in parts if part.current)
        summands: list[str] = []
        # a sum of several readers stays as the model has it, so it may add up what others read too
        several = len(self._graph.readers(node.output)) > 1
        for value, x in zip(node.inputs, parts, strict=True):
            if x.current and np.array_equal(x.scale, target) and (several or not self._is_shared(value)):
                summands += x.nodes
                continue
            gain = x.scale / target
            if self._as_path(x, path):
                gain = x.portion * np.full_like(target, path) / target
            elif not x.current and self._options.shortcut is Shortcut.UNNORMALISED:
                gain = x.portion * np.ones_like(gain)
            summands.append(self._scaled(f"{node.name}/shortcut", node.shape, x.nodes, gain))
        if several or len(set(summands)) < len(summands):
            name = self._out.name(node.name)
            source = self._source(node.output)
            summed = ir.Sum(name=name, shape=node.shape, source=source, source_scale=f"{name}.source_scale")
            self._out.add(summed, summands, source_scale=broadcast(target, 1))
            summands = [name]
        spike = _one(path if self._as_path(part, path) else part.spike for part in parts)
        return Carried(tuple(summands), target, current=True, spike=spike)

    def _is_shared(self, value: str) -> bool:
        """Say whether a current has several readers: what one of them multiplies must not reach the others."""
        return self._carried[value].current and len({node.output for node in self._graph.readers(value)}) > 1

    def _as_path(self, x: Carried, path: float | None) -> bool:
        """Say whether spikes on a shortcut are taken to stand for what those of the other path stand for."""
        return self._options.shortcut is Shortcut.EQUAL and not x.current and path is not None

    def _relu(self, node: ann.Relu) -> Carried:
        return self._neurons(node.name, node, self._relu_scale(node), node.inputs[0])

    def _neurons(self, name: str, node: ann.Node, target: Array, before: str) -> Carried:
        """Add a layer of IF neurons that reads a value, through a `Scale` where it does not come in λ of the layer."""
        x = self._carried[before]
        sources = x.nodes
        if not (x.current and np.array_equal(x.scale, target)) or self._is_shared(before):
            shape = self._graph.shape_of(before)
            sources = (self._scaled(f"{name}/scale", shape, x.nodes, x.scale / target),)
        name = self._out.name(name)
        self._out.layers[name] = LayerScale(node.output, target, x.spike)
        tensors = {"threshold": np.asarray(1.0), "source_scale": broadcast(target, 1)}
        if self._options.initial_potential:
            tensors["initial_potential"] = np.asarray(self._options.initial_potential)
        neuron = ir.Neuron(
            name=name,
            shape=self._graph.shape_of(before),
            threshold=f"{name}.threshold",
            initial_potential=f"{name}.initial_potential" if "initial_potential" in tensors else None,
            source=self._source(node.output),
            source_scale=f"{name}.source_scale",
            input_source=self._source(before),
            rule=ir.IntegrateAndFire(reset=self._options.reset),
        )
        self._out.add(neuron, sources, **tensors)
        return Carried((name,), target, current=False, spike=_one(target))

    def _average_pool(self, node: ann.AveragePool) -> Carried:
        x = self._carried[node.inputs[0]]
        spiking = self._spiking_ends and not x.current
        name = self._out.name(f"{node.name}/sum" if spiking else node.name)
        pool = ir.SumPool(name=name, shape=node.shape, kernel=node.kernel, strides=node.strides, pads=node.pads)
        self._out.add(pool, (self._single(node.inputs[0]),))
        if node.divisor.size == 1:
            pooled = replace(x, nodes=(name,), scale=x.scale / float(node.divisor), graded=not x.current)
        else:  # windows at the border hold fewer pixels: a synapse for each, of weight 1 / their number
            ones = np.ones_like(x.scale)
            mean = self._scaled(f"{node.name}/mean", node.shape, (name,), over_pixels(x.scale, 3) / node.divisor)
            pooled = Carried((mean,), ones, current=True, spike=x.spike)
        return self._extra_neurons(node, pooled) if spiking else pooled

    def _max_pool(self, node: ann.MaxPool) -> Carried:
        x = self._carried[node.inputs[0]]
        gate = self._options.max_pooling is MaxPooling.GATE and not (x.current or x.graded)
        spiking = self._spiking_ends and gate
        kind = ir.MaxPoolGate if gate else ir.MaxPoolCurrent
        name = self._out.name(f"{node.name}/gate" if spiking else node.name)
        pool = kind(name=name, shape=node.shape, kernel=node.kernel, strides=node.strides, pads=node.pads)
        self._out.add(pool, (self._single(node.inputs[0]),))
        pooled = replace(x, nodes=(name,))
        return self._extra_neurons(node, pooled) if spiking else pooled

    def _extra_neurons(self, node: ann.Node, pooled: Carried) -> Carried:
        """Add the layer of neurons that the paper has behind a pooling."""
        self._carried[node.output] = pooled
        return self._neurons(node.name, node, self._scales.of(node.output), node.output)

    def _concat(self, node: ann.Concat) -> Carried:
        parts = [self._carried[value] for value in node.inputs]
        sources = [self._single(value) for value in node.inputs]
        if node.axis > 0:  # parts of a channel have one λ: that of the model itself
            ones = np.ones_like(parts[0].scale)
            sources = [
                source
                if part.current and np.array_equal(part.scale, ones)
                else self._scaled(f"{node.name}/scale", shape, (source,), part.scale)
                for source, part, shape in zip(sources, parts, map(self._graph.shape_of, node.inputs), strict=True)
            ]
            parts = [
                Carried((source,), ones, current=True, spike=part.spike)
                for source, part in zip(sources, parts, strict=True)
            ]
        name = self._out.name(node.name)
        self._out.add(ir.Concat(name=name, shape=node.shape, axis=node.axis), sources)
        scale = parts[0].scale if node.axis > 0 else np.concatenate([part.scale for part in parts])
        current = any(part.current for part in parts)
        graded = not current and any(part.graded for part in parts)
        return Carried((name,), scale, current, graded, spike=_one(part.spike for part in parts))

    def _select(self, node: ann.Select) -> Carried:
        x = self._carried[node.inputs[0]]
        name = self._out.name(node.name)
        fields = {f: getattr(node, f) for f in ("starts", "stops", "steps", "pads_before", "pads_after")}
        self._out.add(ir.Select(name=name, shape=node.shape, **fields), (self._single(node.inputs[0]),))
        kept = x.scale[node.starts[0] : node.stops[0] : node.steps[0]]
        # padded channels are silent, so their λ is free; a copy keeps one λ per layer one λ per layer
        scale = np.pad(kept, (node.pads_before[0], node.pads_after[0]), constant_values=float(x.scale[0]))
        return replace(x, nodes=(name,), scale=scale)

    def _flatten(self, node: ann.Flatten) -> Carried:
        x = self._carried[node.inputs[0]]
        name = self._out.name(node.name)
        self._out.add(ir.Flatten(name=name, shape=node.shape), (self._single(node.inputs[0]),))
        return replace(x, nodes=(name,), scale=x.scale.repeat(node.shape[0] // len(x.scale)))

    def _readout(self) -> None:
        output = self._graph.output
        if self._spiking_ends and self._are_neurons(output):
            carried = self._carried[output]
        elif self._spiking_ends:
            target = self._scales.of(output, shared=True)
            producer = self._graph.producer(output)
            assert producer is not None  # noqa: S101 - the reader made sure
            carried = self._neurons(f"{producer.name}/neurons", producer, target, output)
        else:
            carried = self._carried[output]
            ones = np.ones(len(carried.scale))
            if not (carried.current and np.array_equal(carried.scale, ones)):
                shape = self._graph.shape_of(output)
                carried = Carried((self._scaled("readout/scale", shape, carried.nodes, carried.scale),), ones, True)
            if len(carried.nodes) > 1:
                name = self._out.name("readout/sum")
                self._out.add(ir.Sum(name=name, shape=self._graph.shape_of(output)), carried.nodes)
                carried = Carried((name,), ones, current=True)
        name = self._out.name("readout")
        shape = self._graph.shape_of(output)
        self._out.add(ir.Readout(name=name, shape=shape, mode=self._options.readout, source=output), carried.nodes)

    def _are_neurons(self, output: str) -> bool:
        """Say whether the output is a layer of neurons already, whose spikes stand for the same in all classes."""
        carried = self._carried[output]
        last = next(node for node in self._out.nodes if node.name == carried.nodes[0])
        return isinstance(last, ir.Neuron) and self._options.granularity is Granularity.LAYER

    def _scaled(
        self, name: str, shape: ann.Shape, sources: tuple[str, ...], gain: Array, offset: Array | None = None
    ) -> str:
        name = self._out.name(name)
        tensors = {"gain": broadcast(gain, len(shape))}
        if offset is not None and offset.any():
            tensors["offset"] = broadcast(offset, len(shape))
        node = ir.Scale(
            name=name,
            shape=shape,
            gain=f"{name}.gain",
            offset=f"{name}.offset" if "offset" in tensors else None,
        )
        return self._out.add(node, sources, **tensors)

    def _single(self, value: str) -> str:
        """Give one node for a value; a sum in several parts becomes a `Sum`."""
        x = self._carried[value]
        if len(x.nodes) == 1:
            return x.nodes[0]
        name = self._out.name(f"{value}/sum")
        self._out.add(ir.Sum(name=name, shape=self._graph.shape_of(value)), x.nodes)
        self._carried[value] = replace(x, nodes=(name,))
        return name


def _one(scales: Iterable[float | None]) -> float | None:
    """Give the one λ that all of these are; None where they differ or one is not known."""
    found = {None if scale is None else float(scale) for scale in scales}
    return found.pop() if len(found) == 1 else None
