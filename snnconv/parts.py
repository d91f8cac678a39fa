"""Parts that are found by their place: one file each in a folder of their own, and nothing else to touch."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any


def modules(package: str) -> Iterator[ModuleType]:
    """Import the modules of a package, in the order of their names; folders in it are no parts.

    Parameters
    ----------
    package : str
        Its dotted name.
    """
    for found in sorted(iter_modules(import_module(package).__path__), key=lambda module: module.name):
        if not found.ispkg:
            yield import_module(f"{package}.{found.name}")


def classes(package: str, base: type, field: str) -> dict[str, Any]:
    """Give the pydantic classes of a package by what stands in one of their fields.

    Parameters
    ----------
    package : str
    base : type
        What they derive from; those without the field are no parts.
    field : str
        A field that has a default, another one in each class.

    Raises
    ------
    TypeError
        If two classes have the same.
    """
    found: dict[str, Any] = {}
    for module in modules(package):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
                fields: dict[str, Any] = getattr(value, "model_fields", {})
                if field in fields and found.setdefault(fields[field].default, value) is not value:
                    raise TypeError(f"{package} has two parts of the name {fields[field].default}")
    return found


def merged(package: str, attribute: str) -> dict[str, Any]:
    """Join the dictionaries that the modules of a package have under one name; those without it are no parts.

    Raises
    ------
    TypeError
        If two of them have the same key.
    """
    found: dict[str, Any] = {}
    for module in modules(package):
        for key, value in getattr(module, attribute, {}).items():
            if found.setdefault(key, value) is not value:
                raise TypeError(f"{package} has two parts of the name {key}")
    return found
