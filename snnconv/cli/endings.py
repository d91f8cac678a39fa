"""How a command ends: each error becomes one line on stderr and an exit code."""

from typing import Any

from snnconv.cli import interrupts, streams
from snnconv.cli.given import value_of
from snnconv.cli.terminal import harmless, log
from snnconv.errors import InputError, UsageError

BAD_USAGE, BAD_INPUT, LOST = 2, 3, 5

WORDS = "snnconv.words"
"""The place of a command line in Typer's context."""

_EXPECTED = {
    "Input should be a valid integer": "a whole number is expected, in digits",
    "Input should be a valid number": "a number is expected, such as 0.5",
    "Input should be greater than or equal to": "a number of at least",
    "Input should be less than or equal to": "a number of at most",
}
"""What Typer's reader of values says, which leaves the value out, and what we say."""


def ending(error: BaseException, kept: str = "nothing was written") -> int | None:
    """Say why a command ends.

    Parameters
    ----------
    error : BaseException
    kept : str
        What is left of its work after an interruption.

    Returns
    -------
    int or None
        The exit code; None where the error is none of ours.
    """
    code = interrupts.code_of(error)
    if code:
        fail(f"{interrupts.word_of(code)}; {kept}", code)
        interrupts.told()
        return code
    if isinstance(error, UsageError):
        return fail(str(error), BAD_USAGE)
    if isinstance(error, InputError):
        return fail(str(error), BAD_INPUT)
    if isinstance(error, streams.OutputLostError):
        # a reader that went away, as `head` does, has what it wanted
        return 0 if error.reason is None else fail(f"cannot write to stdout: {error.reason}", LOST)
    return _wrong_usage(error) if hasattr(error, "format_message") else None


def fail(message: str, code: int) -> int:
    """Write one line, and give the code."""
    line = harmless(" ".join(message.split()))
    log.error(line)
    streams.say(f"snnconv: {line}\n")
    return code


def _wrong_usage(error: Any) -> int:
    """Say what Typer found, and where help is."""
    context = getattr(error, "ctx", None)
    message = _unread(error, context) or " ".join(error.format_message().split()).replace("Value error, ", "").rstrip(
        "."
    )
    name = None if context is None or context.parent is None else context.info_name
    help_is = f"snnconv {name} --help" if name else "snnconv --help"
    return fail(f"{message[:1].lower()}{message[1:]}; see {help_is}", BAD_USAGE)


def _unread(error: Any, context: Any) -> str | None:
    """Say which value cannot be read, where Typer does not."""
    parameter, found = getattr(error, "param", None), str(getattr(error, "message", ""))
    if parameter is None or context is None:
        return None
    value = value_of(parameter.opts, context.meta.get(WORDS, ()))
    for said, expected in _EXPECTED.items():
        if value is not None and found.startswith(said):
            limit = found.removeprefix(said) if said.endswith(" to") else ""
            return f"{max(parameter.opts, key=len)} {value}: {expected}{limit}{' is expected' if limit else ''}"
    return None
