"""Weight rows and the runs of bits that select them: what the kernel reads of a ``Conv`` or ``Dense``.

Each set bit of a run adds one row: the weights from that input to all outputs. Weights are whole multiples of 2^-q, so
rows are int32 and their sums are exact in any order.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.runtime.event.spikes import BLOCK, aligned, blocks_of

Array = np.ndarray[Any, Any]

TABLE_BYTES = 1 << 21
"""A table of sums for every byte of bits is made up to this size: it has to stay in the second-level cache."""

TABLE_ROWS = 283
"""Rows from one table to the next, as in kernel.h, where it says why."""

LARGEST_ROW = 2**24
"""Places in a panel of rows are uint32."""

_LONGEST = 4
"""Blocks of a run in front of a table: one word of 64 bits."""


Run = tuple[int, int, int, int]
"""Source, offset in blocks, length in blocks, first row."""


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


def parts(connections: list[Weights], capacity: int) -> tuple[tuple[Any, ...], ...]:
    """Give the kernel's parts of a layer: output blocks that read the same channels, with their rows and runs.

    Parameters
    ----------
    connections : list of Weights
        All of one layer, with the same outputs.
    capacity : int
        K, the steps that buffers of spikes have room for.

    Returns
    -------
    tuple of (first block, blocks, panel, row count, starts, runs, rows, table or None)
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


def no_rows(channels: int, pixels: int) -> tuple[tuple[Any, ...], ...]:
    """Give the one part of a layer that has no rows: its neurons still have to be worked through."""
    blocks = blocks_of(channels)
    starts, runs = np.zeros(pixels + 1, dtype=np.int32), np.zeros((1, 4), dtype=np.int32)
    return ((0, blocks, 1, 0, starts, runs, aligned((blocks, 1, BLOCK), np.int32), None),)


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


def _part(
    connections: list[Weights], windows: list[tuple[int, int]], first: int, last: int, capacity: int
) -> tuple[Any, ...]:
    blocks = last - first
    rows: list[Array] = []
    bases: list[int] = []
    for c, window in zip(connections, windows, strict=True):
        bases.append(sum(len(r) for r in rows))
        rows.append(_rows(c, window, first, last))
    matrix = np.concatenate(rows)  # (R, blocks · 16)
    count = len(matrix)
    tabled = blocks * count // 8 * TABLE_ROWS * BLOCK * 4 <= TABLE_BYTES
    panel = 1 if tabled else next(size for size in (4, 2, 1) if blocks % size == 0)
    starts, runs = _runs(connections, windows, bases, capacity, _LONGEST if tabled else None)
    panels = aligned((blocks // panel, count + 1, panel * BLOCK), np.int32)
    panels[:, :count] = matrix.reshape(count, blocks // panel, panel * BLOCK).transpose(1, 0, 2)
    return first, blocks, panel, count, starts, runs, panels, _table(panels[:, :count]) if tabled else None


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


def _runs(
    connections: list[Weights], windows: list[tuple[int, int]], bases: list[int], capacity: int, longest: int | None
) -> tuple[Array, Array]:
    """Give, for each output pixel, where its runs start in the list of runs, and that list (R, 4) int32."""
    out_height, out_width = connections[0].window.out_height, connections[0].window.out_width
    starts, runs = [0], []
    for y in range(out_height):
        for x in range(out_width):
            found = []
            for c, window, base in zip(connections, windows, bases, strict=True):
                found += _runs_of(c, window, base, capacity, y, x)
            runs += found if longest is None else _cut(found, longest)
            starts.append(len(runs))
    return np.asarray(starts, dtype=np.int32), np.asarray(runs or [(0, 0, 0, 0)], dtype=np.int32)


def _runs_of(c: Weights, window: tuple[int, int], base: int, capacity: int, y: int, x: int) -> list[Run]:
    w = c.window
    start, end = window
    blocks = end - start
    every = blocks_of(c.weight.shape[1] * c.groups)
    columns = [(k, x * w.strides[1] + k * w.dilations[1] - w.pads[1]) for k in range(w.kernel[1])]
    inside = [(k, at) for k, at in columns if 0 <= at < w.width]
    # neighbouring pixels of all channels are one run
    together = len(inside) > 0 and w.dilations[1] == 1 and blocks == every
    runs = []
    for k_y in range(w.kernel[0]):
        row = y * w.strides[0] + k_y * w.dilations[0] - w.pads[0]
        if not 0 <= row < w.height:
            continue
        for k_x, column in inside[:1] if together else inside:
            offset = (row * capacity * w.width + column) * every + start
            length = len(inside) * blocks if together else blocks
            runs.append((c.source, offset, length, base + (k_y * w.kernel[1] + k_x) * blocks * BLOCK))
    return runs


def _cut(runs: list[Run], longest: int) -> list[Run]:
    """Cut runs into words; those of one source and length come together."""
    cut = [
        (source, offset + at, min(longest, blocks - at), base + at * BLOCK)
        for source, offset, blocks, base in runs
        for at in range(0, blocks, longest)
    ]
    return sorted(cut, key=lambda run: (run[0], -run[2]))


def _table(panels: Array) -> Array:
    """Give the sum of rows for every byte of bits, (blocks, R / 8, TABLE_ROWS, 16) int32; 256 rows are in use."""
    count, rows, lanes = panels.shape
    bits = ((np.arange(256)[:, None] >> np.arange(8)) & 1).astype(np.int32)  # (256, 8)
    table = aligned((count, rows // 8, TABLE_ROWS, lanes), np.int32)
    table[:, :, :256] = bits @ panels.reshape(count, rows // 8, 8, lanes)
    return table
