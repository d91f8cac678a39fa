"""What all commands share: the common options, and how an error becomes one line and an exit code."""

import inspect
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from snnconv.cli import interrupts, streams
from snnconv.cli.endings import BAD_USAGE, ending, fail
from snnconv.cli.flags import expanded, gathered
from snnconv.cli.given import at_home
from snnconv.cli.help import names_of
from snnconv.cli.log_file import log_handler
from snnconv.cli.terminal import Terminal, harmless, log

_MOST_THREADS = 1024
"""More would only take memory, and on a small machine all of it."""

_KEPT = {
    "simulate_cli": "what is finished is kept, repeat the command to go on",
    "convert_cli": "no network was written; what a search had found is kept, repeat the command to go on",
}


_COMMON: dict[str, Any] = {
    "as_json": Annotated[bool, typer.Option("--json", help="Print the result as JSON.")],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")],
    "verbose": Annotated[bool, typer.Option("-v", "--verbose", help="Say more.")],
    "log_file": Annotated[Path | None, typer.Option("--log-file", help="Write a log to this file.", metavar="FILE")],
    "threads": Annotated[
        int,
        typer.Option("--threads", min=0, max=_MOST_THREADS, help="Threads; 0 takes one for each core.", metavar="N"),
    ],
    "seed": Annotated[int, typer.Option("--seed", min=0, help="Seed of all that is drawn.", metavar="N")],
}
_DEFAULTS: dict[str, Any] = {
    "as_json": False,
    "quiet": False,
    "verbose": False,
    "log_file": None,
    "threads": 0,
    "seed": 0,
}


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Make a command: add the common options and turn errors into exit codes.

    Parameters
    ----------
    function : callable
        Its first parameter is the `Terminal`, the others are the command's own.

    Returns
    -------
    callable
        With a signature that Typer reads.
    """
    signature = inspect.signature(function, eval_str=True)
    taken = list(signature.parameters.values())[1:]
    own = expanded(taken)
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS[name], annotation=annotation)
        for name, annotation in _COMMON.items()
    ]

    for parameter in (*own, *common):
        for info in parameter.annotation.__metadata__:
            # a path that cannot be read is bad input, said by what reads it, and not wrong usage
            info.readable = False
            info.metavar = info.metavar or names_of(parameter.annotation)
            # RGB is rgb
            info.case_sensitive = False

    def wrapper(**given: Any) -> None:
        given = {name: at_home(value) for name, value in given.items()}
        shared = {name: given.pop(name) for name in _COMMON}
        _start_log(shared["verbose"], shared["quiet"])
        terminal = Terminal(shared["as_json"], shared["quiet"], shared["threads"], shared["seed"])
        try:
            if shared["quiet"] and shared["verbose"]:
                code = fail("--quiet and --verbose contradict each other; give one of the two", BAD_USAGE)
            else:
                code = _run(function, terminal, gathered(taken, given), shared["log_file"])
        finally:
            _end_log()
        if code:
            raise typer.Exit(code)

    wrapper.__doc__ = function.__doc__
    wrapper.__name__ = function.__name__
    keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    wrapper.__signature__ = inspect.Signature([*keyword_only, *common])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in (*own, *common)}
    return wrapper


def _run(function: Callable[..., None], terminal: Terminal, given: dict[str, Any], log_file: Path | None) -> int:
    interrupts.work()
    try:
        if log_file is not None:
            log.addHandler(log_handler(log_file, given.values()))
        function(terminal, **given)
        streams.flush()
    except BaseException as error:
        code = ending(error, _KEPT.get(function.__name__, "nothing was written"))
        if code is None:
            raise
        return code
    return 0


class _Spoken(logging.Handler):
    """What the library notes, as a line on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write it; names in it are made harmless."""
        streams.say(harmless(record.getMessage()) + "\n")


def _end_log() -> None:
    """Take the handlers away: one that is told something once it is closed would open its file again."""
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    log.addHandler(logging.NullHandler())


def _start_log(verbose: bool, quiet: bool) -> None:
    log.handlers.clear()
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
    log.propagate = False
    log.addHandler(logging.NullHandler())
    if not quiet:
        spoken = _Spoken()
        spoken.setLevel(logging.DEBUG if verbose else logging.WARNING)
        # what the command itself says is printed by it; here the library's notes are
        spoken.addFilter(lambda record: record.name != log.name)
        log.addHandler(spoken)
