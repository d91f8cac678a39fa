"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from snnconv.choices import BackendName, Layout, MaxPooling

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Images: .npz with x (and y), .npy, a folder or .zip of class folders.",
        metavar="DATA",
        show_default=False,
    ),
]
LayoutOption = Annotated[Layout, typer.Option("--layout", help="Order of an array's axes.")]
Labels = Annotated[
    Path,
    typer.Option("--labels", help="Labels: .npy, or a text with one number a line.", metavar="FILE"),
]
Classes = Annotated[
    Path,
    typer.Option("--classes", help="Class names in the model's order, one a line.", metavar="FILE"),
]
Backend = Annotated[BackendName, typer.Option("--backend", help="What runs the network.")]
MaxPoolingOption = Annotated[
    MaxPooling,
    typer.Option("--max-pooling", help="Of spikes by a gate (the paper), or of currents (exact in the limit)."),
]
Output = Annotated[
    str,
    typer.Option("--output", help="The model's value to give, where it has several outputs.", metavar="NAME"),
]
MemoryLimit = Annotated[
    str | None,
    typer.Option("--memory-limit", help="Refuse what needs more than this; 8G by default.", metavar="SIZE"),
]


def bytes_of(memory_limit: str | None) -> int:
    """Read ``--memory-limit``.

    Raises
    ------
    UsageError
        If it is no size.
    """
    from snnconv.files.sizes import MEMORY_LIMIT, parsed

    return MEMORY_LIMIT if memory_limit is None else parsed(memory_limit)
