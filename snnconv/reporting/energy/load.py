"""Reads energy profiles: the built-in ones and a user's own files."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from snnconv.errors import InputError, ProfileError
from snnconv.files import canonical
from snnconv.reporting.energy.migrate import to_present
from snnconv.reporting.energy.profile import FORMAT, VERSION, EnergyProfile

_MAX_BYTES = 1_000_000


def builtin_profiles() -> tuple[EnergyProfile, ...]:
    """Give the profiles that come with the package, by id."""
    found = [
        _parse(entry.name, entry.read_bytes())
        for entry in (files("snnconv.reporting.energy") / "profiles").iterdir()
        if entry.name.endswith(".json")
    ]
    return tuple(sorted(found, key=lambda profile: profile.id))


def load_profile(id_or_path: str | Path) -> EnergyProfile:
    """Give a built-in profile by its id, or read a profile from a file.

    Parameters
    ----------
    id_or_path : str or Path
        An id is looked for first; write ``./name`` for a file with the name of a built-in profile.

    Raises
    ------
    ProfileError
        If there is no such profile or file, or the file cannot be read or breaks the format.
    """
    known = {profile.id: profile for profile in builtin_profiles()}
    if isinstance(id_or_path, str) and id_or_path in known:
        return known[id_or_path]
    path = Path(id_or_path)
    try:
        # to open a pipe would wait for ever; a folder gives its own error below
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ProfileError(f"cannot read the energy profile {path}: it is a pipe or a device; name a file")
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ProfileError(
            f"no energy profile {str(id_or_path)!r}: expected one of {', '.join(known)}, or a JSON file"
        ) from error
    except (OSError, ValueError) as error:  # a ValueError comes from a path with a null character
        raise ProfileError(f"cannot read the energy profile {path}: {_reason(error)}") from error
    if len(data) > _MAX_BYTES:
        raise ProfileError(f"{path} is no energy profile: it has more than {_MAX_BYTES} bytes")
    return _parse(str(path), data)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _parse(name: str, data: bytes) -> EnergyProfile:
    try:
        content = canonical.loads(data)
    except InputError as error:
        raise ProfileError(_one_line(f"{name} is no energy profile: {error}")) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = repr(content.get("format")) if isinstance(content, dict) else f"no object but {type(content).__name__}"
        raise ProfileError(f"{name} is no energy profile: its format must be {FORMAT!r}, found {found}")
    version = content.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ProfileError(
            f"{name} has {FORMAT} version {version}, this snnconv reads up to {VERSION}: upgrade snnconv"
        )
    try:
        return EnergyProfile.model_validate(to_present(name, content))
    except ValidationError as error:
        detail: Any = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        place = f"{where}: " if where else ""
        raise ProfileError(_one_line(f"{name} breaks the energy profile format: {place}{message}")) from error


def _one_line(text: str) -> str:
    # keys of a user's JSON stand in messages and may hold line breaks
    return " ".join(text.split())
