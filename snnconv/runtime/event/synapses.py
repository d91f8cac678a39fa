"""Weight rows and the bits that select them: what the kernel reads of a ``Conv`` or ``Dense``.

Each set bit adds one row: the weights from that input to all outputs. Weights are whole multiples of 2^-q, so rows are
int32 and their sums are exact in any order. Where rows are short, tables hold the sums for every byte of bits.
"""

from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from typing import Any

import numpy as np

from snnconv.runtime.event.spikes import BLOCK, aligned, blocks_of

Array = np.ndarray[Any, Any]

TABLE_BYTES = 1 << 21
"""Tables are made up to this size: what is in use of them has to stay in the caches."""

TABLE_ROWS = 283
"""Rows from one table to the next, as in kernel.h, where it says why."""

LARGEST_ROW = 2**24
"""Places in a panel of rows are uint32."""

_WORD = 4
"""Blocks that a table's cell has at most: one word of 64 bits."""

_LISTED = 2**16 // BLOCK
"""Blocks that a listed cell has at most: places in it are uint16."""

_WIDE = 3
"""The width of a kernel whose neighbouring pixels share look-ups."""

Part = tuple[int, int, int, int, int, int, Array, Array, Array, Array]
"""First block, blocks, method, panel, row count, cell count, cells, starts, taps, weights: see kernel.h."""

Read = tuple[int, int, int, int]
"""Source, offset in blocks, length in blocks, first row."""


class Method(IntEnum):
    """How the kernel makes the sums of a part, as in kernel.h."""

    LISTS = 0
    TABLES = 1
    COLUMNS = 2


@dataclass(frozen=True)
class Window:
    """How outputs read the places of one input.

    Attributes
    ----------
    kernel, strides, pads, dilations : tuple of int
        (y, x) each; pads only before.
    height, width : int
        Of the input.
    out_height, out_width : int
    """

    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int]
    dilations: tuple[int, int]
    height: int
    width: int
    out_height: int
    out_width: int


@dataclass(frozen=True)
class Weights:
    """One weighted connection from spikes to the layer.

    Attributes
    ----------
    source : int
        The position of the spikes among the layer's sources.
    weight : ndarray (O, I / groups, k_y, k_x) int64
        In units of 2^-q.
    groups : int
    window : Window
    """

    source: int
    weight: Array
    groups: int
    window: Window


def parts(connections: list[Weights], capacity: int) -> tuple[Part, ...]:
    """Give the kernel's parts of a layer: output blocks that read the same channels.

    Parameters
    ----------
    connections : list of Weights
        All of one layer, with the same outputs.
    capacity : int
        K, the steps that buffers of spikes have room for.
    """
    channels = len(connections[0].weight)
    total = blocks_of(channels)
    made = []
    first = 0
    while first < total:
        windows = _channel_windows(connections, first)
        last = first + 1
        while last < total and _channel_windows(connections, last) == windows:
            last += 1
        made.append(_part(connections, windows, first, last, capacity))
        first = last
    return tuple(made)


def no_rows(channels: int, pixels: int) -> tuple[Part, ...]:
    """Give the one part of a layer that has no rows: its neurons still have to be worked through."""
    blocks = blocks_of(channels)
    starts, none = np.zeros(pixels + 1, dtype=np.int32), np.zeros((1, 3), dtype=np.int32)
    return ((0, blocks, Method.LISTS, 1, 0, 0, none, starts, none, aligned((blocks, 1, BLOCK), np.int32)),)


def row_count(connections: list[Weights]) -> int:
    """Give the most rows that a part of these connections has."""
    blocks = range(blocks_of(len(connections[0].weight)))
    return max(
        sum(
            (end - start) * BLOCK * int(np.prod(c.window.kernel))
            for c, (start, end) in zip(connections, found, strict=True)
        )
        for found in (_channel_windows(connections, block) for block in blocks)
    )


