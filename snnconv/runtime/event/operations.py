"""The nodes that the kernel runs, as operations: spikes in, spikes or currents out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.runtime.event import _kernel
from snnconv.runtime.event.connections import Synapses, carried
from snnconv.runtime.event.signed_input import SignedSpikes
from snnconv.runtime.event.spikes import BLOCK, Spikes, aligned, blocks_of, plane
from snnconv.runtime.layout import channels_last
from snnconv.runtime.neurons.neurons import KernelRule
from snnconv.runtime.neurons.registry import neurons_of
from snnconv.runtime.nodes.operation import Operation, Site, summed

Array = np.ndarray[Any, Any]

_TILE = 64
"""Steps that the kernel works through at a time (kernel.h)."""

Value = Array | Spikes | SignedSpikes
"""What flows between the operations here: numbers (K, N, H, W, C), or spikes as bits."""


class InNumpy:
    """An operation of the NumPy runtime among the kernel's."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def reset(self) -> None:
        """Clear its state."""
        self.operation.reset()

    def advance(self, inputs: Sequence[Value], steps: int) -> Array:
        """Run a chunk on numbers."""
        result: Array = self.operation.advance([numbers(x) for x in inputs], steps)
        return result


class _Packing:
    """Packs numbers into bits where an operation in NumPy stands before one of the kernel's."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._packed: dict[str, Spikes] = {}

    def spikes(self, name: str, value: Value) -> Spikes:
        """Give the value of a node as bits."""
        if isinstance(value, Spikes):
            return value
        value = numbers(value)
        if name not in self._packed:
            shape = channels_last(self._site.network.by_name[name].shape)
            self._packed[name] = Spikes(shape, self._site.batch, self._site.chunk)
        return self._packed[name].pack(value)


def numbers(value: Value) -> Array:
    """Give a value as numbers, (K, N, H, W, C)."""
    return value if isinstance(value, np.ndarray) else value.dense()


class _Summing:
    """What layers and currents share: sources of spikes, and the place of the result."""

    def __init__(self, isa: int, site: Site, synapses: Synapses) -> None:
        self._isa = isa
        self._site = site
        self._synapses = synapses
        self._plane = plane(site.shape)
        self._blocks = blocks_of(self._plane[2])
        self._packing = _Packing(site)

    def _run(self, inputs: Sequence[Value], steps: int, neurons: tuple[Any, ...] | None, current: Array | None) -> None:
        """Sum a chunk, and give the sums to neurons or write them to `current`."""
        pairs = zip(self._synapses.sources, inputs, strict=False)  # constant currents may stand behind the sources
        sources = tuple(self._packing.spikes(name, value).argument for name, value in pairs)
        height, width, _ = self._plane
        size = (self._site.batch, height, width, self._blocks, steps, self._site.chunk)
        synapses = self._synapses
        _kernel.layer(self._isa, size, sources, synapses.parts, synapses.diagonals, synapses.bias, neurons, current)


class Layer(_Summing):
    """A layer of neurons with everything that it reads.

    Membranes are float64 in units of the grid, V · 2^q: scaling by a power of two rounds nothing.
    """

    def __init__(self, isa: int, site: Site, synapses: Synapses) -> None:
        super().__init__(isa, site, synapses)
        node: ir.Neuron = site.node
        pixels = self._plane[0] * self._plane[1]
        self._membrane = aligned((site.batch, pixels, self._blocks * BLOCK), np.float64)
        self._threshold = self._per_place(node.threshold, 1.0, scaled=True, absent=np.inf)
        rule = neurons_of(node).in_kernel(node.rule) or KernelRule(None, to_zero=False)
        self._leak = None if rule.leak is None else self._per_place(rule.leak, 1.0)
        self._initial = self._per_place(node.initial_potential, 0.0, scaled=True)
        self._to_zero = int(rule.to_zero)
        value = None if node.spike_value is None else site.parameter(node.spike_value, 1.0).astype(np.float32)
        self.spikes = Spikes(site.shape, site.batch, site.chunk, value)
        self._constant: Array | None = None
        self._whole_below = 0.0
        self._fresh = True

    @property
    def membrane(self) -> Array:
        """V after the last step, (N, ..., C) float64 in the unit of the threshold."""
        channels = self._plane[2]
        # by a power of two: as exact as ldexp on every element, and much faster
        made: Array = self._membrane[..., :channels] * np.ldexp(1.0, -self._synapses.grid)
        return made.reshape(self._site.batch, *self._site.shape)

    def reset(self) -> None:
        """Set the membrane to its initial potential."""
        self._membrane[...] = self._initial
        self._fresh = True

    def advance(self, inputs: Sequence[Value], steps: int) -> Spikes:
        """Run a chunk: the sources first, then the constant currents."""
        if self._fresh:
            self._take_constants([numbers(x) for x in inputs[len(self._synapses.sources) :]])
        pixel = self._blocks * BLOCK
        neurons = (
            self._membrane,
            self._threshold,
            pixel if len(self._threshold) > 1 else 0,
            self._leak,
            pixel if self._leak is not None and len(self._leak) > 1 else 0,
            self._constant,
            self._to_zero,
            self._whole_below,
            self.spikes.bits,
        )
        self._run(inputs, steps, neurons, None)
        return self.spikes.written(steps)

    def _take_constants(self, constants: Sequence[Array]) -> None:
        """Add up the constant currents of the new images, (N, pixels, channels)."""
        self._fresh = False
        if constants:
            if self._constant is None:
                self._constant = aligned(self._membrane.shape, np.float64)
            height, width, channels = self._plane
            plain = summed(constants)[0].reshape(self._site.batch, height * width, channels)
            self._constant[..., :channels] = np.ldexp(plain.astype(np.float64), self._synapses.grid)
        self._whole_below = self._room()

    def _room(self) -> float:
        """Give the magnitude below which a membrane stays in int32 for a tile of steps; 0 where it may not be whole."""
        real = self._threshold[np.isfinite(self._threshold)]
        parts = [real, self._initial, *([] if self._constant is None else [self._constant])]
        if self._leak is not None or any((values != np.rint(values)).any() for values in parts):
            return 0.0
        step = self._synapses.bound + (0.0 if self._constant is None else float(np.abs(self._constant).max()))
        # a spike takes off a threshold that the membrane has reached, so it never makes it larger; a threshold beyond
        # int32 is out of reach within the tile
        return 2.0**31 - _TILE * step - 1 if real.min(initial=0.0) >= 0 else 0.0

    def _per_place(self, name: str | None, default: float, scaled: bool = False, absent: float = 0.0) -> Array:
        """Give a parameter as (1 or pixels, channels), `scaled` in units of the grid.

        The last block may have more channels than the layer: `absent` is theirs. With an infinite threshold they
        never fire.
        """
        height, width, channels = self._plane
        value = self._site.parameter(name, default)
        full = value.reshape((1,) * (3 - value.ndim) + value.shape)
        places = (1, 1) if full.shape[:2] == (1, 1) else (height, width)
        wide = np.broadcast_to(full, (*places, channels)).reshape(-1, channels)
        made = aligned((len(wide), self._blocks * BLOCK), np.float64)
        made[...] = absent
        made[:, :channels] = np.ldexp(wide, self._synapses.grid) if scaled else wide
        return made


class Current(_Summing):
    """A weighted node whose current is read as numbers."""

    def __init__(self, isa: int, site: Site, synapses: Synapses) -> None:
        super().__init__(isa, site, synapses)
        height, width, channels = self._plane
        self._sums = aligned((site.batch, height * width, site.chunk, self._blocks * BLOCK), np.int32)
        self._out = np.zeros((site.chunk, site.batch, height, width, channels), dtype=site.dtype)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Value], steps: int) -> Array:
        """Sum a chunk."""
        height, width, channels = self._plane
        used = self._sums.reshape(-1)[: self._sums.size // self._site.chunk * steps]
        self._run(inputs, steps, None, used)
        sums = used.reshape(self._site.batch, height, width, steps, -1)[..., :channels]
        # (N, H, W, K, C) -> (K, N, H, W, C)
        np.ldexp(sums.transpose(3, 0, 1, 2, 4), -self._synapses.grid, out=self._out[:steps], casting="same_kind")
        return self._out[:steps].reshape(steps, self._site.batch, *self._site.shape)


class Select:
    """Slices spikes, and pads them with silence."""

    def __init__(self, site: Site) -> None:
        node: ir.Select = site.node
        self._site = site
        self._source = site.network.incoming[node.name][0].source
        self._packing = _Packing(site)
        value = carried(site.inputs[0])
        self.spikes = Spikes(site.shape, site.batch, site.chunk, None if value == 1 else np.asarray(value, np.float32))
        # axes that are not there are one place wide
        missing = 3 - len(node.shape)
        channels, *places = [
            (start, step, before, size - after)
            for start, step, before, after, size in zip(
                node.starts, node.steps, node.pads_before, node.pads_after, node.shape, strict=True
            )
        ]
        self._rows, self._columns = ([(0, 1, 0, 1)] * missing + places)[-2:]
        self._channels = channels

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Value], steps: int) -> Spikes:
        """Slice a chunk."""
        spikes = self._packing.spikes(self._source, inputs[0])
        out = self.spikes
        size = (
            *(self._site.batch, spikes.height, spikes.width, spikes.blocks),
            *(out.height, out.width, out.blocks, steps, self._site.chunk),
        )
        _kernel.select(spikes.argument, size, self._rows, self._columns, self._channels, out.bits)
        return out.written(steps)


class SumPool:
    """Adds up spikes over windows, as numbers."""

    def __init__(self, site: Site) -> None:
        node: ir.SumPool = site.node
        self._site = site
        self._windows = (*node.kernel, *node.strides, *node.pads[:2])
        self._out = np.zeros((site.chunk, site.batch, *site.shape), dtype=np.float32)
        self._source = site.network.incoming[node.name][0].source
        self._packing = _Packing(site)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Value], steps: int) -> Array:
        """Pool a chunk."""
        spikes = self._packing.spikes(self._source, inputs[0])
        out = self._out[:steps]
        out[...] = 0.0
        height, width, _ = self._site.shape
        size = (
            *(self._site.batch, spikes.height, spikes.width, spikes.blocks, spikes.channels),
            *(height, width, steps, self._site.chunk),
        )
        _kernel.pool(spikes.argument, size, self._windows, out)
        return out
