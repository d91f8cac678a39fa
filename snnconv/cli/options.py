"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from snnconv.choices import Layout

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Images: .npz with x (and y), .npy, a folder or .zip of class folders.", metavar="DATA"
    ),
]
LayoutOption = Annotated[Layout, typer.Option("--layout", help="Order of an array's axes.")]
Labels = Annotated[
    Path | None,
    typer.Option("--labels", help="Labels: .npy, or a text with one number a line.", metavar="FILE"),
]
Classes = Annotated[
    Path | None,
    typer.Option("--classes", help="Class names in the model's order, one a line.", metavar="FILE"),
]
