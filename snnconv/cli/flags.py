"""Options of the command line that are the fields of an options model: what was not given is not passed on.

A command names the fields in a `TypedDict`, whose annotations say how each is given, and takes one parameter of that
type. `expanded` makes an option of each field, without a default, and `gathered` puts those that were given into one
dict. So a default stands once, in the model, where a preset may set another one; help looks it up there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, signature
from typing import Annotated, Any, get_args, get_type_hints, is_typeddict

from snnconv.choices import Preset


@dataclass(frozen=True)
class Shown:
    """Where help finds the defaults of a `TypedDict` of flags.

    Attributes
    ----------
    model : str
        The pydantic model of the options, as ``module:class``; it is imported when help asks.
    by_preset : str, optional
        What presets set instead, as ``module:mapping``.
    """

    model: str
    by_preset: str | None = None

    def defaults(self) -> dict[str, str]:
        """Give the default of each field that has one, as a person would write it."""
        model = _named(self.model)
        presets: Mapping[Preset, Mapping[str, Any]] = {} if self.by_preset is None else _named(self.by_preset)
        found = {}
        for name, field in model.model_fields.items():
            others = [
                f"{preset.value}: {_text(own[name])}"
                for preset, own in presets.items()
                if own.get(name, field.default) != field.default
            ]
            plain = field.default is None or field.default is False
            if not plain or others:
                found[name] = "; ".join([_text(field.default), *others])
        return found


def expanded(parameters: list[Parameter]) -> list[Parameter]:
    """Give the options of parameters as Typer reads them: ``Annotated`` outside, with None where there is no default.

    Each parameter that is a `TypedDict` becomes its fields.
    """
    found = []
    for parameter in parameters:
        flags = _flags(parameter)
        if flags is None:
            found.append(parameter.replace(annotation=_outside(parameter.annotation)))
            continue
        for name, hint in get_type_hints(flags, include_extras=True).items():
            annotation = _or_none(hint)
            found.append(Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
    return found


def _outside(annotation: Any) -> Any:
    """Turn ``Annotated[T, …] | None`` into ``Annotated[T | None, …]``."""
    inner = [kind for kind in get_args(annotation) if hasattr(kind, "__metadata__")]
    return annotation if hasattr(annotation, "__metadata__") or not inner else _or_none(inner[0])


def _or_none(annotation: Any) -> Any:
    kind, *how = get_args(annotation)
    return Annotated[kind | None, *how]


def gathered(parameters: list[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a command's own arguments: what was given of the fields of a `TypedDict` is one of them."""
    own = dict(given)
    for parameter in parameters:
        flags = _flags(parameter)
        if flags is not None:
            fields = {name: own.pop(name) for name in get_type_hints(flags)}
            own[parameter.name] = {name: value for name, value in fields.items() if value is not None}
    return own


def shown_defaults(function: Callable[..., None]) -> dict[str, str]:
    """Look up the defaults of a command's fields of `TypedDict`s."""
    found: dict[str, str] = {}
    for parameter in signature(function, eval_str=True).parameters.values():
        flags = _flags(parameter)
        if flags is not None:
            names = get_type_hints(flags)
            for place in getattr(parameter.annotation, "__metadata__", ()):
                found |= {name: text for name, text in place.defaults().items() if name in names}
    return found


def _flags(parameter: Parameter) -> Any:
    kind = getattr(parameter.annotation, "__origin__", parameter.annotation)
    return kind if is_typeddict(kind) else None


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
