"""What a person types at a prompt and means otherwise, told before anything is read."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from snnconv.errors import UsageError


def check_words(words: Sequence[str]) -> None:
    """Refuse what can be no argument of any command.

    Raises
    ------
    UsageError
    """
    if "" in words:
        raise UsageError("an argument is empty, as that of a variable that is not set; name what it stands for")
    if "-" in words:
        raise UsageError(
            "- stands for no file here, nothing is read from stdin or written to stdout by name; name a file"
        )


def check_no_numbers(paths: Iterable[Path]) -> None:
    """Refuse numbers in the place of files: those of one option that stand apart.

    Raises
    ------
    UsageError
    """
    numbers = [str(path) for path in paths if _is_number(str(path).strip(",")) and not path.exists()]
    if numbers:
        raise UsageError(
            f"{' '.join(numbers)} would be read as names of files; join the numbers of one option by commas "
            "without blanks, as in --mean 0.5,0.4,0.3"
        )


def at_home(value: Any) -> Any:
    """Give a path with the home folder in the place of its ``~``, which a shell leaves behind a ``=`` or in quotes."""
    if isinstance(value, list):
        return [at_home(one) for one in value]
    if not isinstance(value, Path) or not str(value).startswith("~") or Path(value.parts[0]).exists():
        return value
    try:
        return value.expanduser()
    except RuntimeError:  # of nobody who is known here
        return value


def value_of(option: Sequence[str], words: Sequence[str]) -> str | None:
    """Give what was given last behind an option, by one of its names."""
    found = None
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if word in option and after:
            found = after
        elif equals and name in option:
            found = value
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
