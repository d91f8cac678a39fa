"""What a long command has found so far, in a file beside the one that it writes: when it is repeated, it goes on."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from snnconv.errors import ForeignFileError, InputError
from snnconv.files import sealed
from snnconv.files.atomic import check_place

FORMAT = "snnconv.unfinished"
VERSION = 1
SUFFIX = ".unfinished"

_log = logging.getLogger(__name__)


class Journal:
    """JSON values by name, kept until the command is done.

    Parameters
    ----------
    out : Path
        The file that the command writes; the journal lies beside it, with ``.unfinished`` behind its name.
    key : str
        Of all that decides what is found. What was found under another key does not count.

    Raises
    ------
    InputError
        If the place is taken by something else, or cannot be written to.
    """

    def __init__(self, out: Path, key: str) -> None:
        self.path = out.with_name(out.name + SUFFIX)
        self._key = key
        check_place(self.path)
        self._found = self._read()

    def recall(self, name: str, find: Callable[[], Any]) -> Any:
        """Give what was found under a name before; else find it now, and keep it."""
        if name not in self._found:
            self._found[name] = find()
            made = {"format": FORMAT, "version": VERSION, "key": self._key, "found": self._found}
            sealed.write(self.path, made)
        return self._found[name]

    def discard(self) -> None:
        """Remove the file: the command is done. One that cannot be removed is named, and does no harm."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("cannot remove %s, which is of no use any more: %s", self.path, error.strerror or error)

    def _read(self) -> dict[str, Any]:
        if not self.path.exists():
            return {}
        try:
            content = sealed.read(self.path, FORMAT, VERSION, "what it has is found anew")
        except ForeignFileError as error:
            raise InputError(
                f"cannot write {self.path}: there is a file that is not snnconv's; move it away"
            ) from error
        except InputError as error:
            _log.warning("%s", error)
            return {}
        found = content.get("found")
        if content.get("key") != self._key or not isinstance(found, dict):
            _log.warning("%s is of another conversion, which is given up", self.path)
            return {}
        _log.info("goes on with what %s has: %d results", self.path, len(found))
        return found
