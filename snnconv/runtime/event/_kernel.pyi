"""The kernel's functions; kernel.h and bits.h say what they do."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Source = tuple[Array, int, int]

def isas() -> list[tuple[str, bool]]: ...
def layer(
    isa: int,
    size: tuple[int, ...],
    sources: tuple[Source, ...],
    parts: tuple[tuple[Any, ...], ...],
    diagonals: tuple[tuple[Any, ...], ...],
    bias: Array,
    neurons: tuple[Any, ...] | None,
    current: Array | None,
    /,
) -> None: ...
def tally(
    isa: int,
    size: tuple[int, ...],
    spikes: Source,
    rows: Array,
    row_classes: int,
    column_classes: int,
    starts: Array,
    word_count: int,
    words: Array,
    counts: Array,
    /,
) -> None: ...
def select(
    spikes: Source,
    size: tuple[int, ...],
    rows: tuple[int, ...],
    columns: tuple[int, ...],
    channels: tuple[int, ...],
    out: Array,
    /,
) -> None: ...
def pool(spikes: Source, size: tuple[int, ...], windows: tuple[int, ...], out: Array, /) -> None: ...
