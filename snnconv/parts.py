"""Parts that are found by their place: one file each in a folder of their own, and nothing else to touch."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


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
