"""The command ``snnconv``."""

from collections.abc import Callable
from typing import Annotated

import typer

from snnconv import __version__
from snnconv.cli.calibrate import calibrate_cli
from snnconv.cli.check import check_cli
from snnconv.cli.command import command
from snnconv.cli.convert import convert_cli
from snnconv.cli.diagnose import diagnose_cli
from snnconv.cli.help import help_of
from snnconv.cli.inspect import inspect_cli
from snnconv.cli.report import report_cli
from snnconv.cli.simulate import simulate_cli

app = typer.Typer(
    name="snnconv",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"snnconv {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Turn a trained ResNet in an ONNX file into a spiking neural network.

    The way: check, calibrate, convert, simulate, report.
    """
    del version


_COMMANDS: dict[str, Callable[..., None]] = {
    "check": check_cli,
    "calibrate": calibrate_cli,
    "convert": convert_cli,
    "simulate": simulate_cli,
    "report": report_cli,
    "diagnose": diagnose_cli,
    "inspect": inspect_cli,
}
for _name, _function in _COMMANDS.items():
    app.command(_name, cls=help_of(_function))(command(_function))


def main() -> None:
    """Run the command line."""
    app()
