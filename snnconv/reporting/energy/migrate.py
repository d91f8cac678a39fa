"""Brings energy profiles of older versions to the present one."""

from typing import Any

from snnconv.errors import ProfileError
from snnconv.reporting.energy.profile import VERSION, Kind

_NEW_IN_2 = ("kind", "quantised", "memory")


def to_present(name: str, content: dict[str, Any]) -> dict[str, Any]:
    """Give the content of a profile in the present version; content of unknown versions as it is.

    Version 1 has a price for SynOps and one for MACs of the spiking network, and does not say what kind of figures it
    has. All it holds means the same in version 2.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    content : dict
        As JSON has it, not checked yet.

    Raises
    ------
    ProfileError
        If a file of version 1 has fields of version 2.
    """
    version = content.get("version")
    if type(version) is not int or version != 1:  # True == 1, but is no version
        return content
    later = [field for field in _NEW_IN_2 if field in content]
    if later:
        raise ProfileError(
            f"{name} breaks the energy profile format: version 1 has no {', '.join(later)}; set version to {VERSION}"
        )
    return content | {"version": VERSION, "kind": Kind.LITERATURE.value}
