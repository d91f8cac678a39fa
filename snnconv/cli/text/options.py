"""The options of a conversion as text."""

from collections.abc import Mapping
from typing import Any

from snnconv.choices import Preset


def unusual(method: str, options: Mapping[str, Any]) -> str:
    """Say which options are not as the preset has them; ``--json`` has all.

    Time steps are left out: a run says its own.

    Parameters
    ----------
    method : str
        The preset; all options of an unknown one are said.
    options : mapping
        As the network's file has them.
    """
    from snnconv.conversion.options import ConversionOptions

    usual: dict[str, Any] = {}
    if method in set(Preset):
        usual = ConversionOptions(preset=Preset(method)).model_dump(mode="json")
    said = [
        option(key, value)
        for key, value in options.items()
        if key not in ("preset", "steps") and (key not in usual or usual[key] != value)
    ]
    return ", ".join(said) if said else "as the preset"


def option(key: str, value: object) -> str:
    """Give an option and its value; values by layer have their place in ``--json``."""
    name = key.replace("_", " ")
    match value:
        case bool():
            return name if value else f"no {name}"
        case dict():
            return f"{name} of {len(value)} layers"
        case _:
            return f"{name} {value}"
