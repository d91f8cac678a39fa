"""The help of a command: what is to be given, in words, and no types of Python."""

from enum import Enum
from typing import Any, get_args

from typer.core import TyperCommand


class PlainHelp(TyperCommand):
    """A command whose help names an argument by its metavar alone; Typer adds the type, such as ``<list[Path]>``."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what the arguments and options are."""
        found: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                kind, (name, text) = parameter.param_type_name, record
                found[kind].append((parameter.metavar or name if kind == "argument" else name, text))
        for kind, title in (("argument", "Arguments"), ("option", "Options")):
            if found[kind]:
                with formatter.section(title):
                    formatter.write_dl(found[kind])


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
