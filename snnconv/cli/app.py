"""The command ``snnconv``."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from snnconv import __version__
from snnconv.cli import interrupts, streams
from snnconv.cli.calibrate import calibrate_cli
from snnconv.cli.check import check_cli
from snnconv.cli.command import command
from snnconv.cli.convert import convert_cli
from snnconv.cli.diagnose import diagnose_cli
from snnconv.cli.endings import BAD_USAGE, WORDS, ending
from snnconv.cli.given import check_words
from snnconv.cli.help import WrittenHelp, help_of
from snnconv.cli.inspect import inspect_cli
from snnconv.cli.report import report_cli
from snnconv.cli.simulate import simulate_cli


class Commands(WrittenHelp, TyperGroup):
    """All commands: every way to end is one line and an exit code, before a command runs too."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run what was given and end the process."""
        streams.prepare()
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False}) or 0
            # an error that was said already is the reason, not what it left in a buffer
            if not code:
                streams.flush()
        except Exception as error:
            code = ending(error)
            if code is None:
                raise
        if code:
            streams.flush_if_possible()
        interrupts.told()
        sys.exit(code)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what was given; nothing at all is wrong usage, and help says what to give."""
        if not args:
            streams.say(ctx.get_help() + "\n")
            ctx.exit(BAD_USAGE)
        check_words(args)
        # for what is said of a value that cannot be read
        ctx.meta[WORDS] = list(args)
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="snnconv",
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        streams.write(f"snnconv {__version__}\n")
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
