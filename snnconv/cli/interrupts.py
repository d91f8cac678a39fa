"""Ctrl-C and SIGTERM end a command in order, a second one at once.

Before it works, and while a module is loaded, the first ends it at once too. Little is imported here: the handlers
stand before the rest of the command line is loaded, which takes most of the time that a short command needs.
"""

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED, TERMINATED = 130, 143

_CODES: dict[int, int] = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}
_WORDS: dict[int, str] = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


class Terminated(BaseException):
    """SIGTERM came."""


class _State:
    """How far the command is, and the signal that came, 0 if none did."""

    working = False
    told = False
    came = 0


def install() -> None:
    """Take the signals, but those that are ignored, as of a job in the background."""
    for number in _CODES:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    sys.unraisablehook = _unraisable


def work() -> None:
    """Say that a command works from now on: what it has begun is to be left in order."""
    _State.working = True


def told() -> None:
    """Say that the last line is written: a signal that comes now ends the command without a word."""
    _State.told = True


def code_of(error: BaseException) -> int:
    """Give the exit code of the signal that ended a command with this error, 0 if it was none.

    A library may have turned the signal into an error of its own, as an import that fails.
    """
    if isinstance(error, Terminated):
        return TERMINATED
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else _CODES.get(_State.came, 0)


def word_of(code: int) -> str:
    """Say in one word what ended a command with this code."""
    return _WORDS[signal.SIGTERM if code == TERMINATED else signal.SIGINT]


def _handle(number: int, frame: "FrameType | None") -> None:
    if not _State.working or _State.told or _State.came or _is_import(frame):
        _end(number)
    _State.came = number
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated


def _is_import(frame: "FrameType | None") -> bool:
    """Say whether a module is being loaded: one in C may abort where an exception comes that it does not expect."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _unraisable(found: "sys.UnraisableHookArgs") -> None:
    """End where Python would print an interruption and go on, as in a destructor."""
    if isinstance(found.exc_value, KeyboardInterrupt | Terminated):
        _end(_State.came or signal.SIGINT)
    sys.__unraisablehook__(found)


def _end(number: int) -> None:
    if not _State.told:
        line = f"snnconv: {_WORDS[number]}; {'stopped at once' if _State.working else 'nothing was written'}\n"
        try:  # noqa: SIM105 - contextlib takes as long to import as this file
            # past Python's stream: this may come in the middle of anything
            os.write(2, line.encode())
        except OSError:
            pass
    os._exit(_CODES[number])
