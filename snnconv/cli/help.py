"""The help of a command: what is to be given, in words, and no types of Python."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, get_args

from typer.core import TyperCommand

from snnconv.cli import streams
from snnconv.cli.flags import shown_defaults


class WrittenHelp:
    """A command or group whose help is written where all output is."""

    def get_help_option(self, ctx: Any) -> Any:
        """Give ``--help``."""
        option = super().get_help_option(ctx)  # type: ignore[misc]  # of the class that this one is mixed into
        if option is not None:
            option.callback = _show
        return option


def _show(ctx: Any, parameter: Any, wanted: bool) -> None:
    del parameter
    if wanted and not ctx.resilient_parsing:
        streams.write(ctx.get_help() + "\n")
        ctx.exit()


class PlainHelp(WrittenHelp, TyperCommand):
    """A command whose help names an argument by its metavar alone; Typer adds the type, such as ``<list[Path]>``.

    An option without a default of its own shows that of the options model.
    """

    function: Callable[..., None]
    """The command's function, of the class that `help_of` makes."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what the arguments and options are."""
        found: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
        defaults = shown_defaults(type(self).function)
        for parameter in self.get_params(ctx):
            with _default_of(parameter, defaults.get(parameter.name)):
                record = parameter.get_help_record(ctx)
            if record is not None:
                kind, (name, text) = parameter.param_type_name, record
                found[kind].append((parameter.metavar or name if kind == "argument" else name, text))
        for kind, title in (("argument", "Arguments"), ("option", "Options")):
            if found[kind]:
                with formatter.section(title):
                    formatter.write_dl(found[kind])


def help_of(function: Callable[..., None]) -> type[PlainHelp]:
    """Give the class of a command whose help shows the defaults of the function's options models."""
    return type("PlainHelp", (PlainHelp,), {"function": staticmethod(function)})


@contextmanager
def _default_of(parameter: Any, text: str | None) -> Iterator[None]:
    """Let a parameter have a default as long as its help is written."""
    before = parameter.default
    if text is not None:
        parameter.default = text
    try:
        yield
    finally:
        parameter.default = before


def names_of(annotation: Any) -> str | None:
    """Give what can be chosen, as ``a|b|c``, where an annotation is that of a choice by name.

    Parameters
    ----------
    annotation
        ``Annotated`` with a type, or with a type and None.
    """
    hint = get_args(annotation)[0]
    for kind in get_args(hint) or (hint,):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return "|".join(str(member.value) for member in kind)
    return None