def _channel_windows(connections: list[Weights], block: int) -> list[tuple[int, int]]:
    """Give the input blocks [start, end) that an output block reads, for each connection."""
    found = []
    for c in connections:
        outputs, inputs = len(c.weight) // c.groups, c.weight.shape[1]
        group = block * BLOCK // outputs
        last = (min((block + 1) * BLOCK, len(c.weight)) - 1) // outputs
        found.append((group * inputs // BLOCK, blocks_of((last + 1) * inputs)))
    return found


def _part(connections: list[Weights], windows: list[tuple[int, int]], first: int, last: int, capacity: int) -> Part:
    blocks = last - first
    rows: list[Array] = []
    bases: list[int] = []
    for c, window in zip(connections, windows, strict=True):
        bases.append(sum(len(r) for r in rows))
        rows.append(_rows(c, window, first, last))
    matrix = np.concatenate(rows)  # (R, blocks · 16)
    count = len(matrix)
    method = _method(connections, windows, blocks * count // 8 * TABLE_ROWS * BLOCK * 4)
    reads = [_reads(c, w, base, capacity, method) for c, w, base in zip(connections, windows, bases, strict=True)]
    cells, starts, taps = _cells([list(chain(*pixel)) for pixel in zip(*reads, strict=True)])
    panel = next(size for size in (4, 2, 1) if blocks % size == 0) if method is Method.LISTS else 1
    weights = aligned((blocks // panel, count + 1, panel * BLOCK), np.int32)
    weights[:, :count] = matrix.reshape(count, blocks // panel, panel * BLOCK).transpose(1, 0, 2)
    if method is not Method.LISTS:
        weights = _tables(weights[:, :count])
    return first, blocks, method, panel, count, len(cells), cells, starts, taps, weights


def _method(connections: list[Weights], windows: list[tuple[int, int]], table_bytes: int) -> Method:
    if table_bytes > TABLE_BYTES:
        return Method.LISTS
    for c, (start, end) in zip(connections, windows, strict=True):
        w, every = c.window, blocks_of(c.weight.shape[1] * c.groups)
        regular = w.kernel[1] == _WIDE and w.strides[1] == w.dilations[1] == 1
        # the empty columns stand for a padding of 1
        inside = w.pads[1] <= 1 and w.out_width + _WIDE - 2 - w.pads[1] <= w.width
        if not (regular and inside and end - start == every and every in (1, 2, _WORD)):
            return Method.TABLES
    return Method.COLUMNS


def _rows(c: Weights, window: tuple[int, int], first: int, last: int) -> Array:
    """Give one row per tap and input channel of the window: (k_y · k_x · channels, blocks · 16) int32."""
    start, end = window
    k_y, k_x = c.weight.shape[2:]
    outputs, inputs = len(c.weight) // c.groups, c.weight.shape[1]
    rows = np.zeros((k_y, k_x, (end - start) * BLOCK, (last - first) * BLOCK), dtype=np.int32)
    for group in range(c.groups):
        low, high = max(group * outputs, first * BLOCK), min((group + 1) * outputs, last * BLOCK)
        if low >= high:
            continue
        at = group * inputs - start * BLOCK
        # (O, I, k_y, k_x) -> (k_y, k_x, I, O)
        rows[:, :, at : at + inputs, low - first * BLOCK : high - first * BLOCK] = c.weight[low:high].transpose(
            2, 3, 1, 0
        )
    return rows.reshape(-1, rows.shape[-1])


def _cells(reads: list[list[Read]]) -> tuple[Array, Array, Array]:
    """Give cells (M, 3), where each pixel's taps start (P + 1,), and taps (R, 2), all int32."""
    numbers: dict[tuple[int, int, int], int] = {}
    starts, taps = [0], []
    for pixel in reads:
        for source, offset, blocks, base in pixel:
            taps.append((numbers.setdefault((source, offset, blocks), len(numbers)), base))
        starts.append(len(taps))
    cells = np.asarray(list(numbers) or [(0, 0, 0)], dtype=np.int32)
    return cells, np.asarray(starts, dtype=np.int32), np.asarray(taps or [(0, 0)], dtype=np.int32)


def _reads(c: Weights, window: tuple[int, int], base: int, capacity: int, method: Method) -> list[list[Read]]:
    """Give what each output pixel reads of one input."""
    w = c.window
    every = blocks_of(c.weight.shape[1] * c.groups)
    found = []
    for y in range(w.out_height):
        rows = [(k, y * w.strides[0] + k * w.dilations[0] - w.pads[0]) for k in range(w.kernel[0])]
        # blocks from the image's first to that before the row's first pixel
        offsets = [(k, at * capacity * (w.width + 2) * every) for k, at in rows if 0 <= at < w.height]
        for x in range(w.out_width):
            taps: list[Read] = []
            for k_y, offset in offsets:
                first = base + k_y * w.kernel[1] * (window[1] - window[0]) * BLOCK
                if method is Method.COLUMNS:
                    taps.append((c.source, offset + (x - w.pads[1] + 1) * every, _WIDE * every, first))
                else:
                    taps += _taps(c, window, x, offset, first, _WORD if method is Method.TABLES else _LISTED)
            found.append(taps)
    return found


def _taps(c: Weights, window: tuple[int, int], x: int, offset: int, first: int, longest: int) -> list[Read]:
    """Give what one kernel row of an output pixel reads, cut into pieces of at most `longest` blocks."""
    w = c.window
    start, end = window
    every = blocks_of(c.weight.shape[1] * c.groups)
    taps = []
    for k_x in range(w.kernel[1]):
        column = x * w.strides[1] + k_x * w.dilations[1] - w.pads[1]
        if not 0 <= column < w.width:
            continue
        for at in range(start, end, longest):
            length = min(longest, end - at)
            row = first + (k_x * (end - start) + at - start) * BLOCK
            taps.append((c.source, offset + (column + 1) * every + at, length, row))
    return sorted(taps, key=lambda tap: -tap[2])


def _tables(panels: Array) -> Array:
    """Give the sum of rows for every byte of bits, (blocks, R / 8, TABLE_ROWS, 16) int32; 256 rows are in use."""
    count, rows, lanes = panels.shape
    bits = ((np.arange(256)[:, None] >> np.arange(8)) & 1).astype(np.int32)  # (256, 8)
    tables = aligned((count, rows // 8, TABLE_ROWS, lanes), np.int32)
    tables[:, :, :256] = np.einsum("bi,pril->prbl", bits, panels.reshape(count, rows // 8, 8, lanes))
    return tables
