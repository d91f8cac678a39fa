"""``snnconv inspect``."""

from pathlib import Path
from typing import Annotated

import typer

from snnconv.cli.terminal import Terminal


def inspect_cli(
    terminal: Terminal,
    path: Annotated[Path, typer.Argument(help="A .snn or .calib file, or a run folder.", metavar="FILE|RUN/")],
) -> None:
    """Show what a file or run folder holds, after checking it.

    Example: snnconv inspect resnet.snn
    """
    from snnconv.cli.text.names import WIDTH, fitted
    from snnconv.commands.inspect import inspect

    result = inspect(path)
    terminal.did(f"inspect: read {path}")
    if terminal.json:
        terminal.value(result.content)
        return
    for table in result.tables:
        rows = table.rows if table.names is None else fitted(table.columns, table.rows, table.names)
        terminal.table(table.title, table.columns, rows, left=table.left, width=WIDTH)
